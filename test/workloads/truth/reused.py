"""Code objects that live for a millisecond; the next takes the same address.

`made_N` calls `leaf_D`, D the last digit of N, and nothing else; with
--same-line all of them look alike but for their name.

Truth: {"made": n}: so many were made.
"""

from talk import arguments, run

made = 0


def leaf(digit: int) -> None:
    name = f"leaf_{digit}"
    source = f"def {name}():\n    return sum(range(25_000))\n"
    exec(compile(source, f"<leaf {digit}>", "exec"), globals())


def step_of(is_same_line: bool):
    def step() -> None:
        global made
        made += 1
        name = f"made_{made:06}"
        blank = "" if is_same_line else "\n" * (made % 10)
        space = dict(globals())
        source = f"{blank}def {name}():\n    return leaf_{made % 10}()\n"
        exec(compile(source, "<made>", "exec"), space)
        space[name]()

    return step


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--same-line", action="store_true")
    options = parser.parse_args()
    for digit in range(10):
        leaf(digit)
    run(step_of(options.same_line), lambda: {"made": made}, options.seconds)

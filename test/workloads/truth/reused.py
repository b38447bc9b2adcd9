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
        space = dict(globals())
        # The name has no variable here: nothing may stay when its code has gone.
        exec(compile(source(0 if is_same_line else made % 10), "<made>", "exec"), space)
        space[f"made_{made:06}"]()
        space.clear()

    return step


def source(blank_lines: int) -> str:
    lines = "\n" * blank_lines
    return f"{lines}def made_{made:06}():\n    return leaf_{made % 10}()\n"


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--same-line", action="store_true")
    options = parser.parse_args()
    for digit in range(10):
        leaf(digit)
    run(step_of(options.same_line), lambda: {"made": made}, options.seconds)

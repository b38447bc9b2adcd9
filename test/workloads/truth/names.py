"""Functions whose names and files are hard to carry: not ASCII, long, relative, without a file.

usage: names.py FOLDER

Runs with FOLDER as its working directory. Truth: {"functions": [{"name": qualified
name, "path": path, "line": n}]}; each burns the same CPU time.
"""

import os
import time

from talk import arguments, run

BURN_NS = 3_000_000

LONG = "a_name_of_many_parts_" * 75
PLACES = [
    # name, file; latin-1, UCS-2 and UCS-4 are CPython's three ways to keep such a str
    ("größe", "Straße/größe.py"),
    ("函数", "目录/模块.py"),
    ("𠮷野", "𠮷/𠮷.py"),
    ("plain_in_ucs4_file", "𠮷/plain.py"),
    (LONG, "long_name.py"),
    ("長い" * 400, "long_ucs2_name.py"),
    ("in_a_deep_folder", "/".join(["a_folder_below_another"] * 60) + "/deep.py"),
    ("with_spaces", "a folder (of 7:8)/my; file.py"),
]


def burn() -> int:
    until = time.thread_time_ns() + BURN_NS
    total = 0
    while time.thread_time_ns() < until:
        for number in range(300):
            total += number & 7
    return total


def made(name: str, path: str, line: int):
    """The function, and where it says it is."""
    space = {"burn": burn}
    source = "\n" * (line - 2) + f"def {name}():\n    return burn()\n"
    exec(compile(source, path, "exec"), space)
    return space[name]


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("folder")
    options = parser.parse_args()
    os.chdir(options.folder)
    functions, expected = [], []

    def add(function, name: str, path: str, line: int) -> None:
        functions.append(function)
        expected.append({"name": name, "path": path, "line": line})

    for number, (name, relative) in enumerate(PLACES, start=2):
        path = f"{options.folder}/{relative}"
        add(made(name, path, 10 * number), name, path, 10 * number)
    add(made("relative", "lib/../lib/relative.py", 7), "relative", f"{options.folder}/lib/relative.py", 7)
    add(eval("lambda: burn()", {"burn": burn}), "<lambda>", "<string>", 1)
    evaluated = compile("burn()", "<evaluated>", "eval")
    add(lambda: eval(evaluated, {"burn": burn}), "<module>", "<evaluated>", 1)
    executed = compile("\n\nburn()", "", "exec")
    add(lambda: exec(executed, {"burn": burn}), "<module>", "", 3)

    def step() -> None:
        for function in functions:
            function()

    run(step, lambda: {"functions": expected}, options.seconds)


if __name__ == "__main__":
    main()

"""Burns in `before`, and becomes the given program when it is marked.

usage: replaced.py PROGRAM [ARGUMENT…]

Truth, unless replaced: {}.
"""

import os
import sys

from talk import run


def before() -> None:
    total = 0
    for number in range(50_000):
        total += number % 7


if __name__ == "__main__":
    program = sys.argv[1:]
    run(before, dict, 600.0, lambda: os.execv(program[0], program))

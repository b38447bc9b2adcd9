"""Burns 0.2 s of CPU in `before` when it is marked, and becomes the given program.

usage: replaced.py PROGRAM [ARGUMENT…]

Truth, unless replaced: {}.
"""

import os
import sys
import time

from talk import run


def before(burn_ns: int) -> None:
    until = time.process_time_ns() + burn_ns
    while time.process_time_ns() < until:
        sum(range(1_000))


def become(program: list[str]) -> None:
    before(200_000_000)
    os.execv(program[0], program)


if __name__ == "__main__":
    run(lambda: time.sleep(0.01), dict, 600.0, lambda: become(sys.argv[1:]))

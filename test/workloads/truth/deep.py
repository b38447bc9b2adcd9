"""Recursion of a chosen depth with the work at its end.

Truth: {"depth": n}: `sink` lies below exactly n frames of `descend`, and those
below the frames that every workload has.
"""

import sys
from functools import partial

from talk import arguments, run


def sink() -> int:
    total = 0
    for number in range(200_000):
        total += number & 7
    return total


def descend(left: int) -> int:
    return sink() if left == 1 else descend(left - 1)


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--depth", type=int, required=True)
    options = parser.parse_args()
    sys.setrecursionlimit(options.depth + 1_000)
    run(
        lambda: descend(options.depth) and None,
        partial(dict, depth=options.depth),
        options.seconds,
    )

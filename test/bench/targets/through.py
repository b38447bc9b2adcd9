"""Python called through C again and again: 34 Python frames, and about as many native ones.

usage: through.py
"""

import time


def spin() -> None:
    until = time.monotonic() + 0.3
    while time.monotonic() < until:
        total = 0
        for number in range(1_000):
            total += number


def nested(depth: int):
    """Calls `spin` through so many frames."""
    if depth == 0:
        return spin
    inner = nested(depth - 1)

    def call() -> None:
        inner()

    return call


chain = nested(22)


def through(depth: int) -> int:
    """Each level is a key function that sorted() calls."""
    if depth == 0:
        chain()
        return 0
    return sorted([1], key=lambda _: through(depth - 1))[0]


print("ready", flush=True)
while True:
    through(4)

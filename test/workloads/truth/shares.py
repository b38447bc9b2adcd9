"""Two functions whose CPU time the thread's own clock measures, steered to 70 : 30.

Truth: {"functions": {name: {"cpu_ns": n, "share": s, "first": line, "last": line}}}.
"""

import time

from talk import arguments, run

WANTED = 0.70

spent_ns = {"seventy": 0, "thirty": 0}


def seventy(rounds: int) -> int:
    total = 0
    for number in range(rounds):
        total += number * number % 7
    return total


def thirty(rounds: int) -> int:
    total = 0
    for number in range(rounds):
        total ^= number * 31 % 11
    return total


def timed(function, rounds: int) -> None:
    before = time.thread_time_ns()
    function(rounds)
    spent_ns[function.__name__] += time.thread_time_ns() - before


def step() -> None:
    # Steered by the clock and not by rounds, so the share holds on every CPython.
    behind = spent_ns["seventy"] * (1 - WANTED) <= spent_ns["thirty"] * WANTED
    timed(seventy if behind else thirty, 20_000)


def mark() -> None:
    for name in spent_ns:
        spent_ns[name] = 0


def truth() -> dict:
    both = sum(spent_ns.values())
    return {
        "functions": {
            function.__name__: {
                "cpu_ns": spent_ns[function.__name__],
                "share": spent_ns[function.__name__] / both,
                "first": function.__code__.co_firstlineno,
                "last": max(line for *_, line in function.__code__.co_lines() if line),
            }
            for function in (seventy, thirty)
        }
    }


if __name__ == "__main__":
    run(step, truth, arguments(__doc__).parse_args().seconds, mark)

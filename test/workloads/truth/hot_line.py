"""A function with one line that burns nearly everything.

Truth: {"function": name, "line": n, "least_share": s}: at least that share of
all samples is on the line.
"""

from talk import arguments, run


def burn() -> int:
    total = 0
    for start in range(20):
        base = start * 3
        bound = base + 40_000
        total += sum(map(int.bit_length, range(base, bound)))  # the hot line
        total %= 1_000_003
    return total


def hot_line() -> int:
    with open(__file__, encoding="utf-8") as source:
        for number, text in enumerate(source, start=1):
            if text.rstrip().endswith("# the hot" + " line"):
                return number
    raise AssertionError("the marker is gone")


def truth() -> dict:
    return {"function": "burn", "line": hot_line(), "least_share": 0.95}


if __name__ == "__main__":
    run(lambda: burn() and None, truth, arguments(__doc__).parse_args().seconds)

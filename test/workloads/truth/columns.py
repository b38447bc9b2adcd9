"""Two calls on one line and one call over three lines; only columns tell them apart.

Truth: {"function": name, "calls": {name: [line, end line, column, end column]}}, from
the syntax tree; columns are UTF-8 bytes from 0, as in co_positions().
The costs are in the order costly > cheap > spread > 0.
"""

import ast

from talk import arguments, run

COSTLY = range(60_000)
CHEAP = range(20_000)
SPREAD = range(10_000)


def burn() -> int:
    total = 0
    for _ in range(10):
        é = "é"; total += max(CHEAP) + sum(COSTLY)  # two calls, after a character of two bytes
        total += min(
            SPREAD,
        )
    return total


def truth() -> dict:
    with open(__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    function = next(node for node in tree.body if getattr(node, "name", "") == "burn")
    named = {"sum": "costly", "max": "cheap", "min": "spread"}
    calls = {
        named[node.func.id]: [node.lineno, node.end_lineno, node.col_offset, node.end_col_offset]
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and node.func.id in named
    }
    return {"function": "burn", "calls": calls}


if __name__ == "__main__":
    run(lambda: burn() and None, truth, arguments(__doc__).parse_args().seconds)

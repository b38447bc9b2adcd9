"""A generated module of 20,000 lines with one hot line in one huge function.

usage: large.py FOLDER

Truth: {"function": name, "path": path, "line": n, "least_share": s, "table_bytes": n};
table_bytes is the size of the function's location table.
"""

import sys

from talk import arguments, run

LINES = 20_000
HOT = 17_345


def write(path: str) -> None:
    lines = ["def big(unit):", "    total = 0"]
    for number in range(3, LINES + 1):
        if number == HOT:
            lines.append("    total += sum(range(200_000 * unit))")
        else:
            lines.append(f"    total += unit * {number % 256}")
    lines[-1] = "    return total"
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("folder")
    options = parser.parse_args()
    path = f"{options.folder}/generated.py"
    write(path)
    sys.path.insert(0, options.folder)
    import generated

    truth = {
        "function": "big",
        "path": path,
        "line": HOT,
        "least_share": 0.5,
        "table_bytes": len(generated.big.__code__.co_linetable),
    }
    run(lambda: generated.big(1) and None, lambda: truth, options.seconds)

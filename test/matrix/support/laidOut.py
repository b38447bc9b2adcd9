"""Writes laidOut.h and truth.json for laidOut.c into a folder, out of laid_out.py.

usage: laidOut.py PROGRAMS FOLDER, run by a CPython of the version that is posed as.
"""
import dis
import json
import os
import sys

sys.path.append(sys.argv[1])
import grammar

NAME = "laid_out.py"
# A file name that does not depend on where it lies.
SEEN = "/nowhere/" + NAME
CHAINS = [
    ["middle", "leaf"],
    ["climb"] * 10 + ["leaf"],
    ["函数", "größe", "leaf"],
    ["driven", "produced", "leaf"],
]


def bytes_of(value):
    return '"%s"' % "".join("\\%03o" % byte for byte in value)


def text_of(text):
    """{characters, how many, bytes of each, whether ASCII} as CPython keeps them."""
    most = max(map(ord, text))
    kind, encoding = (1, "latin-1") if most < 256 else (2, "utf-16-le") if most < 65536 else (4, "utf-32-le")
    return "{%s, %d, %d, %d}" % (bytes_of(text.encode(encoding)), len(text), kind, text.isascii())


def call_at(code, callee):
    """Where it calls another, or resumes a generator, in a line that names it; -1 for none."""
    places = [one.offset for one in dis.get_instructions(code)
              if callee is not None and one.opname in ("CALL", "FOR_ITER")
              and one.positions.lineno in CALLS[SHOWN[callee]]]
    return places[-1] if places else -1


path = os.path.join(sys.argv[1], NAME)
SHOWN, SPANS, CALLS = grammar.grammar_of(path)
with open(path) as file:
    codes = list(grammar.codes_below(compile(file.read(), SEEN, "exec")))
index = {code.co_name: number for number, code in enumerate(codes)}

with open(os.path.join(sys.argv[2], "laidOut.h"), "w") as out:
    print("static const struct source sources[] = {", file=out)
    for code in codes:
        places = ", ".join(str(one.offset) for one in dis.get_instructions(code) if one.positions.lineno)
        names = ", ".join(map(text_of, (code.co_filename, code.co_name, code.co_qualname)))
        table = "%s, %d" % (bytes_of(code.co_linetable), len(code.co_linetable))
        is_generator = int(bool(code.co_flags & 0x20))
        print("\t{%s, %d, %s, %d, %d, (const int[]){%s, -1}}," % (
            names, code.co_firstlineno, table, len(code.co_code), is_generator, places), file=out)
    print("};\nstatic const struct call *const chains[] = {", file=out)
    for chain in CHAINS:
        names = ["start", "root"] + chain
        calls = ["{%d, %d}" % (index[name], call_at(codes[index[name]], callee))
                 for name, callee in zip(names, ["root"] + chain + [None])]
        print("\t(const struct call[]){%s}," % ", ".join(calls), file=out)
    print("};", file=out)

with open(os.path.join(sys.argv[2], "truth.json"), "w") as out:
    chains = [[SHOWN[name] for name in chain] for chain in CHAINS]
    told = {"root": "root", "chains": chains, "rare": [], "calls": CALLS, "spans": SPANS}
    json.dump(dict(told, path=SEEN), out)

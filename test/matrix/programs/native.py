"""Python that C code calls back, and a line that spends its time in a library.

Truth: {"nestings": [[caller, callee, module, symbol]], "native": {function: module}}.
All that lies between the frames of caller and callee is native, and a frame of it is
in a file whose name begins with module, in a function whose name holds symbol;
function spends its time in the file that begins with module. An empty text stands
for the interpreter itself, whose file and symbols depend on how it was built.
"""
import re

import talking

try:
    import cPickle as pickle  # 2.7, whose other one is written in Python
except ImportError:
    import pickle
try:
    import ctypes
except ImportError:
    ctypes = None
try:
    import zlib
except ImportError:
    zlib = None

WORD = re.compile("([a-z])[a-z]*")
BUFFER = b"".join(b"%d and again " % number for number in range(600))

if ctypes:
    NUMBER = ctypes.POINTER(ctypes.c_int)
    COMPARISON = ctypes.CFUNCTYPE(ctypes.c_int, NUMBER, NUMBER)
    libc = ctypes.CDLL(None)


def compare(left, right):
    total = 0
    for number in range(30):
        total += number
    return left[0] - right[0] + total - total


def quick():
    numbers = (ctypes.c_int * 40)(*[(index * 37) % 101 for index in range(40)])
    libc.qsort(numbers, len(numbers), ctypes.sizeof(ctypes.c_int), COMPARISON(compare))


def by_key(number):
    return sum([number, -number, number])


def ordered():
    return sorted(range(400), key=by_key)


def upper(match):
    return match.group(0).upper() + match.group(1)


def replaced():
    return WORD.sub(upper, "some words to look at " * 60)


class Kept(object):
    def __reduce__(self):
        return (Kept, ()) if len([None] * 300) else ""


KEPT = [Kept() for _ in range(100)]


def pickled():
    return pickle.dumps(KEPT, 2)


def squeezed():
    return zlib.compress(BUFFER, 9)


def step():
    if ctypes:
        quick()
    ordered()
    replaced()
    pickled()
    if zlib:
        squeezed()


def truth():
    nestings = [
        ["ordered", "by_key", "", ""],
        ["replaced", "upper", "", ""],
        ["pickled", "Kept.__reduce__", "", ""],
    ]
    if ctypes:
        nestings.append(["quick", "compare", "libc", "sort"])
    return {"nestings": nestings, "native": {"squeezed": "libz"} if zlib else {}}


talking.run(step, truth)

"""Python that C code calls back, and lines that spend their time in C.

Truth: {"nestings": [[caller, callee, module, symbol]], "native": {function: module}}.
Between the frames of caller and callee there is native code, of which a frame lies
in a file whose name begins with module, in a function whose name holds symbol;
function spends its time in the file that begins with module. An empty text stands
for the interpreter itself, whose file and symbols depend on how it was built.
"""

import ctypes
import re
import zlib

from talk import arguments, run

INT_POINTER = ctypes.POINTER(ctypes.c_int)
COMPARISON = ctypes.CFUNCTYPE(ctypes.c_int, INT_POINTER, INT_POINTER)
BUFFER = bytes(range(256)) * 256
WORD = re.compile("([a-z])[a-z]*")
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
    return WORD.sub(upper, "some words to look at " * 20)


def squeezed():
    return zlib.compress(BUFFER, 9)


def step():
    quick()
    ordered()
    replaced()
    squeezed()


def truth():
    return {
        "nestings": [
            ["quick", "compare", "libc", "sort"],
            ["ordered", "by_key", "", ""],
            ["replaced", "upper", "", ""],
        ],
        "native": {"squeezed": "libz"},
    }


if __name__ == "__main__":
    options = arguments(__doc__).parse_args()
    run(step, truth, options.seconds)

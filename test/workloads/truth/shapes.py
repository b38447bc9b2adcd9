"""Calls the C functions of shapes.c, from a library that it opens when it is told to,
and whose file is gone by then.

`--library` is its path, `--threads` how many native threads run beside. Truth:
{"chains": [[function]]}: who calls whom below `call` and, in the last one, in the
threads.
"""

import ctypes
import os

from talk import arguments, run

options = None
library = None
CHAINS = [
    [
        "shapes",
        "with_frame_pointer",
        "with_arguments",
        "realigned",
        "with_alloca",
        "leaf",
    ],
    ["shapes", "realigned_with_alloca", "leaf"],
    ["shapes", *["deep"] * 101, "leaf"],
    ["shapes", "interrupted", "on_signal", "leaf"],
    ["work", "with_frame_pointer", "with_arguments", "realigned", "with_alloca", "leaf"],
]


def opened():
    global library
    library = ctypes.CDLL(options.library)
    os.unlink(options.library)
    library.start_threads(options.threads)


def call():
    library.shapes(ctypes.c_long(20_000))


def step():
    if library:
        call()
    else:
        sum(range(1000))


def truth():
    if library:
        library.stop_threads()
    return {"chains": CHAINS}


if __name__ == "__main__":
    parser = arguments(__doc__)
    parser.add_argument("--library", required=True)
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    run(step, truth, options.seconds, opened)

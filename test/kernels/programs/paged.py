"""A deep stack whose memory is gone again and again while its thread burns.

Runs with shared_heap.so. Truth: {"chain": [name, ...]}, which every stack is, root first.
"""
import ctypes
import json
import select
import sys
import time

DEPTH = 60
MADV_DONTNEED = 4


def shared():
    """Address and size of the memory that shared_heap.so has made shared."""
    with open("/proc/self/maps") as maps:
        for line in maps:
            fields = line.split()
            if fields[1] == "rw-s" and fields[-1] == "(deleted)":
                first, last = (int(text, 16) for text in fields[0].split("-"))
                yield first, last - first


def say(value):
    print(json.dumps(value), flush=True)


def spin():
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    regions = list(shared())
    say({"regions": len(regions)})
    while not select.select([sys.stdin], [], [], 0)[0]:
        until = time.monotonic() + 0.02
        while time.monotonic() < until:
            pass
        for first, size in regions:
            madvise(first, size, MADV_DONTNEED)
    return regions


def chain():
    """The innermost function first; each is compiled for itself, on another page than the next."""
    space = {"call_0": spin}
    names = ["spin"]
    for level in range(1, DEPTH):
        names.append("call_%d" % level)
        source = "def call_%d():\n    return call_%d()\n" % (level, level - 1)
        exec(compile(source, __file__, "exec"), space)
        space["padding_%d" % level] = [bytes(200) for _ in range(64)]
    return space["call_%d" % (DEPTH - 1)], names


outermost, names = chain()
outermost()
say({"chain": ["<module>"] + names[::-1]})

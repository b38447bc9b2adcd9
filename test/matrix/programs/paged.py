# -*- coding: utf-8 -*-
"""A deep stack whose memory is paged out again and again while its thread burns.

Prints {"pid": n, "frames": [frame, …]} as spinning.py tells frames, and at the end
{"calls": n}: so often was memory paged out.
"""
import ctypes
import os
import sys
import threading
import time

import spinning
import talking

DEPTH = 300
MADV_PAGEOUT = 21


def down(left):
    return spinning.spin() if left == 0 else down(left - 1)


def anonymous():
    """Address and size of the private memory that has no file: frames and code objects.

    In a chroot without /proc whoever reads the answer leaves a copy of the maps here.
    """
    name = "/proc/self/maps"
    if not os.path.exists(name):
        name = os.path.join(sys.argv[1], "maps")
        if not os.path.exists(name):
            return
    with open(name) as maps:
        for line in maps:
            fields = line.split()
            if fields[1] == "rw-p" and (len(fields) == 5 or fields[5] == "[heap]"):
                first, last = (int(text, 16) for text in fields[0].split("-"))
                yield first, last - first


def main():
    madvise = ctypes.CDLL(None).madvise
    madvise.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int]
    sys.setrecursionlimit(10 * DEPTH)
    threading.stack_size(64 << 20)
    thread = spinning.Scene("paged", lambda: down(DEPTH))
    thread.start()
    frames = thread.frames()
    del spinning.waiting[:]
    talking.say({"tid": None, "frames": frames})
    calls = 0
    while not talking.asked():
        regions = list(anonymous())
        for first, size in regions:
            madvise(first, size, MADV_PAGEOUT)
        calls += bool(regions)
        time.sleep(0.02)
    talking.say({"calls": calls})
    spinning.done.append(True)


main()

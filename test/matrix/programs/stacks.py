# -*- coding: utf-8 -*-
"""All scenes at once, each in a thread of its own, until stdin closes or says so.

usage: stacks.py FOLDER

Prints one line: {"pid": n, "scenes": {name: {"tid": n or null, "frames": [frame, …]}},
"missing": {name: why}}; a scene is missing where this Python lacks what it needs.
"""
import json
import os
import sys
import threading

import scenes
import spinning


def started(named):
    threads = [spinning.Scene(name, function) for name, function in named]
    for thread in threads:
        thread.start()
    return threads


def tell(thread, frames, found, missing):
    if frames is None:
        missing[thread.scene] = thread.error
    else:
        found[thread.scene] = {"tid": thread.tid(), "frames": frames}


def tell_subinterpreter(subinterpreter, folder, found, missing):
    try:
        told = subinterpreter.Told(folder)
    except ImportError as error:
        missing["subinterpreter"] = str(error)
        return
    for thread in started([("subinterpreter", told.scene)]):
        tell(thread, told.frames(thread), found, missing)
        if thread.error is None:
            outer = sys._current_frames()[thread.ident]
            found[thread.scene]["outer"] = spinning.described_chain(outer)


def main():
    folder = sys.argv[1]
    sys.path.append(folder)
    sys.setrecursionlimit(2 * scenes.RECURSION)
    # Up to 3.10 a Python call takes room on the C stack, too.
    threading.stack_size(64 << 20)
    if hasattr(sys, "setswitchinterval"):
        sys.setswitchinterval(0.002)
    named, last = scenes.all_scenes(folder)
    found, missing = {}, {}
    if sys.version_info[0] == 3:
        import scenes3
        import subinterpreter

        named += scenes3.all_scenes()
        tell_subinterpreter(subinterpreter, folder, found, missing)
    else:
        missing["subinterpreter"] = "Python 2 has no module for it"
    for one in (named, last):
        for thread in started(one):
            tell(thread, thread.frames(), found, missing)
    del spinning.waiting[:]
    print(json.dumps({"pid": os.getpid(), "scenes": found, "missing": missing}))
    sys.stdout.flush()
    sys.stdin.readline()
    os._exit(0)


main()

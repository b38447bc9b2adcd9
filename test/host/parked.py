# -*- coding: utf-8 -*-
"""Threads that stand still at the end of all kinds of calls, and what Python says of them.

The images of test/images are taken of this program. It is understood by CPython
2.7 and 3.6 to 3.15, and no frame of it is in another file, so that an image is
small and names nothing of the machine that it was taken on. Prints "ready", then
{"threads": [{"scene", "pointer", "frames": [{"name", "path", "line", "columns"}, ...]}]}
with frames root first, and stands still until stdin closes.
"""
import json
import os
import sys
import time

try:
    import thread
except ImportError:
    import _thread as thread

door = thread.allocate_lock()


def park(*_):
    door.acquire()
    return 0


PARKED_LINE = park.__code__.co_firstlineno + 1


def plain():
    return park(1,
                2)


def recursion():
    def down(left):
        return park() if left == 0 else down(left - 1)

    return down(24)


def generators():
    def inner():
        yield 1
        park()

    def outer():
        for value in inner():
            yield value

    return sum(value for value in outer())


def comprehension():
    return [[park() for _ in range(1)] for _ in range(1)]


def callback():
    return sorted("ba", key=lambda word: park() or word)


def evaluated():
    return eval("(lambda: park())()", {"park": park})


def far_line():
    """Bytecode over 255 bytes, a first line above 2**16, and jumps of lines over 127."""
    constants = "".join("    a = %d.5; b = a\n" % number for number in range(80))
    source = "\n" * 70000 + "def far():\n" + constants + "\n" * 900 + "    park()\n\n\nfar()\n"
    exec(compile(source, "<far>", "exec"), {"park": park})


def handlers():
    try:
        raise ValueError
    except ValueError:
        try:
            len("")
        finally:
            park()


def class_body():
    class Body(object):
        park()

    return Body


class Base(object):
    def method(self):
        return self.other()

    def other(self):
        return park()

    @classmethod
    def of_class(cls):
        return cls.static()

    @staticmethod
    def static():
        return park()

    def in_a_cell(self):
        return (lambda: self.method())()


class Derived(Base):
    def other(self):
        return super(Derived, self).other()


class Made(object):
    def __init__(self, is_last):
        if is_last:
            park()


def make(is_last):
    return Made(is_last)


def class_called():
    """So often that CPython 3.13 specialises the call, with a frame of its own to clean up."""
    for _ in range(2000):
        make(False)
    return make(True)


# What only Python 3 understands.
NEWER = u"""
def coroutine():
    async def inner():
        return park()

    async def outer():
        return await inner()

    outer().send(None)


def delegation():
    def inner():
        yield park()

    def outer():
        yield from inner()

    return list(outer())


def größe():
    return park()


def 函数():
    é = "not ASCII"; park(é)


def 𠮷野():
    return [number for number in iter(park, None)]
"""


def scenes():
    found = [
        plain, recursion, generators, comprehension, callback, evaluated, far_line, handlers,
        class_body, Derived().method, Derived.of_class, Derived().in_a_cell, class_called,
    ]
    if sys.version_info[0] == 3:
        space = {"park": park}
        exec(compile(NEWER, u"新.py", "exec"), space)
        names = [u"coroutine", u"delegation", u"größe", u"函数", u"𠮷野"]
        found += [space[name] for name in names]
    return found


def described(frame):
    code = frame.f_code
    name = getattr(code, "co_qualname", None) or class_of(frame) + code.co_name
    path, columns = code.co_filename, []
    if hasattr(code, "co_positions"):
        columns = [list(code.co_positions())[frame.f_lasti // 2][2]]
    return {"name": name, "path": path, "line": frame.f_lineno, "columns": columns}


def class_of(frame):
    """The class of self or cls, which Python 3 moves into a cell for a closure."""
    code = frame.f_code
    first = code.co_varnames[0] if code.co_argcount else ""
    is_moved = sys.version_info[0] == 3 and first in code.co_cellvars
    if first not in ("self", "cls") or is_moved:
        return ""
    value = frame.f_locals[first]
    return (value if first == "cls" else type(value)).__name__ + "."


def stack_of(pointer):
    """Frames root first, once the thread is parked."""
    while True:
        leaf = sys._current_frames().get(pointer)
        if leaf is not None and leaf.f_code is park.__code__ and leaf.f_lineno == PARKED_LINE:
            frames = []
            while leaf is not None:
                frames.insert(0, described(leaf))
                leaf = leaf.f_back
            return frames
        time.sleep(0.001)


def main():
    door.acquire()
    threads = []
    for scene in scenes():
        # The id of a thread is pthread_self(), which is its thread pointer.
        pointer = thread.start_new_thread(scene, ())
        threads.append({"scene": scene.__name__, "pointer": pointer, "frames": stack_of(pointer)})
    print("ready")
    print(json.dumps({"threads": threads}))
    sys.stdout.flush()
    sys.stdin.readline()
    os._exit(0)


main()

# -*- coding: utf-8 -*-
"""Threads that stand still on one line, burning, and what Python itself says of their stacks.

Understood by CPython 2.7 and 3.6 to 3.15, as all programs in this folder.
"""
import inspect
import sys
import threading
import time

done = []
# While it holds something they only wait, so that start-up is quick.
waiting = [True]


def spin(*_):
    while not done: waiting and time.sleep(0.01)
    return 0


SPIN_LINE = spin.__code__.co_firstlineno + 1


class Scene(threading.Thread):
    """A thread that runs one function, which calls `spin` at its end."""

    def __init__(self, name, function):
        threading.Thread.__init__(self, name="scene " + name)
        self.daemon = True
        self.scene = name
        self.function = function
        self.error = None

    def run(self):
        try:
            self.function()
        except Exception as error:
            self.error = "%s: %s" % (type(error).__name__, error)

    def frames(self):
        """Its frames root first, once it spins; None when it has failed."""
        while self.error is None:
            leaf = sys._current_frames().get(self.ident)
            if leaf is not None and leaf.f_code is spin.__code__ and leaf.f_lineno == SPIN_LINE:
                return described_chain(leaf)
            time.sleep(0.002)
        return None

    def tid(self):
        """The system's id of the thread, where this version knows it (3.8)."""
        return getattr(self, "native_id", None)


def chain(frame):
    while frame is not None:
        yield frame
        frame = frame.f_back


def described_chain(leaf):
    return [described(frame) for frame in chain(leaf)][::-1]


def described(frame):
    code = frame.f_code
    about = {
        "name": code.co_name,
        "qualname": getattr(code, "co_qualname", None),
        "class": class_of(frame),
        "path": code.co_filename,
        "first": code.co_firstlineno,
        "line": frame.f_lineno,
        "columns": columns_of(frame),
    }
    if isinstance(about["path"], bytes):
        about["path"] = about["path"].decode("utf-8")
    return about


def class_of(frame):
    """The class that the first argument tells; None where it is none or in a closure's cell."""
    code = frame.f_code
    first = code.co_varnames[0] if code.co_argcount else ""
    # Python 2 leaves the argument where it was.
    is_moved = sys.version_info[0] == 3 and first in code.co_cellvars
    if first not in ("self", "cls") or is_moved:
        return None
    value = frame.f_locals[first]
    if first == "cls":
        return value.__name__ if inspect.isclass(value) else None
    return type(value).__name__


def columns_of(frame):
    """Columns from 0 at which it may be: one for a caller, any of the line for `spin`."""
    code = frame.f_code
    if not hasattr(code, "co_positions"):
        return []
    positions = list(code.co_positions())
    if code is spin.__code__:
        return sorted({column for line, _, column, _ in positions if line == SPIN_LINE})
    return [positions[frame.f_lasti // 2][2]]

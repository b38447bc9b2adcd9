"""A scene in a subinterpreter, which tells its own stack: it shares nothing with the others."""
import ast
import os
import time

# Imports nothing but what is built in: 3.13.0 breaks when two interpreters load an extension.
# It releases the GIL by itself: asked by another interpreter's thread, 3.9 to 3.11 do not.
SOURCE = '''
import sys, posix, time

def told(frame):
    code = frame.f_code
    line, columns = frame.f_lineno, []
    if code is inner.__code__:
        line = code.co_firstlineno + 6
    elif hasattr(code, "co_positions"):
        columns = [list(code.co_positions())[frame.f_lasti // 2][2]]
    return dict(name=code.co_name, qualname=getattr(code, "co_qualname", None),
        path=code.co_filename, first=code.co_firstlineno, line=line, columns=columns)

def inner():
    stack = [told(sys._getframe(1)), told(sys._getframe(0))]
    with open({partial!r}, "w") as file:
        file.write(repr(stack))
    posix.rename({partial!r}, {path!r})
    del stack, file
    while True: sum(range(400000)) and time.sleep(0.002)

inner()
'''


class Told:
    """What the scene is, and what it has told."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "told")
        try:
            import _interpreters  # its name from 3.13 on
        except ImportError:
            import _xxsubinterpreters as _interpreters  # since 3.8
        self.interpreters = _interpreters

    def scene(self):
        source = SOURCE.format(path=self.path, partial=self.path + ".partial")
        self.interpreters.run_string(self.interpreters.create(), source)

    def frames(self, thread):
        """Of the inner interpreter only, root first; None when it has failed."""
        while not os.path.exists(self.path):
            if thread.error is not None:
                return None
            time.sleep(0.01)
        with open(self.path) as file:
            return ast.literal_eval(file.read())

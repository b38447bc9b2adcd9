# -*- coding: utf-8 -*-
"""Scenes for every version: functions that call `spin` from one kind of frame each."""
import functools
import os
import re
import sys
import zipfile

from spinning import spin

RECURSION = 10000


def plain():
    return spin(1,
                2)


def generator():
    def inner():
        yield 1
        spin()
        yield 2

    def outer():
        for value in inner():
            yield value

    return [value for value in outer()]


def generator_next():
    def ping():
        yield 1
        spin()
        yield 2

    pinging = ping()
    next(pinging)
    return next(pinging)


def generator_expression():
    return sum(spin() for _ in "x")


def comprehension():
    return [[spin() for _ in range(1)] for _ in range(1)]


def comprehension_dict():
    return {number: {spin() for _ in range(1)} for number in range(1)}


def callback_sorted():
    def key(word):
        return spin() or len(word)

    return sorted(["b", "a"], key=key)


def callback_re():
    def replacement(match):
        spin()
        return match.group(0)

    return re.sub("a+", replacement, "baab")


def callback_reduce():
    return functools.reduce(lambda left, right: max([left, right], key=lambda one: spin()), [1, 2])


def callback_ctypes():
    import ctypes

    libc = ctypes.CDLL(None)
    order = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)

    def compare(left, right):
        return spin()

    numbers = (ctypes.c_int * 2)(2, 1)
    libc.qsort(numbers, ctypes.c_size_t(2), ctypes.c_size_t(4), order(compare))


def evaluated():
    return eval("(lambda: spin())()", {"spin": spin})


def executed():
    space = {"spin": spin}
    exec(compile("def made():\n\n    spin()\n\n\nmade()\n", "<made here>", "exec"), space)


def decorated():
    def decorator(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            return function(*args, **kwargs)

        return wrapper

    @decorator
    @decorator
    def work(number):
        return spin(number)

    return work(1)


class Base(object):
    def method(self):
        return self.other()

    def other(self):
        return spin()

    @classmethod
    def of_class(cls):
        return cls.static()

    @staticmethod
    def static():
        return spin()

    def in_a_cell(self):
        return (lambda: self.method())()

    @property
    def value(self):
        return spin()

    def __getattr__(self, name):
        return spin(name)

    def __call__(self):
        return spin(self)


class Derived(Base):
    def other(self):
        return super(Derived, self).other()


def methods():
    return Derived().method()


def methods_of_class():
    return Derived.of_class()


def methods_in_closure():
    return Derived().in_a_cell()


def attribute_property():
    return Derived().value


def attribute_missing():
    return Derived().nowhere


def instance_called():
    return Derived()()


class Made(object):
    def __init__(self, is_spinning):
        if is_spinning:
            spin(self)


def make(is_spinning):
    return Made(is_spinning)


def class_called():
    """Often enough that CPython specialises the call (3.13: a hidden frame cleans up)."""
    for _ in range(2000):
        make(False)
    return make(True)


def class_body():
    class Body(object):
        spin()

    return Body


def handlers():
    class Manager(object):
        def __enter__(self):
            return self

        def __exit__(self, *_):
            spin()

    try:
        raise ValueError
    except ValueError:
        try:
            with Manager():
                pass
        finally:
            pass


def finaliser():
    class Dropped(object):
        def __del__(self):
            spin()

    dropped = Dropped()
    del dropped


def traced():
    def trace(frame, event, _):
        if frame.f_code is work.__code__ and event == "line":
            sys.settrace(None)
            spin()
        return trace

    def work():
        return len("x")

    sys.settrace(trace)
    work()


def recursion():
    def down(left):
        return spin() if left == 0 else down(left - 1)

    return down(400)


def recursion_too_deep():
    def down(left):
        return spin() if left == 0 else down(left - 1)

    return down(RECURSION)


def far_line():
    """A first line above 2**16, jumps of lines over 255, and operands over 255."""
    constants = "".join("    a = %d.5; b%d = a\n" % (number, number) for number in range(400))
    source = "\n" * 70000 + "def far():\n" + constants + "\n" * 9000 + "    spin()\n    return a\n"
    space = {"spin": spin}
    exec(compile(source, "<far>", "exec"), space)
    space["far"]()


def long_names():
    name = "a_name_of_many_parts_" * 75
    path = "/nowhere/" + "/".join(["a_folder_below_another"] * 40) + "/" + "m" * 200 + ".py"
    space = {"spin": spin}
    exec(compile("def %s():\n    spin()\n\n\n%s()\n" % (name, name), path, "exec"), space)


def written(folder, name, source):
    path = os.path.join(folder, name)
    with open(path, "w") as file:
        file.write(source)
    return path


def importing(folder):
    """A module that is being imported: frames of importlib, which is frozen into Python."""
    written(folder, "spins_at_import.py", "import spinning\n\nspinning.spin()\n")
    import spins_at_import  # noqa: F401


def zipped(folder):
    path = os.path.join(folder, "packed.zip")
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside_a_zip.py", "def call(function):\n    return function()\n")
    sys.path.append(path)
    import inside_a_zip

    return inside_a_zip.call(spin)


def all_scenes(folder):
    """In this order they are started: importing last, since 2.7 has one lock for all imports."""
    scenes = [
        plain, generator, generator_next, generator_expression, comprehension, comprehension_dict,
        callback_sorted, callback_re, callback_reduce, callback_ctypes, evaluated, executed,
        decorated, methods, methods_of_class, methods_in_closure, attribute_property,
        attribute_missing, instance_called, class_called, class_body, handlers, finaliser, traced,
        recursion, recursion_too_deep, far_line, long_names,
    ]
    named = [(scene.__name__, scene) for scene in scenes]
    named.append(("zipped", functools.partial(zipped, folder)))
    return named, [("importing", functools.partial(importing, folder))]

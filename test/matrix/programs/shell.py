# -*- coding: utf-8 -*-
"""Starts Pythons by way of other programs, once a line comes on stdin.

usage: shell.py COMMAND…: the command runs this file again, with the argument "burn".
Truth: {"ways": [name, …]}: each a function in which one process has burnt.
"""
import os
import subprocess
import sys
import time

BURN_S = 0.4


def burn():
    until = time.time() + BURN_S
    while time.time() < until:
        sum(range(5000))


def by_env():
    burn()


def by_shell():
    burn()


def by_two_shells():
    burn()


# "true" comes last, so that a shell starts what is before it as a child.
WAYS = [
    (by_env, ["/usr/bin/env", "A=B"]),
    (by_shell, ["/bin/sh", "-c", '"$@"; true', "sh"]),
    (by_two_shells, ["/bin/sh", "-c", '"$@"; true', "sh", "/bin/sh", "-c", '"$@"; true', "sh"]),
]


def main(command):
    import talking

    talking.say({"pid": os.getpid()})
    sys.stdin.readline()
    for function, prefix in WAYS:
        subprocess.check_call(prefix + command + ["burn", function.__name__])
    talking.say({"ways": [function.__name__ for function, _ in WAYS]})


if sys.argv[1] == "burn":
    globals()[sys.argv[2]]()
else:
    main(sys.argv[1:])

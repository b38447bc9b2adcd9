"""How a program here talks: a line of JSON when it is ready, one with the truth at the end."""
import json
import os
import select
import sys


def say(value):
    print(json.dumps(value))
    sys.stdout.flush()


def asked():
    """Whether stdin has a line, or is closed."""
    return bool(select.select([sys.stdin], [], [], 0)[0])


def run(step, truth):
    """Calls `step` until a line comes on stdin, then prints what `truth` says."""
    say({"pid": os.getpid()})
    while not asked():
        step()
    say(truth())


def displayed(code, of_class=""):
    """The name that a code object is to be shown with: qualified from 3.11 on."""
    return getattr(code, "co_qualname", of_class + code.co_name)

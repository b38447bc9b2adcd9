# -*- coding: utf-8 -*-
"""Starts processes that burn 50 ms of CPU each, two at a time, once a line comes on stdin.

usage: briefly.py COUNT COMMAND…: the command runs this file again, with the argument "burn".
Truth: {"pids": [n, …], "lines": {function: line}}.
"""
import os
import sys
import time

BURN_S = 0.05


def spin():
    return sum(range(5000))  # the line of spin


def brief():
    while sum(os.times()[:2]) < until:
        spin()  # the line of brief


def start(command):
    pid = os.fork()
    if pid == 0:
        os.execv(command[0], command)
    return pid


def main():
    import talking

    talking.say({"pid": os.getpid()})
    sys.stdin.readline()
    pids, running = [], set()
    for _ in range(int(sys.argv[1])):
        if len(running) == 2:
            running.discard(os.wait()[0])
        pids.append(start(sys.argv[2:] + ["burn"]))
        running.add(pids[-1])
    while running:
        running.discard(os.wait()[0])
    lines = {}
    with open(__file__) as source:
        for number, text in enumerate(source, start=1):
            name = text.partition("# the" + " line of ")[2].strip()
            if name:
                lines[name] = number
    talking.say({"pids": pids, "lines": lines})


if sys.argv[1] == "burn":
    until = sum(os.times()[:2]) + BURN_S
    brief()
else:
    main()

# -*- coding: utf-8 -*-
"""Processes made by multiprocessing and by fork, each burning in a function of its own.

Waits for a line on stdin, so that the recording is under way, then makes them.
Truth: {"workers": {function: [line, …]}}, the line of `burn` in each; every worker has
met its end when it is told.
"""
import multiprocessing
import os
import sys
import time

import talking

BURN_S = 0.4


def burn():
    until = time.time() + BURN_S
    total = 0
    while time.time() < until:
        for number in range(300):
            total += number % 7
    return total


def pooled(_):
    return burn() and None  # the line of pooled


def single():
    burn()  # the line of single


def forked():
    burn()  # the line of forked
    in_child(grandchild)


def grandchild():
    burn()  # the line of grandchild


def in_child(function):
    pid = os.fork()
    if pid == 0:
        function()
        os._exit(0)
    os.waitpid(pid, 0)


def in_processes(function, count):
    processes = [multiprocessing.Process(target=function, args=(one,)) for one in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()


def lines():
    found = {}
    with open(__file__) as source:
        for number, text in enumerate(source, start=1):
            name = text.partition("# the" + " line of ")[2].strip()
            if name:
                found[name] = number
    return found


def main():
    if hasattr(multiprocessing, "set_start_method"):
        multiprocessing.set_start_method("fork")
    if not os.path.exists(os.devnull):
        # A chroot without /dev; a worker's stdin is that.
        os.devnull = __file__
    talking.say({"pid": os.getpid()})
    sys.stdin.readline()
    try:
        pool = multiprocessing.Pool(2)
    except OSError:
        # A C library before 2.34 has semaphores only where /dev/shm is mounted.
        in_processes(pooled, 2)
    else:
        pool.map(pooled, range(2), chunksize=1)
        pool.close()
        pool.join()
    process = multiprocessing.Process(target=single)
    process.start()
    process.join()
    in_child(forked)
    talking.say({"workers": lines()})


main()

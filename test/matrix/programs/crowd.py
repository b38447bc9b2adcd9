"""Hundreds of threads, each in a function of its own name, busy one after the other.

usage: crowd.py stay|pass: threads that stay and take turns, or that end after theirs.
Truth: {"works": n}: names are work_0 to work_(n-1).
"""
import sys
import threading

import talking

THREADS = 200
works = [0]


def turn():
    total = 0
    for number in range(20000):
        total += number % 7
    return total


def one_more():
    name = "work_%d" % works[0]
    works[0] += 1
    space = {"turn": turn}
    exec(compile("def %s():\n    return turn()\n" % name, "<work>", "exec"), space)
    return space[name]


class Staying(threading.Thread):
    def __init__(self):
        threading.Thread.__init__(self)
        self.daemon = True
        self.work = one_more()
        self.go = threading.Semaphore(0)
        self.done = threading.Semaphore(0)

    def run(self):
        while True:
            self.go.acquire()
            self.work()
            self.done.release()


def pass_by():
    threads = [threading.Thread(target=one_more()) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def main():
    step = pass_by
    if sys.argv[1] == "stay":
        threading.stack_size(256 * 1024)
        crowd = [Staying() for _ in range(THREADS)]
        for thread in crowd:
            thread.start()

        def step():
            for thread in crowd:
                thread.go.release()
                thread.done.acquire()

    talking.run(step, lambda: {"works": works[0]})


main()

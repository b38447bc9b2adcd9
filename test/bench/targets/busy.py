"""Works at a chosen depth of distinct functions, in one thread or in many by turns.

usage: busy.py DEPTH THREADS (idle|turns)

idle: one thread works, THREADS - 1 wait. turns: each of THREADS works for a
moment, then wakes the next. "account" on stdin is answered with the work and
the time since the last account.
"""

import json
import sys
import threading
import time

done = 0


def spin() -> None:
    """One unit of work, of some 0.1 ms."""
    global done
    total = 0
    for value in range(2_000):
        total += value % 7
    done += 1


def chain(depth: int):
    """A function that calls another, and so on, `depth` in all: no two frames share a code object."""
    space = {"level_0": spin}
    for level in range(1, depth):
        # What a frame of ordinary size looks like: arguments, variables, a stack.
        source = f"def level_{level}(a=1, b=2):\n    c = a + b\n    level_{level - 1}()\n    return c\n"
        exec(compile(source, f"<level {level}>", "exec"), space)
    return space[f"level_{depth - 1}"]


def work_alone(work) -> None:
    while True:
        work()


def work_in_turn(work, mine: threading.Lock, next_one: threading.Lock) -> None:
    while True:
        mine.acquire()
        for _ in range(10):
            work()
        next_one.release()


def start(threads: int, how: str, work) -> None:
    if how == "idle":
        parked = threading.Event()
        for _ in range(threads - 1):
            threading.Thread(target=parked.wait, daemon=True).start()
        threading.Thread(target=work_alone, args=(work,), daemon=True).start()
        return
    locks = [threading.Lock() for _ in range(threads)]
    for lock in locks:
        lock.acquire()
    for number, lock in enumerate(locks):
        args = work, lock, locks[(number + 1) % threads]
        threading.Thread(target=work_in_turn, args=args, daemon=True).start()
    locks[0].release()


def main() -> None:
    depth, threads, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    sys.setrecursionlimit(depth + 1_000)
    threading.stack_size(512 * 1024)
    # Two frames of threading and one of this file are above.
    start(threads, how, chain(max(1, depth - 3)))
    time.sleep(0.3)
    print("ready", flush=True)
    before = done, time.process_time_ns()
    for _ in sys.stdin:
        now = done, time.process_time_ns()
        print(json.dumps({"work": now[0] - before[0], "cpu_ns": now[1] - before[1]}), flush=True)
        before = now


main()

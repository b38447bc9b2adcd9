"""Many threads that pass a baton: all are busy in turn, one at a time.

Each thread runs a function of its own name. With --short-lived a thread ends
after its turn and another takes its place.

Truth: {"threads": {tid: {"function": name, "cpu_ns": n}}}; cpu_ns is since the mark.
"""

import threading
import time
from collections.abc import Callable

from talk import arguments, run

threads: dict[int, dict] = {}


def turn(burn_ns: int) -> int:
    """Burns so much of the thread's own CPU time and returns what it really was."""
    before = now = time.thread_time_ns()
    total = 0
    while now - before < burn_ns:
        for number in range(500):
            total += number % 7
        now = time.thread_time_ns()
    return now - before


def named(number: int) -> Callable[[int], int]:
    """A function `work_N`, in a file `<work N>`."""
    name = f"work_{number}"
    space = {"turn": turn}
    exec(compile(f"def {name}(burn_ns):\n    return turn(burn_ns)\n", f"<work {number}>", "exec"), space)
    return space[name]


class Runner(threading.Thread):
    def __init__(self, number: int, burn_ns: int) -> None:
        super().__init__(daemon=True)
        self.work = named(number)
        self.burn_ns = burn_ns
        self.go = threading.Semaphore(0)
        self.done = threading.Semaphore(0)

    def run(self) -> None:
        account = {"function": self.work.__name__, "cpu_ns": 0}
        threads[threading.get_native_id()] = account
        while True:
            self.go.acquire()
            account["cpu_ns"] += self.work(self.burn_ns)
            self.done.release()

    def step(self) -> None:
        self.go.release()
        self.done.acquire()


class OneTurn(threading.Thread):
    def __init__(self, number: int, burn_ns: int) -> None:
        super().__init__()
        self.work = named(number)
        self.burn_ns = burn_ns

    def run(self) -> None:
        account = {"function": self.work.__name__, "cpu_ns": 0}
        threads[threading.get_native_id()] = account
        account["cpu_ns"] += self.work(self.burn_ns)

    def step(self) -> None:
        self.start()
        self.join()


def mark() -> None:
    for account in threads.values():
        account["cpu_ns"] = 0


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--threads", type=int, default=200)
    parser.add_argument("--burn-us", type=int, default=1_500)
    parser.add_argument("--short-lived", action="store_true")
    options = parser.parse_args()
    burn_ns = options.burn_us * 1_000
    made = 0

    def one_more() -> None:
        nonlocal made
        made += 1
        OneTurn(made, burn_ns).step()

    if options.short_lived:
        step = one_more
    else:
        threading.stack_size(256 * 1024)
        runners = [Runner(number, burn_ns) for number in range(options.threads)]
        for runner in runners:
            runner.start()

        def step() -> None:
            for runner in runners:
                runner.step()

    run(step, lambda: {"threads": threads}, options.seconds, mark)


if __name__ == "__main__":
    main()

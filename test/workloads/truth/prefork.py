"""Forks workers when it is marked; each burns CPU from its first instruction and ends.

The first worker forks one of its own. Truth: {"workers": {pid: {"function": name,
"parent": pid, "cpu_ns": n}}}, each by the process's own clock from fork to end.
"""

import json
import os
import time

from talk import arguments, run

PIPE = os.pipe()
forked = 0


def spin() -> int:
    total = 0
    for number in range(2_000):
        total += number % 7
    return total


def burn(burn_ns: int) -> None:
    while time.process_time_ns() < burn_ns:
        spin()


def elder(burn_ns: int) -> None:
    burn(burn_ns // 2)
    if os.fork() == 0:
        finish(grandchild, burn_ns)
    burn(burn_ns)


def worker(burn_ns: int) -> None:
    burn(burn_ns)


def grandchild(burn_ns: int) -> None:
    burn(burn_ns)


def finish(function, burn_ns: int) -> None:
    function(burn_ns)
    account = {
        "pid": os.getpid(),
        "parent": os.getppid(),
        "function": function.__name__,
        "cpu_ns": time.process_time_ns(),
    }
    os.write(PIPE[1], json.dumps(account).encode() + b"\n")
    os._exit(0)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--workers", type=int, default=3)
    parser.add_argument("--burn-ms", type=int, default=600)
    options = parser.parse_args()

    def fork_all() -> None:
        global forked
        for number in range(options.workers):
            if os.fork() == 0:
                finish(elder if number == 0 else worker, options.burn_ms * 1_000_000)
        forked += options.workers + 1

    def truth() -> dict:
        workers = {}
        with os.fdopen(PIPE[0]) as accounts:
            for _ in range(forked):
                account = json.loads(accounts.readline())
                workers[account.pop("pid")] = account
        return {"workers": workers}

    run(lambda: time.sleep(0.01), truth, options.seconds, fork_all)


if __name__ == "__main__":
    main()

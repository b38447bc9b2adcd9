"""How a truth workload talks: one line of JSON when it is ready, one with the truth at the end.

It ends when its stdin says so or closes, when `--seconds` have passed, or on
SIGTERM; a test kills nothing and the truth is never lost. "mark" on stdin
starts the account anew, so that start-up is not part of the truth.
"""

import argparse
import json
import os
import select
import signal
import sys
import time
from collections.abc import Callable
from typing import Any


class Stop(Exception):
    """Time is up."""


def arguments(description: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--seconds", type=float, default=600.0, help="end by itself after so long")
    return parser


def run(
    step: Callable[[], None],
    truth: Callable[[], dict[str, Any]],
    seconds: float,
    mark: Callable[[], None] = lambda: None,
) -> None:
    """Calls `step` until asked to end, then prints what `truth` says.

    `mark` forgets what has been counted so far; its answer on stdout is
    {"marked": true}.
    """

    def on_term(*_: object) -> None:
        raise Stop

    signal.signal(signal.SIGTERM, on_term)
    print(json.dumps({"ready": True, "pid": os.getpid()}), flush=True)
    deadline = time.monotonic() + seconds
    try:
        while time.monotonic() < deadline:
            step()
            if select.select([sys.stdin], [], [], 0)[0]:
                if sys.stdin.readline().strip() != "mark":
                    break
                mark()
                print(json.dumps({"marked": True}), flush=True)
    except Stop:
        pass
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print(json.dumps(truth()), flush=True)

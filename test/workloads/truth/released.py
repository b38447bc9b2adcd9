"""Two threads in C code that has released the GIL; the main thread only waits.

Truth: {"lines": {"digest": line, "squeeze": line}}: all CPU time of
the two threads is below these lines.
"""

import hashlib
import threading
import time
import zlib

from talk import arguments, run

BUFFER = bytes(range(256)) * 8_192  # 2 MiB: hashlib releases the GIL from 2 KiB on

stopping = threading.Event()


def digest() -> None:
    while not stopping.is_set():
        hashlib.sha256(BUFFER).digest()  # the hot line of digest


def squeeze() -> None:
    while not stopping.is_set():
        zlib.compress(BUFFER, 9)  # the hot line of squeeze


def truth() -> dict:
    stopping.set()
    lines = {}
    with open(__file__, encoding="utf-8") as source:
        for number, text in enumerate(source, start=1):
            name = text.partition("# the hot line of ")[2].strip()
            if name.isidentifier():
                lines[name] = number
    return {"lines": lines}


if __name__ == "__main__":
    options = arguments(__doc__).parse_args()
    for function in (digest, squeeze):
        threading.Thread(target=function, daemon=True).start()
    run(lambda: time.sleep(0.05), truth, options.seconds)

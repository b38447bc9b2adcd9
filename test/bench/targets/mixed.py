"""What servers do all day, from the standard library: JSON, regular expressions, asyncio,
dataclasses, logging, text, numbers, hashing, compression, short-lived code.

Answers "account" as busy.py does.
"""

import asyncio
import collections
import csv
import dataclasses
import hashlib
import io
import json
import logging
import random
import re
import statistics
import string
import sys
import textwrap
import threading
import time
import zlib

done = 0
DATA = [{"number": i, "list": [1, 2, {"text": str(i)}]} for i in range(200)]
WORDS = "the quick brown fox jumps over the lazy dog " * 40


@dataclasses.dataclass(order=True)
class Item:
    number: int
    name: str
    tags: list = dataclasses.field(default_factory=list)


class Formats(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        self.format(record)


log = logging.getLogger("mixed")
log.addHandler(Formats())
log.propagate = False


def documents() -> None:
    # An indent keeps json from its C encoder, so its recursion is Python's.
    json.loads(json.dumps(DATA, indent=1))


def expressions() -> None:
    re.sub(r"\w+", lambda found: found.group().upper(), WORDS)


def objects() -> None:
    sorted(Item(random.randrange(9), "name") for _ in range(200))
    collections.Counter(map(str.upper, WORDS)).most_common(3)


async def tree(depth: int) -> int:
    if depth == 0:
        await asyncio.sleep(0)
        return 1
    return sum(await asyncio.gather(tree(depth - 1), tree(depth - 1)))


def coroutines() -> None:
    asyncio.run(tree(4))


def messages() -> None:
    for number in range(50):
        log.warning("%s of %d", "one", number)


def texts() -> None:
    textwrap.fill(WORDS)
    string.Template("$a and $b").substitute(a=1, b=2)
    csv.writer(io.StringIO()).writerows([[1, 2.5, "three"]] * 50)


def numbers() -> None:
    statistics.stdev(random.random() for _ in range(300))


def bytes_of_all() -> None:
    raw = WORDS.encode() * 20
    zlib.compress(raw)
    hashlib.sha256(raw).digest()


def made() -> None:
    collections.namedtuple("Made", "a b c")(1, 2, 3)._asdict()
    eval("sum(number * number for number in range(100))")


def work() -> None:
    global done
    while True:
        documents()
        expressions()
        objects()
        coroutines()
        messages()
        texts()
        numbers()
        bytes_of_all()
        made()
        done += 1


def main() -> None:
    threading.Thread(target=work, daemon=True).start()
    print("ready", flush=True)
    before = done, time.process_time_ns()
    for _ in sys.stdin:
        now = done, time.process_time_ns()
        print(json.dumps({"work": now[0] - before[0], "cpu_ns": now[1] - before[1]}), flush=True)
        before = now


main()

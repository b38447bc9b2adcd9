"""A closed call grammar: most stacks that could be drawn cannot exist.

Below `root` a stack is a prefix of one of the chains. A line that calls another
frame says so in a comment, `# -> NAME`; that frame's caller is on such a line.

Truth: {"root": name, "chains": [[name, …], …], "rare": likewise, "calls": {name:
[line, …]}, "spans": {name: [first, last]}}. Rare chains take nearly no time. Anything
else is an invented stack or line.
"""

from collections.abc import Callable, Coroutine, Generator

from talk import arguments, run

DEPTH = 24


def spin(rounds: int) -> int:
    total = 0
    for number in range(rounds):
        total += number & 3
    return total


def leaf_a() -> int:
    total = 0
    for number in range(3_000):
        total += number % 3
    return total


def mid_a() -> int:
    return leaf_a() + leaf_a()  # -> leaf_a


def hot_a() -> int:
    return mid_a() + 1  # -> mid_a


def leaf_b() -> int:
    total = 0
    for number in range(2_000):
        total ^= number
    return total


def mid_b() -> int:
    return (
        leaf_b()  # -> leaf_b
        - leaf_b()  # -> leaf_b
    )


def hot_b() -> int:
    return mid_b() - 1  # -> mid_b


def top() -> int:
    return spin(1_500)  # -> spin


def climb(left: int) -> int:
    return top() if left == 1 else climb(left - 1)  # -> climb, top


def shared() -> int:
    return len([number for number in "x" * 500])  # -> shared.<locals>.<listcomp>


def summed() -> int:
    return sum(number % 5 for number in range(800))  # -> summed.<locals>.<genexpr>


def leaf_ping() -> int:
    return sum(range(400))


def leaf_pong() -> int:
    return sum(range(300))


def ping() -> Generator[int, None, None]:
    for _ in range(40):
        yield leaf_ping()  # -> leaf_ping


def pong() -> Generator[int, None, None]:
    for _ in range(40):
        yield leaf_pong()  # -> leaf_pong


def relay() -> Generator[int, None, None]:
    yield from pong()  # -> pong


def rally() -> int:
    """Resumes two generators in turn; neither is ever below the other.

    They are exhausted at the end: one that is not would be closed, and so run,
    after this function has returned.
    """
    total = 0
    left = ping()  # -> ping
    right = relay()  # -> relay
    for _ in range(41):
        total += next(left, 0)  # -> ping
        total += next(right, 0)  # -> relay
    return total


class Waits:
    def __await__(self) -> Generator[int, None, int]:
        received = yield 1
        return received


def leaf_await() -> int:
    return sum(range(500))


async def inner() -> int:
    await Waits()  # -> Waits.__await__
    return leaf_await()  # -> leaf_await


async def outer() -> int:
    return await inner() + await inner()  # -> inner


def drive(coroutine: Coroutine[int, None, int]) -> int:
    while True:
        try:
            coroutine.send(None)  # -> outer
        except StopIteration as finished:
            return finished.value


def rounds_of(make: Callable[[], Coroutine[int, None, int]]) -> None:
    for _ in range(20):
        drive(make())  # -> drive, outer


class Made:
    """Calling a class runs one `__init__`, and CPython 3.13+ an unseen one more."""

    def __init__(self, rounds: int) -> None:
        self.total = spin(rounds)  # -> spin


class Derived(Made):
    def __init__(self) -> None:
        super().__init__(300)  # -> Made.__init__


def make() -> int:
    total = 0
    for _ in range(20):
        total += Made(200).total  # -> Made.__init__
    for _ in range(10):
        total += Derived().total  # -> Derived.__init__
    return total


def decorate(function: Callable[[int], int]) -> Callable[[int], int]:
    def wrapper(rounds: int) -> int:
        return function(rounds) + 1  # -> decorated

    return wrapper


@decorate
def decorated(rounds: int) -> int:
    total = 0
    for number in range(rounds):
        total += number
    return total


def by_key(word: str) -> int:
    return spin(len(word) * 20)  # -> spin


def ordered() -> int:
    return len(sorted(["ab", "abc", "a", "abcd"] * 5, key=by_key))  # -> by_key


def root() -> None:
    for _ in range(4):
        hot_a()  # -> hot_a
        hot_b()  # -> hot_b
        climb(DEPTH)  # -> climb
        shared()  # -> shared
        summed()  # -> summed
        rally()  # -> rally
        rounds_of(outer)  # -> rounds_of
        make()  # -> make
        decorated(4_000)  # -> decorate.<locals>.wrapper
        ordered()  # -> ordered


CHAINS = [
    ["hot_a", "mid_a", "leaf_a"],
    ["hot_b", "mid_b", "leaf_b"],
    ["climb"] * DEPTH + ["top", "spin"],
    ["shared"],
    ["summed", "summed.<locals>.<genexpr>"],
    ["rally", "ping", "leaf_ping"],
    ["rally", "relay", "pong", "leaf_pong"],
    ["rounds_of", "drive", "outer", "inner", "leaf_await"],
    ["make", "Made.__init__", "spin"],
    ["make", "Derived.__init__", "Made.__init__", "spin"],
    ["decorate.<locals>.wrapper", "decorated"],
    ["ordered", "by_key", "spin"],
]

RARE = [
    # Before CPython 3.12 a comprehension is a function of its own.
    ["shared", "shared.<locals>.<listcomp>"],
    # Calling a coroutine function runs its first instruction.
    ["rounds_of", "outer"],
    ["rounds_of", "drive", "outer", "inner", "Waits.__await__"],
]


def codes_below(code: object) -> Generator:
    for constant in code.co_consts:
        if hasattr(constant, "co_code"):
            yield constant
            yield from codes_below(constant)


def truth() -> dict:
    with open(__file__, encoding="utf-8") as file:
        source = file.read()
    calls: dict[str, list[int]] = {}
    for number, text in enumerate(source.splitlines(), start=1):
        marked = text.partition("  # -> ")[2]
        for name in marked.split(", ") if marked else []:
            calls.setdefault(name, []).append(number)
    spans = {}
    for code in codes_below(compile(source, __file__, "exec")):
        lines = [line for *_, line in code.co_lines() if line]
        spans[code.co_qualname] = [code.co_firstlineno, max(lines)]
    return {"root": "root", "chains": CHAINS, "rare": RARE, "calls": calls, "spans": spans}


if __name__ == "__main__":
    run(root, truth, arguments(__doc__).parse_args().seconds)

"""A closed call grammar for every version: most stacks that could be drawn cannot exist.

A line that calls another frame names it in a comment, `# -> NAME`. Truth: as
test/sampler/support/grammar.ts declares it.
"""
import dis
import functools
import inspect
import re
import sys

import talking

DEPTH = 24
PATTERN = re.compile("a")


def spin(rounds):
    total = 0
    for number in range(rounds):
        total += number & 3
    return total


def leaf_a():
    total = 0
    for number in range(3000):
        total += number % 3
    return total


def mid_a():
    return leaf_a() + leaf_a()  # -> leaf_a


def hot_a():
    return mid_a() + 1  # -> mid_a


def leaf_b():
    total = 0
    for number in range(2000):
        total ^= number
    return total


def mid_b():
    total = leaf_b()  # -> leaf_b
    total -= leaf_b()  # -> leaf_b
    return total


def hot_b():
    return mid_b() - 1  # -> mid_b


def top():
    return spin(1500)  # -> spin


def climb(left):
    return top() if left == 1 else climb(left - 1)  # -> climb, top


def summed():
    return sum(number % 5 for number in range(2000))  # -> <genexpr>


def leaf_ping():
    return sum(range(400))


def leaf_pong():
    return sum(range(300))


def ping():
    for _ in range(40):
        yield leaf_ping()  # -> leaf_ping


def pong():
    for _ in range(40):
        yield leaf_pong()  # -> leaf_pong


def relay():
    for value in pong():  # -> pong
        yield value


def rally():
    """Resumes two generators in turn, to their ends; neither is ever below the other."""
    total = 0
    left = ping()  # -> ping
    right = relay()  # -> relay
    for _ in range(41):
        total += next(left, 0)  # -> ping
        total += next(right, 0)  # -> relay
    return total


class Made(object):
    def __init__(self, rounds):
        self.total = spin(rounds)  # -> spin

    def method(self):
        return self.helper()  # -> helper

    @staticmethod
    def helper():
        return spin(1000)  # -> spin


def make():
    total = 0
    for _ in range(20):
        total += Made(200).total  # -> __init__
    return total


def dispatch():
    return ONE.method()  # -> method


def decorate(function):
    @functools.wraps(function)
    def wrapper(rounds):
        return function(rounds) + 1  # -> decorated

    return wrapper


@decorate
def decorated(rounds):
    total = 0
    for number in range(rounds):
        total += number
    return total


def by_key(word):
    return spin(len(word) * 20)  # -> spin


def ordered():
    return len(sorted(["ab", "abc", "a", "abcd"] * 5, key=by_key))  # -> by_key


def replacement(match):
    spin(100)  # -> spin
    return match.group(0)


def replaced():
    return PATTERN.sub(replacement, "ab" * 20)  # -> replacement


def caught():
    for _ in range(50):
        try:
            raising(3)  # -> raising
        except ValueError:
            spin(20)  # -> spin


def raising(left):
    if left == 0:
        raise ValueError
    raising(left - 1)  # -> raising


ONE = Made(1)


def root():
    for _ in range(4):
        hot_a()  # -> hot_a
        hot_b()  # -> hot_b
        climb(DEPTH)  # -> climb
        summed()  # -> summed
        rally()  # -> rally
        make()  # -> make
        dispatch()  # -> dispatch
        decorated(4000)  # -> wrapper
        ordered()  # -> ordered
        replaced()  # -> replaced
        caught()  # -> caught


CHAINS = [
    ["hot_a", "mid_a", "leaf_a"],
    ["hot_b", "mid_b", "leaf_b"],
    ["climb"] * DEPTH + ["top", "spin"],
    ["summed", "<genexpr>"],
    ["rally", "ping", "leaf_ping"],
    ["rally", "relay", "pong", "leaf_pong"],
    ["make", "__init__", "spin"],
    ["dispatch", "method", "helper", "spin"],
    ["wrapper", "decorated"],
    ["ordered", "by_key", "spin"],
    ["replaced", "replacement", "spin"],
    ["caught", "spin"],
]

RARE = [["caught"] + ["raising"] * 4]


def compiled():
    """Of the rounds of a loop like those above, how many ran in the JIT's machine code."""
    if not hasattr(sys, "_jit"):
        return 0.0
    ask, total, rounds = sys._jit.is_active, 0, 100000
    for _ in range(rounds):
        total += ask()
    return total / rounds


def codes_below(code):
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield constant
            for below in codes_below(constant):
                yield below


def grammar_of(path):
    """Of a program that marks its calls: its functions as they are shown, spans and calls."""
    with open(path) as file:
        source = file.read()
    lines = source.splitlines()
    shown, spans, calls = {}, {}, {}
    for code in codes_below(compile(source, path, "exec")):
        of_class = "Made." if code.co_name in ("__init__", "method") else ""
        name = shown[code.co_name] = talking.displayed(code, of_class)
        lines_of = [line for _, line in dis.findlinestarts(code) if line]
        spans[name] = [code.co_firstlineno, max(lines_of)]
    for number, text in enumerate(lines, start=1):
        marked = text.partition("  # -" + "> ")[2]
        for name in marked.split(", ") if marked else []:
            calls.setdefault(shown[name], []).append(number)
    return shown, spans, calls


def truth():
    shown, spans, calls = grammar_of(__file__)
    chains = [[shown[name] for name in chain] for chain in CHAINS + RARE]
    many = len(CHAINS)
    told = {"root": "root", "calls": calls, "spans": spans, "compiled": compiled()}
    told.update(chains=chains[:many], rare=chains[many:])
    return told


if __name__ == "__main__":
    talking.run(root, truth)

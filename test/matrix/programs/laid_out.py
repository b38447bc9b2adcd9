# -*- coding: utf-8 -*-
"""What the threads of test/matrix/support/laidOut.c are in: it is compiled, never run.

A line that calls another frame names it in a comment, as in grammar.py.
"""


def leaf(number):
    total = number & 3
    total += number
    total ^= 5
    return total


def middle(number):
    total = leaf(number)  # -> leaf
    total -= leaf(
        number,
    ) + 1
    return total


def climb(left):
    return climb(left - 1) if left else leaf(0)  # -> climb, leaf


def größe(number):
    return [leaf(one) for one in number]  # -> leaf


class Made:
    def 函数(self):
        return größe("𠮷")  # -> größe


def produced():
    yield leaf(1)  # -> leaf


def driven():
    for value in produced():  # -> produced
        yield value


def root():
    middle(1)  # -> middle
    climb(9)  # -> climb
    Made().函数()  # -> 函数
    driven()  # -> driven


def start():
    root()  # -> root

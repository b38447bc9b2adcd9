"""A function whose cost only its native frames show: string concatenation, `chr`, a
modulo and a comparison, none of which is a call of Python.

Truth: {"rounds": how often it ran}.
"""

from talk import arguments, run

rounds = 0


def exercise(count: int) -> str:
    text = ""
    number = 0
    while number < count:
        text += chr(number % 64 + 32)
        if len(text) > 500:
            text = ""
        number += 1
    return text


def step() -> None:
    global rounds
    rounds += 1
    exercise(20_000)


if __name__ == "__main__":
    options = arguments(__doc__).parse_args()
    run(step, lambda: {"rounds": rounds}, options.seconds)

"""Orders as customers send them: JSON text."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass

from .catalog import Catalog, Product

COUNTRIES = ["DE", "FR", "IT", "NL", "SE", "US"]


@dataclass(frozen=True, slots=True)
class Item:
    product: Product
    quantity: int


@dataclass(frozen=True, slots=True)
class Order:
    number: int
    country: str
    loyal_years: int
    items: list[Item]


class OrderBook:
    """An endless queue of orders."""

    def __init__(self, rng: random.Random, catalog: Catalog) -> None:
        self._catalog = catalog
        self._inbox = [self._write(rng, number) for number in range(500)]
        self._next = 0

    def _write(self, rng: random.Random, number: int) -> str:
        lines = [
            {"index": rng.randrange(len(self._catalog.products)), "quantity": rng.randrange(1, 9)}
            for _ in range(rng.randrange(2, 12))
        ]
        return json.dumps(
            {
                "number": number,
                "country": rng.choice(COUNTRIES),
                "loyal_years": rng.randrange(12),
                "items": lines,
            }
        )

    def take(self, count: int) -> Iterator[Order]:
        """The next `count` orders, parsed."""
        for _ in range(count):
            text = self._inbox[self._next % len(self._inbox)]
            self._next += 1
            yield self._parse(text)

    def _parse(self, text: str) -> Order:
        raw = json.loads(text)
        items = [
            Item(self._catalog.products[line["index"]], line["quantity"]) for line in raw["items"]
        ]
        return Order(raw["number"], raw["country"], raw["loyal_years"], items)

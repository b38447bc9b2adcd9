"""What the shop sells."""

import random
import re
from dataclasses import dataclass

ADJECTIVES = ["amber", "copper", "quiet", "silver", "rough", "northern", "small", "bright"]
NOUNS = ["lamp", "kettle", "chair", "notebook", "lantern", "blanket", "bowl", "clock"]
MATERIALS = ["oak", "steel", "linen", "glass", "clay", "wool"]


@dataclass(frozen=True, slots=True)
class Product:
    sku: str
    name: str
    cents: int
    weight_g: int


class Catalog:
    """Products, a search over their names, and the SKUs that makers have called back."""

    def __init__(self, rng: random.Random, size: int, recalls: int) -> None:
        self.products = [self._invent(rng, number) for number in range(size)]
        # In the order of the notices; none of them is in the catalogue any more.
        self.recalled = [self._invent(rng, size + number).sku for number in range(recalls)]

    @staticmethod
    def _invent(rng: random.Random, number: int) -> Product:
        name = f"{rng.choice(ADJECTIVES)} {rng.choice(MATERIALS)} {rng.choice(NOUNS)}"
        digits = f"{number:06d}{rng.randrange(10**20):020d}"
        return Product(digits, name, rng.randrange(199, 24_999), rng.randrange(40, 9_000))

    def search(self, words: str) -> list[Product]:
        """Products whose names hold all the words, in any order."""
        pattern = re.compile("".join(f"(?=.*\\b{re.escape(word)})" for word in words.split()))
        return [product for product in self.products if pattern.match(product.name)]

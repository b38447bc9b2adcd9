"""A background thread that forecasts the stock while the shop sells."""

import threading
import time

from .catalog import Catalog


def forecast(history: list[int], horizon: int) -> float:
    """Exponential smoothing, run forward day by day."""
    level = float(history[0])
    for sold in history:
        level += 0.3 * (sold - level)
    for day in range(horizon):
        level *= 1.0 + ((day % 7) - 3) / 500
    return level


class StockKeeper(threading.Thread):
    """Goes through the catalogue for ever, with a pause after each search."""

    def __init__(self, catalog: Catalog) -> None:
        super().__init__(name="stock-keeper", daemon=True)
        self._catalog = catalog

    def run(self) -> None:
        while True:
            for words in ("oak lamp", "steel", "clay bowl", "quiet wool"):
                self.refresh(words)
                time.sleep(0.02)

    def refresh(self, words: str) -> float:
        """The stock that all products found by the words will need."""
        needed = 0.0
        for product in self._catalog.search(words)[:12]:
            history = [(product.cents * day) % 23 for day in range(30)]
            needed += forecast(history, horizon=14)
        return needed

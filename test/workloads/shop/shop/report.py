"""The day's figures, read back from the printed receipts."""

import hashlib
import json
import re
from collections import Counter

from .pricing import PricedOrder

AMOUNT = re.compile(r"^\s+(Shipping|Tax|Total)\s+([\d,]+)\.(\d\d)$", re.MULTILINE)


class DayReport:
    """Turnover by country and a chain of digests over all receipts."""

    def __init__(self) -> None:
        self.by_country: Counter[str] = Counter()
        self._chain = b""
        self._booked = 0

    def book(self, priced: PricedOrder, receipt: str) -> None:
        amounts = self._amounts(receipt)
        self.by_country[priced.order.country] += amounts["Total"]
        self._chain = hashlib.sha256(self._chain + receipt.encode()).digest()
        self._booked += 1
        if self._booked % 200 == 0:
            self.snapshot()

    @staticmethod
    def _amounts(receipt: str) -> dict[str, int]:
        return {
            name: int(whole.replace(",", "")) * 100 + int(cents)
            for name, whole, cents in AMOUNT.findall(receipt)
        }

    def snapshot(self) -> str:
        """The report as JSON, countries by turnover."""
        return json.dumps(
            {"countries": dict(self.by_country.most_common()), "chain": self._chain.hex()}
        )

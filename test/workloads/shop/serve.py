"""A small shop that prices orders all day: the program that `npm run demo` profiles.

Only the standard library of CPython 3.11 or newer. It prints one line when it
is ready and one line of JSON every ten seconds, and ends on SIGTERM.
"""

import json
import os
import random
import signal
import sys
import time

from shop.catalog import Catalog
from shop.orders import OrderBook
from shop.pricing import price_order
from shop.receipts import render
from shop.report import DayReport
from shop.stock import StockKeeper

BATCH = 400
REPORT_EVERY_S = 10.0


def serve_batch(book: OrderBook, catalog: Catalog, report: DayReport) -> int:
    """Prices, prints and books one batch of orders; returns its turnover in cents."""
    turnover = 0
    for order in book.take(BATCH):
        priced = price_order(order, catalog.recalled)
        receipt = render(priced)
        report.book(priced, receipt)
        turnover += priced.total_cents
    return turnover


def main() -> None:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    catalog = Catalog(random.Random(7), size=400, recalls=900)
    book = OrderBook(random.Random(11), catalog)
    report = DayReport()
    StockKeeper(catalog).start()
    print(json.dumps({"ready": True, "pid": os.getpid()}), flush=True)

    turnover, batches, next_report = 0, 0, time.monotonic() + REPORT_EVERY_S
    while True:
        turnover += serve_batch(book, catalog, report)
        batches += 1
        if time.monotonic() >= next_report:
            print(json.dumps({"batches": batches, "turnover": turnover}), flush=True)
            next_report += REPORT_EVERY_S
        time.sleep(0.002)  # The network of a real shop: leaves the machine some air.


if __name__ == "__main__":
    main()

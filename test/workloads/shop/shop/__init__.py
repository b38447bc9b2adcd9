"""The shop: catalogue, orders, prices, receipts, reports, stock."""

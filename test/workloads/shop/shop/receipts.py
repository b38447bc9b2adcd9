"""Receipts as plain text, with a bar code drawn in block characters."""

from .pricing import PricedOrder

WIDTH = 44


def bar_code(label: str) -> str:
    """One block character for each nibble of the label."""
    bars = ""
    for char in label:
        bars += chr(0x2581 + ord(char) % 8)
        bars += chr(0x2581 + ord(char) // 8 % 8)
    return bars


def money(cents: int) -> str:
    """1234567 as 12,345.67."""
    return f"{cents // 100:,}.{cents % 100:02d}"


def render(priced: PricedOrder) -> str:
    """The whole receipt."""
    rows = [f"Order {priced.order.number}".center(WIDTH)]
    for (label, cents), item in zip(priced.lines, priced.order.items, strict=True):
        rows.append(f"{item.quantity:2d} {item.product.name[:24]:<24}{money(cents):>16}")
        rows.append(f"   {bar_code(label[-12:])}")
    for name, cents in (
        ("Shipping", priced.shipping_cents),
        ("Tax", priced.tax_cents),
        ("Total", priced.total_cents),
    ):
        rows.append(f"   {name:<24}{money(cents):>16}")
    return "\n".join(rows)

"""What an order costs: check digits, quantity tiers, loyalty, shipping, tax."""

from dataclasses import dataclass

from .orders import Item, Order

TAX_PERCENT = {"DE": 19, "FR": 20, "IT": 22, "NL": 21, "SE": 25, "US": 7}

# From this many pieces of one product on, so many per cent off.
TIERS = [(2, 1), (3, 2), (4, 4), (5, 6), (7, 9), (8, 12)]

WEIGHTS = (3, 1, 7)


@dataclass(frozen=True, slots=True)
class PricedOrder:
    order: Order
    lines: list[tuple[str, int]]
    shipping_cents: int
    tax_cents: int
    total_cents: int


def check_digit(sku: str) -> int:
    """The digit that a scanner compares; weights 3, 1, 7 like a bank's."""
    total = 0
    for position, char in enumerate(sku):
        total += WEIGHTS[position % 3] * (ord(char) - 48) % 11 + total % 7
    return (10 - total % 10) % 10


def tier_discount(quantity: int) -> int:
    """Per cent off for buying several of one product."""
    percent = 0
    for least, off in TIERS:
        if quantity >= least:
            percent = off
    return percent


def price_item(item: Item, recalled: list[str]) -> tuple[str, int]:
    """The label of a line, `SKU-DIGIT`, and its price in cents: 0 for what was recalled."""
    product = item.product
    if product.sku in recalled:
        return f"{product.sku}-RECALL", 0
    label = f"{product.sku}-{check_digit(product.sku)}"
    gross = product.cents * item.quantity
    return label, gross - gross * tier_discount(item.quantity) // 100


def loyalty(years: int, cents: int) -> int:
    """Cents off: half a per cent, compounded for each year."""
    rest = float(cents)
    for _ in range(years):
        rest *= 0.995
    return cents - round(rest)


def shipping(order: Order) -> int:
    """Cents for the parcels: 20 kg each, heavy things first."""
    weights = sorted(
        (item.product.weight_g for item in order.items for _ in range(item.quantity)),
        reverse=True,
    )
    parcels: list[int] = []
    for weight in weights:
        for index, load in enumerate(parcels):
            if load + weight <= 20_000:
                parcels[index] += weight
                break
        else:
            parcels.append(weight)
    return sum(490 + load // 100 for load in parcels)


def price_order(order: Order, recalled: list[str]) -> PricedOrder:
    """Prices every line of an order, then what is due on the whole."""
    lines = [price_item(item, recalled) for item in order.items]
    goods = sum(cents for _, cents in lines)
    goods -= loyalty(order.loyal_years, goods)
    freight = shipping(order)
    tax = (goods + freight) * TAX_PERCENT[order.country] // 100
    return PricedOrder(order, lines, freight, tax, goods + freight + tax)

"""The shop's business code: plain, synchronous Python that has worked for years.

Nobody converted this module and nobody has to. It knows nothing of asyncio, FastAPI or fastapi_convert; both apps,
`before/shop.py` and `after/shop.py`, import this very file.
"""

from __future__ import annotations

import csv
import os
import sqlite3
from collections import Counter
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import combinations, groupby
from operator import itemgetter

import requests

DATABASE = os.environ.get("SHOP_DATABASE", "shop.db")
PRICE_LIST = os.environ.get("SHOP_PRICE_LIST", "price_list.csv")
WAREHOUSE_URL = os.environ.get("SHOP_WAREHOUSE_URL", "http://127.0.0.1:9000")
WAREHOUSE_TIMEOUT = 10.0

SHORT_WINDOW, LONG_WINDOW = 7, 28


class UnknownProductError(LookupError):
    """No product has this SKU."""


@dataclass(frozen=True)
class Product:
    """A product as the shop's catalogue knows it."""

    sku: str
    name: str
    category: str
    price: Decimal


@dataclass(frozen=True)
class Stock:
    """What the warehouse says about a product."""

    sku: str
    on_hand: int
    next_delivery: date | None


@dataclass(frozen=True)
class ProductPage:
    """All that the product page shows."""

    product: Product
    stock: Stock


@dataclass(frozen=True)
class CategoryPrices:
    """The suppliers' prices of one category, summed up."""

    category: str
    offers: int
    cheapest: Decimal
    dearest: Decimal


@dataclass(frozen=True)
class Pair:
    """Two products that are bought together, and how much more often than by chance."""

    first: str
    second: str
    baskets: int
    lift: float


@dataclass(frozen=True)
class Day:
    """One day's revenue and its moving averages; None until the window is full."""

    day: date
    revenue: float
    short_average: float | None
    long_average: float | None


@dataclass(frozen=True)
class SalesReport:
    """What sells together, and where the revenue is going."""

    orders: int
    pairs: list[Pair]
    days: list[Day]


def find_product(sku: str) -> Product:
    """Look a product up by its SKU."""
    with closing(sqlite3.connect(DATABASE)) as db:
        row = db.execute("SELECT sku, name, category, price FROM products WHERE sku = ?", (sku,)).fetchone()
    if row is None:
        raise UnknownProductError(sku)
    return _product(row)


def search_products(text: str, limit: int = 20) -> list[Product]:
    """Find products by a part of their name, best sellers first."""
    query = """
        SELECT p.sku, p.name, p.category, p.price
        FROM products AS p JOIN order_lines AS l ON l.sku = p.sku
        WHERE p.name LIKE '%' || ? || '%'
        GROUP BY p.sku ORDER BY sum(l.quantity) DESC, p.sku LIMIT ?
    """
    with closing(sqlite3.connect(DATABASE)) as db:
        return [_product(row) for row in db.execute(query, (text, limit))]


def fetch_stock(sku: str) -> Stock:
    """Ask the warehouse how many are on hand."""
    response = requests.get(f"{WAREHOUSE_URL}/stock/{sku}", timeout=WAREHOUSE_TIMEOUT)
    response.raise_for_status()
    body = response.json()
    delivery = body["next_delivery"]
    return Stock(body["sku"], body["on_hand"], date.fromisoformat(delivery) if delivery else None)


def read_prices() -> list[CategoryPrices]:
    """Sum up the suppliers' price list, a CSV file that is replaced every night."""
    prices: dict[str, list[Decimal]] = {}
    with open(PRICE_LIST, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            prices.setdefault(row["category"], []).append(Decimal(row["price"]))
    return [CategoryPrices(name, len(found), min(found), max(found)) for name, found in sorted(prices.items())]


def sales_report(top: int = 10) -> SalesReport:
    """Work out basket pairs and revenue trends over every order: half a second of pure Python."""
    with closing(sqlite3.connect(DATABASE)) as db:
        lines = db.execute(
            "SELECT o.id, o.day, l.sku, l.quantity * l.price"
            " FROM orders AS o JOIN order_lines AS l ON l.order_id = o.id ORDER BY o.id"
        ).fetchall()
    baskets = [[line[2] for line in order] for _, order in groupby(lines, key=itemgetter(0))]
    return SalesReport(len(baskets), _best_pairs(baskets, top), _trend((line[1], line[3]) for line in lines))


def _product(row: tuple[str, str, str, str]) -> Product:
    sku, name, category, price = row
    return Product(sku, name, category, Decimal(price))


def _best_pairs(baskets: list[list[str]], top: int) -> list[Pair]:
    """The pairs found in most baskets; lift compares them with what independent sales would give."""
    singles: Counter[str] = Counter()
    pairs: Counter[tuple[str, str]] = Counter()
    for basket in baskets:
        products = sorted(set(basket))
        singles.update(products)
        pairs.update(combinations(products, 2))
    best = sorted(pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:top]
    return [
        Pair(first, second, count, round(count * len(baskets) / (singles[first] * singles[second]), 3))
        for (first, second), count in best
    ]


def _trend(sales: Iterable[tuple[str, float]]) -> list[Day]:
    """Revenue by day, with a short and a long moving average."""
    by_day: dict[str, float] = {}
    for day, amount in sales:
        by_day[day] = by_day.get(day, 0.0) + amount
    days = sorted(by_day)
    revenue = [by_day[day] for day in days]
    short, long = _moving_average(revenue, SHORT_WINDOW), _moving_average(revenue, LONG_WINDOW)
    rows = zip(days, revenue, short, long, strict=True)
    return [Day(date.fromisoformat(day), round(amount, 2), s, n) for day, amount, s, n in rows]


def _moving_average(values: list[float], window: int) -> list[float | None]:
    return [
        round(sum(values[end - window : end]) / window, 2) if end >= window else None
        for end in range(1, len(values) + 1)
    ]

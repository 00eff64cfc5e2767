"""Fills a folder with the shop's data: a SQLite database and the suppliers' price list, the same in every run."""

from __future__ import annotations

import csv
import random
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

PRODUCTS, ORDERS, DAYS, SUPPLIERS = 200, 20_000, 180, 12
FIRST_DAY = date(2025, 9, 1)
CATEGORIES = {
    "Tents": ("Tent", 90, 480),
    "Stoves": ("Stove", 25, 160),
    "Packs": ("Backpack", 60, 290),
    "Lights": ("Headlamp", 15, 95),
    "Sleeping": ("Sleeping bag", 70, 420),
}
BRANDS = ("Nordlys", "Alder", "Kestrel", "Basalt", "Fjellvind", "Marten", "Hollow Oak", "Tarn")
LINES = ("Trail", "Summit", "Light", "Basecamp", "Family")

SCHEMA = """
    CREATE TABLE products (sku TEXT PRIMARY KEY, name TEXT NOT NULL, category TEXT NOT NULL, price TEXT NOT NULL);
    CREATE TABLE orders (id INTEGER PRIMARY KEY, day TEXT NOT NULL);
    CREATE TABLE order_lines (order_id INTEGER NOT NULL REFERENCES orders, sku TEXT NOT NULL REFERENCES products,
                              quantity INTEGER NOT NULL, price REAL NOT NULL);
    CREATE INDEX order_lines_sku ON order_lines (sku, quantity);
"""

Product = tuple[str, str, str, str]


def seed(folder: Path) -> dict[str, str]:
    """Create the data in the folder; return the environment in which `legacy/shop.py` finds it."""
    chance = random.Random(20260302)
    products = list(_products(chance))
    database, price_list = folder / "shop.db", folder / "price_list.csv"
    _write_database(database, products, chance)
    _write_price_list(price_list, products, chance)
    return {"SHOP_DATABASE": str(database), "SHOP_PRICE_LIST": str(price_list)}


def _products(chance: random.Random) -> Iterator[Product]:
    kinds = list(CATEGORIES.items())
    for number in range(PRODUCTS):
        category, (noun, low, high) = kinds[number % len(kinds)]
        brand = BRANDS[number // len(kinds) % len(BRANDS)]
        line = LINES[number // (len(kinds) * len(BRANDS))]
        yield f"P-{1000 + number}", f"{brand} {line} {noun}", category, f"{chance.randint(low, high)}.90"


def _write_database(path: Path, products: list[Product], chance: random.Random) -> None:
    popularity = [1 / (chance.randrange(len(products)) + 5) for _ in products]
    with closing(sqlite3.connect(path)) as db, db:
        db.executescript(SCHEMA)
        db.executemany("INSERT INTO products VALUES (?, ?, ?, ?)", products)
        for order in range(ORDERS):
            day = FIRST_DAY + timedelta(days=order * DAYS // ORDERS)
            db.execute("INSERT INTO orders VALUES (?, ?)", (order, day.isoformat()))
            basket = chance.choices(products, popularity, k=chance.randint(1, 12))
            lines = [(order, product[0], chance.randint(1, 3), float(product[3])) for product in basket]
            db.executemany("INSERT INTO order_lines VALUES (?, ?, ?, ?)", lines)


def _write_price_list(path: Path, products: list[Product], chance: random.Random) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["supplier", "sku", "category", "price"])
        for supplier in range(1, SUPPLIERS + 1):
            for sku, _, category, price in products:
                offer = float(price) * chance.uniform(0.5, 0.7)
                writer.writerow([f"Supplier {supplier}", sku, category, f"{offer:.2f}"])

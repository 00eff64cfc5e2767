"""The shop's sales by product, out of its order files: plain pandas that has worked for years.

Nobody converted this module either. `before/uploads.py` and `after/uploads.py` import this very file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import BinaryIO

import pandas as pd

CHUNK = 50_000


@dataclass(frozen=True)
class Sales:
    """What was sold of a product."""

    sku: str
    units: int
    revenue: float


def process_data_frame(orders: pd.DataFrame) -> list[Sales]:
    """Sum up orders by product."""
    return _by_product(_sum(orders))


def process_file(file: BinaryIO) -> list[Sales]:
    """Do the same for a file, chunk by chunk: what the nightly job calls, whose files grew larger than its memory."""
    with pd.read_csv(file, chunksize=CHUNK) as chunks:
        sums = [_sum(chunk) for chunk in chunks]
    return _by_product(pd.concat(sums).groupby(level="sku").sum())


def _sum(orders: pd.DataFrame) -> pd.DataFrame:
    revenue = orders["quantity"] * orders["price"]
    return orders.assign(revenue=revenue).groupby("sku")[["quantity", "revenue"]].sum()


def _by_product(sums: pd.DataFrame) -> list[Sales]:
    return [Sales(sku, int(units), round(revenue, 2)) for sku, units, revenue in sums.itertuples()]

"""Imports product lists from CSV files: plain csv, sqlite3 and pandas.

Nobody converted this module and nobody has to. It knows nothing of asyncio, FastAPI or fastapi_convert.
"""

from __future__ import annotations

import csv
import io
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO

import pandas as pd

DATABASE = os.environ.get("PRODUCTS_DATABASE", "products.db")


class ProductListError(ValueError):
    """The file is no list of products, and nothing of it was imported."""


def import_products(file: BinaryIO) -> dict[str, int]:
    """Import a CSV file with the columns sku, name and price: all of it or nothing."""
    reader = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""))
    rows = ((row["sku"], row["name"], float(row["price"])) for row in reader)
    try:
        with _one_transaction() as db:
            imported = db.executemany("INSERT INTO incoming VALUES (?, ?, ?)", rows).rowcount
    except (KeyError, TypeError, ValueError, csv.Error, sqlite3.IntegrityError) as error:
        raise ProductListError(f"line {reader.line_num}: {type(error).__name__}: {error}") from error
    return {"imported": imported}


def import_products_with_pandas(file: BinaryIO) -> dict[str, int]:
    """The same with pandas, in chunks, so that the file may be larger than the memory."""
    imported = 0
    types = {"sku": str, "name": str, "price": float}
    try:
        with (
            _one_transaction() as db,
            pd.read_csv(file, chunksize=50_000, usecols=list(types), dtype=types, keep_default_na=False) as chunks,
        ):
            for chunk in chunks:
                rows = chunk[list(types)].itertuples(index=False, name=None)
                imported += db.executemany("INSERT INTO incoming VALUES (?, ?, ?)", rows).rowcount
    except (ValueError, sqlite3.IntegrityError) as error:
        raise ProductListError(str(error)) from error
    return {"imported": imported}


@contextmanager
def _one_transaction() -> Iterator[sqlite3.Connection]:
    """Rows are gathered in `incoming`. The products are locked only at the end, however long the file takes."""
    with closing(sqlite3.connect(DATABASE, timeout=30)) as db, db:
        db.execute("CREATE TABLE IF NOT EXISTS products (sku TEXT PRIMARY KEY, name TEXT, price REAL)")
        db.execute(
            "CREATE TEMP TABLE incoming (sku TEXT NOT NULL PRIMARY KEY CHECK (sku <> ''), name TEXT NOT NULL,"
            " price REAL NOT NULL CHECK (price BETWEEN 0 AND 1000000))"
        )
        yield db
        db.execute("INSERT OR REPLACE INTO products SELECT * FROM incoming")

"""Uploads one large CSV file of orders, made while it is sent, and asks for /health meanwhile."""

from __future__ import annotations

import random
from collections.abc import Iterator
from http.client import HTTPConnection, HTTPException
from math import nan
from typing import Any
from urllib.parse import urlsplit

import httpx

from examples.legacy_shop.load import ANSWER_TIMEOUT, Figures, measuring

PATH = "/upload-csv"
COLUMNS = "order,day,customer,sku,quantity,price\n"
ROWS_OF_BLOCK = 20_000
HEAD = (
    b'--block\r\nContent-Disposition: form-data; name="file"; filename="orders.csv"\r\nContent-Type: text/csv\r\n\r\n'
)
TAIL = b"\r\n--block--\r\n"


def upload(address: str, megabytes: float) -> Figures:
    """Upload a file of about so many megabytes; return the figures."""
    figures = Figures(1)
    send(address, orders(0), Figures(1))  # a small file first: what libraries load when first used is not our subject
    before = _usage(address)
    with measuring(address, figures):
        send(address, orders(megabytes), figures)
    after = _usage(address)
    figures.memory = after["peak_memory"] - before["peak_memory"]
    figures.written = nan if after["written"] is None else after["written"] - before["written"]
    return figures


def orders(megabytes: float) -> list[bytes]:
    """A file of orders in pieces of whole rows, the same in every run: one block again and again, at least once.

    So the file is nowhere as a whole, and making it takes none of the server's time.
    """
    chance = random.Random(20260302)
    block = "".join(_rows(chance)).encode()
    return [COLUMNS.encode(), *[block] * max(1, round(megabytes * 1e6 / len(block)))]


def _rows(chance: random.Random) -> Iterator[str]:
    for order in range(ROWS_OF_BLOCK):
        number = chance.randrange(200)
        day = f"2026-{chance.randint(1, 12):02}-{chance.randint(1, 28):02}"
        customer = f"C-{chance.randrange(100_000):05}"
        yield f"{order},{day},{customer},P-{1000 + number},{chance.randint(1, 9)},{15 + number * 2}.90\n"


def send(address: str, pieces: list[bytes], figures: Figures) -> None:
    """Post the file as a form; note the answer, or what went wrong."""
    connection = HTTPConnection(urlsplit(address).netloc, timeout=ANSWER_TIMEOUT)
    size = len(HEAD) + sum(map(len, pieces)) + len(TAIL)
    headers = {"Content-Type": "multipart/form-data; boundary=block", "Content-Length": str(size)}
    try:
        connection.request("POST", PATH, iter([HEAD, *pieces, TAIL]), headers)
        response = connection.getresponse()
        answer = response.read()
    except (OSError, HTTPException) as error:
        figures.errors.append(f"{PATH}: {error!r}")
    else:
        if response.status == 200:
            figures.answers[PATH] = {answer}
        else:
            figures.errors.append(f"{PATH}: {response.status} {answer[:200]!r}")
    finally:
        connection.close()


def _usage(address: str) -> dict[str, Any]:
    usage: dict[str, Any] = (
        httpx.get(f"{address}/_usage", timeout=ANSWER_TIMEOUT, trust_env=False).raise_for_status().json()
    )
    return usage

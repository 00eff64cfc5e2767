"""A stand-in for the remote warehouse service: a tenth of a second an answer, to any number at once."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from zlib import crc32

from fastapi import FastAPI

LATENCY = 0.1
SEASON_START = date(2026, 3, 2)

app = FastAPI(title="Warehouse")


@app.get("/health")
async def health() -> str:
    """Answer at once."""
    return "ok"


@app.get("/stock/{sku}")
async def stock(sku: str) -> dict[str, str | int | None]:
    """Say how many are on hand; drawn from the SKU, so that every run gives the same answers."""
    await asyncio.sleep(LATENCY)
    number = crc32(sku.encode())
    on_hand = number % 60
    delivery = None if on_hand > 20 else SEASON_START + timedelta(days=number % 28)
    return {"sku": sku, "on_hand": on_hand, "next_delivery": delivery.isoformat() if delivery else None}

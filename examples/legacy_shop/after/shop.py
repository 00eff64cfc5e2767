"""The same app with the same legacy functions, offloaded: the event loop stays free, and every pool has a bound."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from examples.legacy_shop import loop_stall
from examples.legacy_shop.legacy import shop
from examples.legacy_shop.legacy.shop import CategoryPrices, Product, ProductPage, SalesReport
from fastapi_convert import Pool, ProcessPool, offload
from fastapi_convert.offloading import PoolStats

db = Pool("db", threads=8, max_waiting=200)
http = Pool("http", threads=20, max_waiting=500)
cpu = ProcessPool("cpu", processes=2, max_waiting=20, preload=[shop.__name__])

search_products = offload(pool=db)(shop.search_products)
find_product = offload(pool=db)(shop.find_product)
fetch_stock = offload(pool=http)(shop.fetch_stock)
read_prices = offload(shop.read_prices)
sales_report = offload(pool=cpu)(shop.sales_report)


@asynccontextmanager
async def warm(_: FastAPI) -> AsyncIterator[None]:
    """Start the report's processes with the app, so that no request waits for that."""
    async with cpu:
        yield


app = FastAPI(title="Legacy shop", lifespan=warm)
app.include_router(loop_stall.router)  # the demo's measuring instrument, the same in both apps


@app.get("/health")
async def health() -> str:
    """Answer at once, if the event loop lets us."""
    return "ok"


@app.get("/products")
async def search(text: str) -> list[Product]:
    """Find products by a part of their name."""
    return await search_products(text)


@app.get("/products/{sku}")
async def product_page(sku: str) -> ProductPage:
    """Show a product with what the warehouse has of it."""
    return ProductPage(await find_product(sku), await fetch_stock(sku))


@app.get("/prices")
async def prices() -> list[CategoryPrices]:
    """Sum up the suppliers' price list."""
    return await read_prices()


@app.get("/reports/sales")
async def report() -> SalesReport:
    """Say what sells together, and where the revenue is going."""
    return await sales_report()


@app.get("/pools")
async def pools() -> list[PoolStats]:
    """Show how busy the pools are."""
    return [pool.stats() for pool in (db, http, cpu)]


@app.exception_handler(shop.UnknownProductError)
async def unknown_product(_: Request, error: shop.UnknownProductError) -> JSONResponse:
    """Turn the legacy module's own error into a 404."""
    return JSONResponse({"detail": f"No product has the SKU {error}."}, status_code=404)

"""The app as people write it: `async def` endpoints that call the legacy functions directly, and block the loop."""

from __future__ import annotations

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from examples.legacy_shop import loop_stall
from examples.legacy_shop.legacy import shop
from examples.legacy_shop.legacy.shop import CategoryPrices, Product, ProductPage, SalesReport

app = FastAPI(title="Legacy shop")
app.include_router(loop_stall.router)  # the demo's measuring instrument, the same in both apps


@app.get("/health")
async def health() -> str:
    """Answer at once, if the event loop lets us."""
    return "ok"


@app.get("/products")
async def search(text: str) -> list[Product]:
    """Find products by a part of their name."""
    return shop.search_products(text)


@app.get("/products/{sku}")
async def product_page(sku: str) -> ProductPage:
    """Show a product with what the warehouse has of it."""
    return ProductPage(shop.find_product(sku), shop.fetch_stock(sku))


@app.get("/prices")
async def prices() -> list[CategoryPrices]:
    """Sum up the suppliers' price list."""
    return shop.read_prices()


@app.get("/reports/sales")
async def report() -> SalesReport:
    """Say what sells together, and where the revenue is going."""
    return shop.sales_report()


@app.exception_handler(shop.UnknownProductError)
async def unknown_product(_: Request, error: shop.UnknownProductError) -> JSONResponse:
    """Turn the legacy module's own error into a 404."""
    return JSONResponse({"detail": f"No product has the SKU {error}."}, status_code=404)

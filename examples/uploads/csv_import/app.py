"""Serves the import: the legacy functions read the file while it arrives, on a worker, with no copy on disk.

Try it: `uvicorn examples.uploads.csv_import.app:app`.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from examples.uploads.csv_import import legacy
from fastapi_convert.uploads import RowError, Upload, UploadRoute, streamed

# Browsers on Windows call a CSV file application/vnd.ms-excel.
CsvFile = Annotated[Upload, streamed("file", max_size="100MB", types=["text/csv", "application/vnd.ms-excel"])]

router = APIRouter(route_class=UploadRoute)


@router.post("/products")
async def import_products(file: CsvFile) -> dict[str, int]:
    """Import a product list. A file that breaks off, or has a bad line, changes nothing."""
    return await file.run(legacy.import_products)


@router.post("/products/with-pandas")
async def import_products_with_pandas(file: CsvFile) -> dict[str, int]:
    """Import a product list with pandas."""
    return await file.run(legacy.import_products_with_pandas)


class Product(BaseModel):
    """A line of a product list."""

    sku: str = Field(min_length=1)
    name: str
    price: float = Field(ge=0, le=1_000_000)


class Report(BaseModel):
    """What a check has found."""

    good: int
    errors: list[RowError]


@router.post("/products/check")
async def check_products(file: CsvFile) -> Report:
    """Tell which lines of a product list are wrong, and why. Nothing is imported."""
    rows = file.csv(Product, on_error="collect", max_errors=100)
    good = 0
    async for _ in rows:  # each is a Product
        good += 1
    return Report(good=good, errors=rows.errors)


app = FastAPI(title="CSV import")
app.include_router(router)


@app.exception_handler(legacy.ProductListError)
async def no_product_list(_: Request, error: legacy.ProductListError) -> JSONResponse:
    """Turn the legacy module's own error into a 422."""
    return JSONResponse({"detail": f"The file is no product list: {error}"}, status_code=422)

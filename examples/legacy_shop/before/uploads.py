"""A CSV upload as guides show it: FastAPI puts the file on disk, then pandas reads all of it on the event loop."""

from __future__ import annotations

from typing import Any

import pandas as pd
from fastapi import FastAPI, UploadFile

from examples.legacy_shop import loop_stall, usage
from examples.legacy_shop.legacy.orders import process_data_frame

app = FastAPI(title="Legacy shop: orders")
app.include_router(loop_stall.router)  # the demo's measuring instruments, the same in both apps
app.include_router(usage.router)


@app.get("/health")
async def health() -> str:
    """Answer at once, if the event loop lets us."""
    return "ok"


@app.post("/upload-csv")
async def upload_csv(file: UploadFile) -> dict[str, Any]:
    """Sum up the orders of a CSV file."""
    # Stream the file - don't load entirely into memory
    df = pd.read_csv(file.file)

    # Process
    results = process_data_frame(df)

    return {"uploaded": len(results), "data": results}

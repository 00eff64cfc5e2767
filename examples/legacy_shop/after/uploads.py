"""The same upload, streamed: the legacy function reads the file on a worker while it arrives."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI

from examples.legacy_shop import loop_stall, usage
from examples.legacy_shop.legacy.orders import process_file
from fastapi_convert.uploads import Upload, streamed

app = FastAPI(title="Legacy shop: orders")
app.include_router(loop_stall.router)  # the demo's measuring instruments, the same in both apps
app.include_router(usage.router)


@app.get("/health")
async def health() -> str:
    """Answer at once, if the event loop lets us."""
    return "ok"


@app.post("/upload-csv")
async def upload_csv(file: Annotated[Upload, streamed("file", max_size="10GB", types=["text/csv"])]) -> dict[str, Any]:
    """Sum up the orders of a CSV file."""
    results = await file.run(process_file)

    return {"uploaded": len(results), "data": results}

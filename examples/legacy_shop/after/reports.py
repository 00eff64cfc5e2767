"""The same work as jobs: accepted means stored, and what is stored runs."""

from __future__ import annotations

import os

from fastapi import FastAPI

from examples.legacy_shop.legacy.reports import yearly_report
from fastapi_convert.jobs import Jobs

jobs = Jobs(os.environ.get("SHOP_JOBS", "jobs.db"), workers=4)
report = jobs.job(timeout="30m")(yearly_report)

app = FastAPI(title="Legacy shop: reports", lifespan=jobs.lifespan)
app.include_router(jobs.router, prefix="/jobs")


@app.get("/health")
async def health() -> str:
    """Answer at once, if the event loop lets us."""
    return "ok"


@app.post("/reports", status_code=202)
async def start(customer: int) -> dict[str, str]:
    """Accept the work."""
    job = await report.submit(customer)
    return {"id": job.id}

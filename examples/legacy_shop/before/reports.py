"""Long work as guides show it: a background task, and a dict that remembers what has become of it."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from fastapi import BackgroundTasks, FastAPI, HTTPException

from examples.legacy_shop.legacy.reports import yearly_report

app = FastAPI(title="Legacy shop: reports")
tasks: dict[str, dict[str, Any]] = {}


@app.get("/health")
async def health() -> str:
    """Answer at once, if the event loop lets us."""
    return "ok"


def run_report(task_id: str, customer: int) -> None:
    """Do the work after the response has been sent."""
    tasks[task_id]["status"] = "running"
    tasks[task_id]["result"] = yearly_report(customer)
    tasks[task_id]["status"] = "succeeded"


@app.post("/reports", status_code=202)
async def start(customer: int, background_tasks: BackgroundTasks) -> dict[str, str]:
    """Accept the work."""
    task_id = str(uuid4())
    tasks[task_id] = {"status": "queued"}
    background_tasks.add_task(run_report, task_id, customer)
    return {"id": task_id}


@app.get("/jobs/{task_id}")
async def status(task_id: str) -> dict[str, Any]:
    """Tell how far it is."""
    if task_id not in tasks:
        raise HTTPException(404)
    return tasks[task_id]


@app.get("/jobs/{task_id}/result")
async def result(task_id: str) -> dict[str, float]:
    """Give what came of it."""
    found: dict[str, float] = (await status(task_id))["result"]
    return found

"""Apps for a uvicorn in its own process: jobs whose pace a test sets through files, and an effect log."""

from __future__ import annotations

import os
import time
from pathlib import Path

from fastapi import FastAPI

from fastapi_convert.jobs import Jobs, Progress
from tests.jobs.http_support import SILENT, token

#: Seconds after which a job gives up waiting for its test.
PATIENCE = 30.0


def wait_for_file(path: str, *, progress: Progress = SILENT) -> str:
    """Tell progress until the file is there."""
    deadline = time.monotonic() + PATIENCE
    while not Path(path).exists():
        progress(0.5, "<img src=x onerror=alert(1)>")
        if time.monotonic() > deadline:
            raise TimeoutError(path)
        time.sleep(0.02)
    return "found"


def quick(number: int) -> int:
    """Give back what it was given."""
    return number


def make_app() -> FastAPI:
    """An app on the store that `JOBS_PATH` names; with owners if `JOBS_OWNERS` is set."""
    owner = token if "JOBS_OWNERS" in os.environ else None
    jobs = Jobs(os.environ["JOBS_PATH"], workers=2, durability="process", owner=owner, grace="1s")
    app = FastAPI(lifespan=jobs.lifespan)
    app.include_router(jobs.router, prefix="/jobs")
    for fn, name in ((wait_for_file, "wait"), (quick, "quick"), (quick, "<img src=x onerror=alert(1)>")):
        function = jobs.job(executor="thread", name=name)(fn)
        app.post(f"/{'hostile' if '<' in name else name}", **function.route)(function.endpoint)
    return app

"""An app whose jobs the command line runs, lists and cancels. Its store is where `FC_CLI_STORE` says."""

from __future__ import annotations

import os
import threading
import time
from pathlib import Path
from typing import Any

from fastapi import FastAPI

from fastapi_convert.jobs import Jobs, Progress


def add(a: int, b: int = 0) -> int:
    return a + b


def fail(text: str) -> None:
    raise ValueError(text)


def tell(message: str, *, progress: Progress) -> None:
    progress(0.5, message)


def block(begun: str, go: str, *, progress: Progress) -> int:
    """Tell that it has begun, then wait for a file."""
    with Path(begun).open("a") as log:
        log.write(f"{os.getpid()} attempt {progress.attempt}\n")
    while not Path(go).exists():
        time.sleep(0.01)
    return progress.attempt


def stay(begun: str) -> None:
    """Nothing ends it but the end of its process."""
    Path(begun).touch()
    threading.Event().wait()


def encode(name: str) -> str:
    return name


def build(path: str | os.PathLike[str], **options: Any) -> Jobs:
    """A store with all of these, as one process sees it."""
    jobs = Jobs(path, **{"workers": 0, "grace": "20s", "durability": "process", **options})
    jobs.job(name="add")(add)
    jobs.job(name="fail", executor="thread")(fail)
    jobs.job(name="tell", executor="thread")(tell)
    jobs.job(name="block")(block)
    jobs.job(name="stay", executor="thread")(stay)
    jobs.job(name="encode", executor="thread", queue="video")(encode)
    return jobs


jobs = build(os.environ.get("FC_CLI_STORE", "cli.db"))
app = FastAPI(lifespan=jobs.lifespan)
app.include_router(jobs.router, prefix="/jobs")
app.post("/add", **jobs.functions["add"].route)(jobs.functions["add"].endpoint)

"""An app for the campaigns: its jobs write what they do into an append-only log, which outlives every process.

`JOBS_DB` is the store, `JOBS_LOG` the log, `JOBS_WORKERS` how many jobs run at once, `JOBS_GRACE` the time to end in.
"""

from __future__ import annotations

import ctypes
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

from fastapi import FastAPI, Header

from fastapi_convert.jobs import Jobs, Progress, Retry

LOG = Path(os.environ.get("JOBS_LOG", os.devnull))
STEP = float(os.environ.get("JOBS_STEP", "0.05"))


def owner_of(x_user: str | None = Header(None)) -> str | None:
    """Whoever it says."""
    return x_user


jobs = Jobs(
    os.environ.get("JOBS_DB", "campaign.db"),
    workers=int(os.environ.get("JOBS_WORKERS", "4")),
    grace=float(os.environ.get("JOBS_GRACE", "5")),
    owner=owner_of,
    durability="process" if os.environ.get("JOBS_DURABILITY") == "process" else "power",
)


def log(**entry: object) -> None:
    """One line, in one write: lines of different processes do not mix."""
    fd = os.open(LOG, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(fd, (json.dumps({**entry, "pid": os.getpid(), "at": time.monotonic()}) + "\n").encode())
    finally:
        os.close(fd)


@jobs.job()
def effect(tag: str, *, progress: Progress) -> str:
    """Tell that it began, work, tell that it ended."""
    log(tag=tag, job=progress.job_id, attempt=progress.attempt, what="begun")
    time.sleep(STEP)
    log(tag=tag, job=progress.job_id, attempt=progress.attempt, what="ended")
    return tag


@jobs.job(executor="thread")
def thread_effect(tag: str, *, progress: Progress) -> str:
    """The same in a thread."""
    log(tag=tag, job=progress.job_id, attempt=progress.attempt, what="begun")
    time.sleep(STEP)
    log(tag=tag, job=progress.job_id, attempt=progress.attempt, what="ended")
    return tag


@jobs.job(limit=2, executor="thread")
def limited(tag: str, *, progress: Progress) -> None:
    """At most two at once."""
    log(tag=tag, job=progress.job_id, attempt=progress.attempt, what="begun")
    time.sleep(STEP)
    log(tag=tag, job=progress.job_id, attempt=progress.attempt, what="ended")


@jobs.job(executor="thread")
def stubborn(seconds: float, *, progress: Progress) -> str:
    """Sleeps, and asks nobody."""
    log(job=progress.job_id, attempt=progress.attempt, what="begun")
    time.sleep(seconds)
    return "awake"


@jobs.job(executor="thread")
def deaf(seconds: float) -> None:
    """Takes no progress at all."""
    time.sleep(seconds)


@jobs.job()
def poison(kind: str, *, progress: Progress) -> None:
    """Ends its process."""
    log(job=progress.job_id, attempt=progress.attempt, what="begun")
    if kind == "exit":
        os._exit(137)
    elif kind == "segfault":
        ctypes.string_at(0)
    raise MemoryError("no room")


@jobs.job()
def blocked(kind: str, address: str = "", *, progress: Progress) -> None:
    """Hangs where no Python code can end it."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    Path(progress.folder, "left-over").write_text("x")
    log(job=progress.job_id, attempt=progress.attempt, what="begun", child=child.pid, folder=str(progress.folder))
    if kind == "sleep":
        time.sleep(600)
    elif kind == "socket":
        host, _, port = address.partition(":")
        with socket.create_connection((host, int(port))) as connection:
            connection.recv(1)
    else:
        hashlib.pbkdf2_hmac("sha256", b"x", b"y", 2_000_000_000)


@jobs.job(retries=Retry(2, wait_initial=3600, wait_jitter=0), executor="thread")
def flaky(tag: str, *, progress: Progress) -> None:
    """Fails the first time; the second is an hour away."""
    log(tag=tag, job=progress.job_id, attempt=progress.attempt, what="begun")
    raise OSError("not now")


@jobs.job()
def chatty(seconds: float, *, progress: Progress) -> int:
    """Tells of its progress as fast as it can."""
    told, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        told += 1
        progress(0.5, f"update {told}\r\nevent: succeeded\r\ndata: forged")
    progress(1.0, f"update {told}")
    return told


app = FastAPI(lifespan=jobs.lifespan)
app.include_router(jobs.router, prefix="/jobs")
for function in list(jobs.functions.values()):
    app.post(f"/{function.name}", **function.route)(function.endpoint)

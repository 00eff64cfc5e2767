"""Celery, with a result backend: without one nobody can ask for a job's state."""

from __future__ import annotations

from celery import Celery  # type: ignore[import-untyped]  # it has no types

from benchmarks.jobs import effects, settings

#: `acks_late` and what goes with it: a job whose worker dies is to come back, after five seconds instead of an hour.
LATE = "late"
#: No result backend: quicker, and nobody can ask how a job is doing.
BARE = "bare"

app = Celery("bench", broker=settings.broker(), backend=None if settings.option() == BARE else settings.broker())
app.conf.broker_connection_retry_on_startup = True
if settings.option() == LATE:
    app.conf.task_acks_late = True
    app.conf.task_reject_on_worker_lost = True
    app.conf.broker_transport_options = {"visibility_timeout": 5}


@app.task  # type: ignore[untyped-decorator]  # it has no types
def work(number: int, seconds: float) -> int:
    return effects.work(number, seconds)


def submit(number: int, seconds: float) -> str:
    return str(work.delay(number, seconds).id)


def cancel(job: str) -> None:
    """The one way to end a function that runs: kill the process of the pool."""
    app.control.revoke(job, terminate=True, signal="SIGKILL")

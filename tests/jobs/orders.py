"""Orders as a worker gives them, for tests of the places that carry them out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi_convert.jobs.execution.seats import Order, Raised

__all__ = ("error_of", "order_for")


def order_for(folder: Path, fn: Callable[..., Any], /, *, attempt: int = 1, payload: str = "", **kwargs: Any) -> Order:
    """One run of `fn`. All its folders lie in `folder`; the worker's lock file is there."""
    presence = folder / "worker.lock"
    if not presence.exists():
        presence.touch()
    return Order(
        fn=fn,
        payload=payload or json.dumps(kwargs),
        job_id="j0b",
        attempt=attempt,
        folder=folder / "run" / str(attempt),
        results=folder / "files" / "result",
        presence=presence,
    )


def error_of(outcome: object) -> Raised:
    """The outcome, which is that the function raised."""
    assert isinstance(outcome, Raised), outcome
    return outcome

"""`campaign_app` in a process that is killed in the middle of a commit: `JOBS_DIES` is `before` or `after` it.

The first submission kills it.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from typing import Any

from fastapi_convert.jobs.ledger import _writer
from tests.jobs.campaign_app import app

__all__ = ("app",)

_commit = _writer.Writer._commit


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)
    signal.pause()


def _commit_and_die(self: Any, batch: Sequence[Any]) -> Any:
    fatal = any("submit" in repr(write.apply) for write in batch)
    if fatal and os.environ["JOBS_DIES"] == "before":
        _kill()
    answers = _commit(self, batch)
    if fatal:
        _kill()
    return answers


_writer.Writer._commit = _commit_and_die  # type: ignore[method-assign]  # the fault that is injected

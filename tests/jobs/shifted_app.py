"""`campaign_app` in a process whose wall clock somebody has set: by `JOBS_SHIFT` seconds."""

from __future__ import annotations

import os
import time

_right = time.time


def _wrong() -> float:
    return _right() + float(os.environ["JOBS_SHIFT"])


time.time = _wrong

from tests.jobs.campaign_app import app  # noqa: E402 -- the clock is wrong before anybody looks at it

__all__ = ("app",)

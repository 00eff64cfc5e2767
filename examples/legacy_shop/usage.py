"""Tells, inside the server, how much memory it has needed at the most, and how much it has written to files.

Both apps include this router, so that both are measured by the same code.
"""

from __future__ import annotations

import resource
import sys
from dataclasses import dataclass
from pathlib import Path

from fastapi import APIRouter


@dataclass(frozen=True)
class Usage:
    """Bytes, since the process has started."""

    peak_memory: int
    #: `None` where the system does not count it.
    written: int | None


router = APIRouter(include_in_schema=False)


@router.get("/_usage")
def usage() -> Usage:
    """Tell what the server has used so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return Usage(peak if sys.platform == "darwin" else peak * 1024, _written())


def _written() -> int | None:
    """What Linux has counted: all that went through write(), which for a server is files, and a few wake-ups."""
    try:
        counters = Path("/proc/self/io").read_text(encoding="ascii")
    except OSError:
        return None
    return next(int(line.split()[1]) for line in counters.splitlines() if line.startswith("wchar"))

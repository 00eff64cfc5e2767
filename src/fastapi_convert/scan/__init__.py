"""Find every blocking call that async code can reach, with nothing of the target installed, imported or run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ._analysis import analyse
from ._baseline import Baseline
from ._selection import select
from .errors import ScanError
from .findings import AsyncFunction, BlockingCall, Finding, Report, Stats, Step, Warned
from .settings import PathRule, Settings
from .sources import load_sources

__all__ = (
    "AsyncFunction",
    "BlockingCall",
    "Finding",
    "PathRule",
    "Report",
    "ScanError",
    "Settings",
    "Stats",
    "Step",
    "Warned",
    "scan",
)


def scan(
    paths: Sequence[str | Path],
    settings: Settings | None = None,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Report:
    """Find every blocking call that an `async def` below these paths can reach."""
    began = time.perf_counter()
    settings = settings or Settings()
    sources = load_sources([Path(path) for path in paths], settings, on_progress)
    baseline = Baseline.load(settings.baseline, sources.root) if settings.baseline else None
    analysis = analyse(sources.files)
    comments = {m.path: m.facts.comments for m in analysis.project.modules if m.facts.comments}
    selection = select(analysis.findings, comments, settings, baseline)
    functions = [function for module in analysis.project.modules for function in module.functions]
    stats = Stats(
        files=len(sources.files),
        functions=len(functions),
        async_functions=sum(function.is_async for function in functions),
        suppressed=selection.suppressed,
        cached=sum(file.cached for file in sources.files),
        seconds=round(time.perf_counter() - began, 3),
    )
    return Report(selection.findings, tuple(sorted((*sources.warnings, *selection.warnings))), stats, sources.root)

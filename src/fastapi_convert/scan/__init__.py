"""Find every blocking call that async code can reach, with nothing of the target installed, imported or run."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ._analysis import analyse
from ._baseline import Baseline
from ._remembered import Remembered
from ._selection import select
from .errors import ScanError
from .facts import ASYNC, unpack
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
    r"""Find every blocking call that an `async def` below these paths can reach.

    Nothing of the target is imported or run, and nothing of it need be installed.

    Args:
        paths: Files and folders. Paths in the report are relative to the folder that holds them all.
        settings: What is left out, what is reported, and where facts of files are kept for the next scan;
            `pyproject.toml` is read by the command, not here.
        on_progress: Called with the number of files read so far, and of all.

    Raises:
        ScanError: There is no such path, or a baseline cannot be read. A file that cannot be read or parsed is no error
            but a warning of the report.

    Examples:
        >>> from pathlib import Path
        >>> Path("shop").mkdir()
        >>> _ = Path("shop/app.py").write_text("import time\nasync def nap():\n    time.sleep(1)\n")
        >>> report = scan(["shop"], Settings(cache=False))
        >>> [(found.code, found.async_function.name, found.blocking.line) for found in report.findings]
        [('FC101', 'nap', 3)]
        >>> report.findings[0].replacement
        'asyncio.sleep'
    """
    began = time.perf_counter()
    settings = settings or Settings()
    named = [Path(path) for path in paths]
    sources = load_sources(named, settings, on_progress)
    baseline = Baseline.load(settings.baseline, sources.root, named) if settings.baseline else None
    files = [(file, unpack(file.facts)) for file in sources.files]
    remembered = Remembered(named, settings, sources)
    if (findings := remembered.get()) is None:
        findings = analyse(files)
        remembered.put(findings)
    comments = {file.path: facts.comments for file, facts in files if facts.comments}
    followed = {file.path for file in sources.files if not file.asked_for}
    selection = select(findings, comments, settings, baseline, followed=followed)
    functions = [function for file, facts in files if file.asked_for for function in facts.functions]
    stats = Stats(
        files=len(sources.files),
        functions=len(functions),
        async_functions=sum(bool(function.flags & ASYNC) for function in functions),
        suppressed=selection.suppressed,
        cached=sum(file.cached for file in sources.files),
        seconds=round(time.perf_counter() - began, 3),
    )
    return Report(selection.findings, tuple(sorted((*sources.warnings, *selection.warnings))), stats, sources.root)

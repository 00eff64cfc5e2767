"""What `fastapi-convert scan` does, whoever parsed its arguments: typer, or argparse where that is not installed."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from shutil import get_terminal_size
from typing import Any, Final, Protocol

from fastapi_convert.scan import scan

from ._baseline import Baseline
from ._codes import as_codes
from ._config import as_level, find_config
from ._explain import explain
from ._files import write_file
from .errors import ScanError
from .findings import Report
from .reports import Line, from_here, github_report, json_report, plain, sarif_report, text_report
from .reports._escaping import visible
from .reports._lines import counted
from .reports._paths import path_between
from .reports.text import verdict
from .settings import Settings
from .sources._roots import common_root, given_paths

__all__ = ("FORMATS", "Display", "OnProgress", "Options", "PlainDisplay", "complain", "run")

OnProgress = Callable[[int, int], None]

FORMATS: Final = ("text", "json", "sarif", "github")
CLEAN, FOUND, CANNOT_RUN, INTERRUPTED = 0, 1, 2, 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What was typed. Empty or `None`: nothing, so the configuration decides."""

    paths: Sequence[str] = ()
    format: str = "text"
    level: str | None = None
    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    exclude: Sequence[str] = ()
    baseline: str | None = None
    update_baseline: bool = False
    exit_zero: bool = False
    cache: bool = True
    cache_dir: str | None = None
    processes: int | None = None
    output: str | None = None
    explain: str | None = None
    quiet: bool = False


class Display(Protocol):
    """Where text goes, and how far the scan is."""

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines to the standard output."""

    def progress(self) -> AbstractContextManager[OnProgress | None]:
        """Something to be told of the progress, for as long as the block runs."""
        ...


class PlainDisplay:
    """Without colours and bars."""

    def show(self, lines: Iterable[Line]) -> None:
        """Write lines to the standard output."""
        sys.stdout.writelines(row + "\n" for row in plain(lines))

    def progress(self) -> AbstractContextManager[OnProgress | None]:
        """Nobody is told."""
        return nullcontext()


def run(options: Options, display: Display) -> int:
    """Scan, report, and say how it went: 0 clean, 1 findings, 2 cannot run, 130 interrupted.

    Args:
        options: What was typed.
        display: Where text goes. Documents for programs go to the standard output as they are.
    """
    try:
        return _explained(options, display) if options.explain is not None else _scanned(options, display)
    except ScanError as error:
        complain(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception:
        traceback.print_exc()  # Python's own exit code for it is 1, which here means that something blocks
    return CANNOT_RUN


def complain(text: str) -> None:
    """One line on the standard error."""
    with suppress(BrokenPipeError):
        sys.stderr.write(visible(text, 2000) + "\n")


def _explained(options: Options, display: Display) -> int:
    lines = [*explain(options.explain or "", _width())]
    _write(lambda: display.show(lines))
    return CLEAN


def _scanned(options: Options, display: Display) -> int:
    if options.format not in FORMATS:
        raise ScanError(f"There is no format {options.format!r}: the formats are {', '.join(FORMATS)}.")
    if options.processes is not None and options.processes < 1:
        raise ScanError(f"--processes is {options.processes}: at least 1 is needed.")
    paths, settings = _what_to_scan(options)
    if options.update_baseline:
        return _update(paths, settings, options, display)
    report = _scan(paths, settings, options, display)
    _deliver(report, options, display)
    return FOUND if report.findings and not options.exit_zero else CLEAN


def _what_to_scan(options: Options) -> tuple[Sequence[str | Path], Settings]:
    """The configuration, and over it what was typed."""
    config = find_config(_folder(Path(options.paths[0]) if options.paths else Path()))
    typed: dict[str, Any] = {
        "level": options.level and as_level(options.level, "--level"),
        "select": as_codes(options.select, "--select"),
        "ignore": as_codes(options.ignore, "--ignore"),
        "exclude": tuple(options.exclude),
        "baseline": options.baseline and Path(options.baseline),
        "cache_dir": options.cache_dir and Path(options.cache_dir),
        "processes": options.processes,
    }
    given = {name: value for name, value in typed.items() if value}
    paths = options.paths or config.paths
    written = config.file.parent if config.file else Path.cwd()  # where globs begin
    base = path_between(common_root(given_paths([Path(path) for path in paths])), written)
    return paths, replace(config.settings, cache=options.cache, base=base or "", **given)


def _folder(path: Path) -> Path:
    return path if path.is_dir() else path.parent


def _scan(paths: Sequence[str | Path], settings: Settings, options: Options, display: Display) -> Report:
    with nullcontext() if options.quiet else display.progress() as on_progress:
        return scan(paths, settings, on_progress=on_progress)


def _update(paths: Sequence[str | Path], settings: Settings, options: Options, display: Display) -> int:
    if settings.baseline is None:
        raise ScanError("--update-baseline does not know which file: name it with --baseline FILE.")
    report = _scan(paths, replace(settings, baseline=None), options, display)
    scanned = [Path(path) for path in paths]
    _known(settings.baseline, report.root or Path(), scanned).updated(report.findings).write()
    if not options.quiet:
        complain(f"{settings.baseline}: {counted(len(report.findings), 'finding')} known from now on.")
    return CLEAN


def _known(path: Path, root: Path, scanned: Sequence[Path]) -> Baseline:
    try:
        return Baseline.load(path, root, scanned)
    except ScanError:  # there is none yet, or one that is broken: the cure for both is a new one
        return Baseline.empty(path, root)


def _deliver(report: Report, options: Options, display: Display) -> None:
    if options.output is not None:
        write_file(Path(options.output), "".join(_document(report, options)))
        if not options.quiet:
            complain(f"{verdict(report)} {options.output} tells where.")
    elif options.format == "text":
        lines = text_report(from_here(report), width=_width(), quiet=options.quiet)
        _write(lambda: display.show(lines))
    else:
        document = _document(report, options)
        _write(lambda: sys.stdout.writelines(document))


def _document(report: Report, options: Options) -> Iterator[str]:
    if options.format == "json":
        yield json_report(report)
    elif options.format == "sarif":
        yield sarif_report(report)
    elif options.format == "github":
        yield from (row + "\n" for row in github_report(report))
    else:
        yield from (row + "\n" for row in plain(text_report(from_here(report), quiet=options.quiet)))


def _write(write: Callable[[], object]) -> None:
    """Write to the standard output; that nobody reads on, as `head` does, is no error and changes no exit code."""
    try:
        write()
        sys.stdout.flush()
    except BrokenPipeError:
        # The interpreter flushes once more when it ends, and would complain then.
        with suppress(OSError, ValueError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _width() -> int:
    return get_terminal_size((100, 24)).columns

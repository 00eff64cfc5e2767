"""`fastapi-convert`, the command line. A thin tree: what a command does is in its room, imported when it is called."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any, Final

try:
    import typer
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text
except ModuleNotFoundError:
    # The console script imports this file before it can call main(), so this is where its user reads it.
    sys.stderr.write('The command line needs typer and rich: pip install "fastapi-convert[cli]"\n')
    raise SystemExit(2) from None

if TYPE_CHECKING:
    from fastapi_convert.jobs import Jobs
    from fastapi_convert.scan._command import OnProgress
    from fastapi_convert.scan.reports import Line

__all__ = ("main",)

App = Annotated[
    str, typer.Argument(metavar="APP", help="module:attribute of a Jobs, or of the FastAPI app beside the only one.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of jobs.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, with all that is known.")]

# What the scan calls a piece of its text, as rich colours it.
_STYLES: Final = {
    "call": "bold red",
    "code": "bold",
    "cure": "green",
    "error": "red",
    "faint": "dim",
    "good": "bold green",
    "name": "bold",
    "path": "cyan",
    "route": "magenta",
    "title": "bold underline",
    "warn": "yellow",
}
#: Seconds after which a scan shows how far it is.
_PATIENCE: Final = 1.0

# Tracebacks as Python writes them: the pretty ones show the values of variables.
_PLAIN: dict[str, Any] = {"no_args_is_help": True, "rich_markup_mode": None}
tree = typer.Typer(name="fastapi-convert", add_completion=False, pretty_exceptions_enable=False, **_PLAIN)
jobs_tree = typer.Typer(help="Run, list and steer the jobs of an app.", **_PLAIN)
tree.add_typer(jobs_tree, name="jobs")


def main() -> None:
    """The console script."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")  # a terminal that cannot show a letter is no reason to fail
    tree()


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version  # noqa: PLC0415 -- rarely asked for

        typer.echo(f"fastapi-convert {version('fastapi-convert')}")
        raise typer.Exit


@tree.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Serve the synchronous Python you already have from FastAPI."""


@tree.command("scan")
def _scan(
    *,
    paths: Annotated[
        list[str] | None, typer.Argument(metavar="PATH", help="Files and folders; else as pyproject.toml says.")
    ] = None,
    format_: Annotated[str, typer.Option("--format", metavar="text|json|sarif|github", help="How to report.")] = "text",
    level: Annotated[
        str | None,
        typer.Option(metavar="error|warn|all", help="warn: also what only some implementations do. all: also noise."),
    ] = None,
    select: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Only these, such as FC102,FC103.")] = None,
    ignore: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Not these.")] = None,
    exclude: Annotated[
        list[str] | None, typer.Option(metavar="GLOB", help="Paths that are not read, such as 'tests/**'.")
    ] = None,
    baseline: Annotated[str | None, typer.Option(metavar="FILE", help="Known findings, not reported again.")] = None,
    update_baseline: Annotated[
        bool, typer.Option("--update-baseline", help="Write that file with what there is now.")
    ] = False,
    exit_zero: Annotated[bool, typer.Option("--exit-zero", help="Exit 0 also when there are findings.")] = False,
    no_cache: Annotated[bool, typer.Option("--no-cache", help="Read every file anew, keep nothing.")] = False,
    cache_dir: Annotated[str | None, typer.Option(metavar="DIR", help="Where to keep what was read.")] = None,
    processes: Annotated[int | None, typer.Option(metavar="N", help="How many read at once; else one a core.")] = None,
    output: Annotated[str | None, typer.Option(metavar="FILE", help="Write the report there.")] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="CODE", help="Tell why a code matters and what to do, and scan nothing.")
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Only findings: no summary, warnings or progress.")
    ] = False,
) -> None:
    """Find every blocking call that async code can reach. Exits 0 clean, 1 findings, 2 cannot run."""
    from fastapi_convert.scan import _command  # noqa: PLC0415

    options = _command.Options(
        paths=paths or (),
        format=format_,
        level=level,
        select=select or (),
        ignore=ignore or (),
        exclude=exclude or (),
        baseline=baseline,
        update_baseline=update_baseline,
        exit_zero=exit_zero,
        cache=not no_cache,
        cache_dir=cache_dir,
        processes=processes,
        output=output,
        explain=explain,
        quiet=quiet,
    )
    raise typer.Exit(_command.run(options, _ScanDisplay()))


class _ScanDisplay:
    """Colours on a terminal, and a bar if the scan takes its time. Into a pipe: plain text."""

    def show(self, lines: Iterable[Line]) -> None:
        from fastapi_convert.scan._command import PlainDisplay  # noqa: PLC0415

        console = Console(highlight=False, soft_wrap=True)
        if not console.is_terminal:
            PlainDisplay().show(lines)
            return
        for line in lines:  # as text: brackets in a name are no markup
            console.print(Text.assemble(*((text, _STYLES.get(style, "")) for text, style in line)))

    @contextmanager
    def progress(self) -> Iterator[OnProgress | None]:
        console = Console(stderr=True)
        if not console.is_terminal:
            yield None
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn  # noqa: PLC0415 -- slow to load

        columns = (TextColumn("Reading files"), BarColumn(), MofNCompleteColumn())
        bar = Progress(*columns, console=console, transient=True)
        task, since = bar.add_task("", total=None), time.monotonic()

        def on_progress(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)
            if time.monotonic() - since > _PATIENCE:
                bar.start()

        try:
            yield on_progress
        finally:
            bar.stop()


@tree.command("mapping")
def _mapping(
    format_: Annotated[
        str, typer.Option("--format", metavar="table|json|markdown", help="Into a pipe, a table is rows with tabs.")
    ] = "table",
    search: Annotated[str, typer.Option(metavar="TEXT", help="Only rows that say so, such as requests.")] = "",
    code: Annotated[list[str] | None, typer.Option(metavar="CODES", help="Only these, such as FC102,FC103.")] = None,
) -> None:
    """Print the table that the scan finds by: what blocks, and what to use instead."""
    from fastapi_convert.scan import _rows  # noqa: PLC0415
    from fastapi_convert.scan._command import complain  # noqa: PLC0415
    from fastapi_convert.scan.errors import ScanError  # noqa: PLC0415

    try:
        found = _rows.printed(format_, search, code or ())
    except ScanError as error:
        complain(str(error))
        raise typer.Exit(2) from None
    if isinstance(found, str):
        typer.echo(found, nl=False)
    else:
        _print_table(_rows.COLUMNS, found)


@jobs_tree.command("worker")
def _worker(
    app: App,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Jobs at once; by default what the Jobs says, at least 1.")
    ] = None,
    queues: Annotated[str | None, typer.Option(help="Only jobs of these queues, such as default,video.")] = None,
) -> None:
    """Run jobs until SIGTERM or Ctrl-C, then let those that run end. A second Ctrl-C ends at once."""
    with _jobs_of(app) as jobs:
        import logging  # noqa: PLC0415 -- for this command only

        import anyio  # noqa: PLC0415

        from fastapi_convert.jobs import _commands  # noqa: PLC0415

        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
        anyio.run(_commands.work, jobs, workers, queues, typer.echo)


@jobs_tree.command("list")
def _list(
    app: App,
    status: Annotated[str | None, typer.Option(help="Only jobs that are queued, running, failed ...")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 50,
    as_json: AsJson = False,
) -> None:
    """List jobs of all owners, the newest first. Into a pipe: a job a line, separated by tabs."""
    with _jobs_of(app) as jobs:
        from fastapi_convert.jobs import _commands, _views  # noqa: PLC0415

        records = _commands.latest(jobs, status, limit)
        if as_json:
            typer.echo(_views.dump([_views.data(record) for record in records]))
        else:
            _print_table(_views.COLUMNS, [_views.row(record) for record in records])


@jobs_tree.command("show")
def _show(
    app: App,
    job_id: Id,
    payload: Annotated[bool, typer.Option("--payload", help="Show the arguments too.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show all about one job: owner, attempts, reason, traceback and events; arguments only if asked for."""
    with _jobs_of(app) as jobs:
        from fastapi_convert.jobs import _commands, _views  # noqa: PLC0415

        found = _commands.one(jobs, job_id, payload=payload)
        typer.echo(_views.dump(_views.all_data(*found)) if as_json else "\n".join(_views.details(*found)))


@jobs_tree.command("cancel")
def _cancel(app: App, job_ids: Ids) -> None:
    """Cancel jobs: those that wait at once, those that run as their executor can."""
    with _jobs_of(app) as jobs:
        from fastapi_convert.jobs import _commands  # noqa: PLC0415

        _for_each(jobs, job_ids, _commands.cancel)


@jobs_tree.command("retry")
def _retry(app: App, job_ids: Ids) -> None:
    """Queue failed or cancelled jobs again."""
    with _jobs_of(app) as jobs:
        from fastapi_convert.jobs import _commands  # noqa: PLC0415

        _for_each(jobs, job_ids, _commands.retry)


def _for_each(jobs: Jobs, job_ids: list[str], act: Callable[[Jobs, str], str]) -> None:
    from fastapi_convert.jobs import _commands  # noqa: PLC0415

    problems = False
    for job_id, status, problem in _commands.for_each(jobs, job_ids, act):
        problems |= bool(problem)
        if problem:
            _complain(problem)
        else:
            typer.echo(f"{job_id}\t{status}")
    raise typer.Exit(int(problems))


@contextmanager
def _jobs_of(app: str) -> Iterator[Jobs]:
    """The `Jobs` of APP; what our own errors say is one line: 2 if it was typed wrong, 1 for all else."""
    from fastapi_convert.errors import ConvertError  # noqa: PLC0415
    from fastapi_convert.jobs import _commands  # noqa: PLC0415

    try:
        yield _commands.find_jobs(app)
    except ConvertError as error:
        _complain(str(error))
        raise typer.Exit(2 if isinstance(error, _commands.UsageError) else 1) from None


def _complain(text: str) -> None:
    from fastapi_convert.jobs.work._texts import one_line  # noqa: PLC0415

    typer.echo(one_line(text), err=True)


def _print_table(columns: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    if not sys.stdout.isatty():
        sys.stdout.writelines("\t".join(row) + "\n" for row in rows)
        return
    table = Table(*columns, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))  # as text: brackets in a name are no markup
    Console().print(table)


if __name__ == "__main__":
    main()

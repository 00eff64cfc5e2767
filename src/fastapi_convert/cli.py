"""`fastapi-convert`, the command line. A thin tree: what a command does is in its room, imported when it is called."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated, Any

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

__all__ = ("main",)

App = Annotated[
    str, typer.Argument(metavar="APP", help="module:attribute of a Jobs, or of the FastAPI app beside the only one.")
]
Id = Annotated[str, typer.Argument(metavar="ID", help="The job's id.")]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Ids of jobs.")]
AsJson = Annotated[bool, typer.Option("--json", help="JSON, with all that is known.")]

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

"""`python -m fastapi_convert.scan`: the command where neither typer nor rich is installed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from ._command import FORMATS, Options, PlainDisplay, run
from .findings import LEVELS

__all__ = ("main", "parser")


def main(arguments: Sequence[str] | None = None) -> int:
    """Scan as the arguments say, and return the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if reconfigure := getattr(stream, "reconfigure", None):
            reconfigure(errors="backslashreplace")  # a terminal that cannot show a letter is no reason to fail
    return run(Options(**vars(parser().parse_args(arguments))), PlainDisplay())


def parser() -> argparse.ArgumentParser:
    """The same options as `fastapi-convert scan` has."""
    made = argparse.ArgumentParser(
        prog="python -m fastapi_convert.scan",
        description="Find every blocking call that async code can reach. Exits 0 clean, 1 findings, 2 cannot run.",
    )
    add = made.add_argument
    add("paths", metavar="PATH", nargs="*", help="files and folders; by default as pyproject.toml says")
    add("--format", default="text", metavar="|".join(FORMATS), help="how to report")
    add("--level", metavar="|".join(LEVELS), help="warn: also what only some implementations do; all: also noise")
    _add_choices(made)
    _add_output(made)
    return made


def _add_choices(made: argparse.ArgumentParser) -> None:
    add = made.add_argument
    add("--select", action="append", default=[], metavar="CODES", help="only these, such as FC102,FC103")
    add("--ignore", action="append", default=[], metavar="CODES", help="not these")
    add("--exclude", action="append", default=[], metavar="GLOB", help="paths that are not read, such as 'tests/**'")
    add("--baseline", metavar="FILE", help="known findings, not reported again")
    add("--update-baseline", action="store_true", help="write that file with what there is now")
    add("--exit-zero", action="store_true", help="exit 0 also when there are findings")


def _add_output(made: argparse.ArgumentParser) -> None:
    add = made.add_argument
    add("--no-cache", dest="cache", action="store_false", help="read every file anew, keep nothing")
    add("--cache-dir", metavar="DIR", help="where to keep what was read")
    add("--processes", type=int, metavar="N", help="how many read at once; by default one a core")
    add("--output", metavar="FILE", help="write the report there")
    add("--explain", metavar="CODE", help="tell why a code matters and what to do, and scan nothing")
    add("-q", "--quiet", action="store_true", help="only findings: no summary, warnings or progress")


if __name__ == "__main__":
    sys.exit(main())

"""Ways from an async function to a blocking call, all of which a scan follows."""

from __future__ import annotations

from pathlib import Path

from tests.scan.probe import Probe, check, probes


@probes("mechanisms/modules.md")
def test_calls_are_followed_through_modules(probe: Probe, tmp_path: Path) -> None:
    """Imports of every form, re-exports, circles, source folders."""
    check(probe, tmp_path)


@probes("mechanisms/classes.md")
def test_calls_are_followed_through_objects(probe: Probe, tmp_path: Path) -> None:
    """Attributes, inheritance, properties, construction, singletons."""
    check(probe, tmp_path)


@probes("mechanisms/protocols.md")
def test_what_python_calls_by_itself_is_followed(probe: Probe, tmp_path: Path) -> None:
    """Iteration, `with`, operators, descriptors, decorators."""
    check(probe, tmp_path)


@probes("mechanisms/functions.md")
def test_functions_are_followed_as_values(probe: Probe, tmp_path: Path) -> None:
    """Lambdas, partials, tables of handlers, callbacks, closures."""
    check(probe, tmp_path)


@probes("mechanisms/fastapi.md")
def test_everything_of_fastapi_that_runs_on_the_loop_is_looked_at(probe: Probe, tmp_path: Path) -> None:
    """Routes, dependencies, middleware, lifespans, websockets, handlers, state."""
    check(probe, tmp_path)


@probes("mechanisms/types.md")
def test_the_type_of_a_value_is_known(probe: Probe, tmp_path: Path) -> None:
    """From annotations, from what is assigned, returned, unpacked and narrowed."""
    check(probe, tmp_path)

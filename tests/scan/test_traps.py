"""Code that looks as if it blocked the loop and does not: a finding there costs the reader's trust."""

from __future__ import annotations

from pathlib import Path

from tests.scan.probe import Probe, check, probes


@probes("traps/threads.md")
def test_what_runs_in_a_thread_is_not_reported(probe: Probe, tmp_path: Path) -> None:
    """Whoever starts the thread: asyncio, anyio, Starlette, an executor, the project itself."""
    check(probe, tmp_path)


@probes("traps/ours.md")
def test_what_this_library_offloads_is_not_reported(probe: Probe, tmp_path: Path) -> None:
    """Offloaded functions, pools, jobs, endpoints, uploads."""
    check(probe, tmp_path)


@probes("traps/framework.md")
def test_what_the_framework_runs_in_a_thread_is_not_reported(probe: Probe, tmp_path: Path) -> None:
    """Plain endpoints, dependencies, background tasks, handlers, generators of responses."""
    check(probe, tmp_path)


@probes("traps/dead.md")
def test_code_that_is_not_run_is_not_reported(probe: Probe, tmp_path: Path) -> None:
    """Dead branches, functions that nobody calls, text."""
    check(probe, tmp_path)


@probes("traps/lookalikes.md")
def test_names_that_only_look_like_blocking_ones_are_not_reported(probe: Probe, tmp_path: Path) -> None:
    """Parameters, own functions, own modules, async twins, calls that do not wait."""
    check(probe, tmp_path)

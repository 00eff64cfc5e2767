"""Which event loops a test runs on, and the two markers that choose."""

import asyncio
import os
import re
from pathlib import Path

import pytest
import sniffio

ROOT = Path(__file__).parents[2]


def _running() -> str:
    if sniffio.current_async_library() == "trio":
        return "trio"
    return type(asyncio.get_running_loop()).__module__.split(".")[0]


def test_an_async_test_runs_on_three_loops_and_a_marker_leaves_some_out(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Seen in a run of its own, by the loops that really ran."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]))
    pytester.makeini("[pytest]\nanyio_mode = auto\nmarkers =\n    asyncio_only\n    one_backend\n")
    pytester.makeconftest("from tests.support.backends import *")
    pytester.makepyfile(
        """
        import pytest
        from tests.support_tests.test_backends import _running as running

        async def test_all(): print("all on", running())

        @pytest.mark.asyncio_only
        async def test_two(): print("two on", running())

        @pytest.mark.one_backend
        async def test_one(): print("one on", running())

        def test_none(): print("none")
        """
    )
    result = pytester.runpytest_subprocess("-s", "-p", "no:asyncio", "-p", "no:randomly")
    result.assert_outcomes(passed=7)
    ran = re.findall(r"(?:all|two|one) on \w+", result.stdout.str())
    assert sorted(ran) == [
        "all on asyncio",
        "all on trio",
        "all on uvloop",
        "one on asyncio",
        "two on asyncio",
        "two on uvloop",
    ]


@pytest.mark.asyncio_only
async def test_the_marker_works_in_this_run_too() -> None:
    """The house's own configuration loads what the run above tried."""
    assert _running() in {"asyncio", "uvloop"}

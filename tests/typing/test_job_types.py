"""What type checkers see of jobs: mypy runs over this file, and the assertions hold at run time too."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, assert_type

import anyio
import pytest
from fastapi import UploadFile
from pydantic import ValidationError

from fastapi_convert.jobs import Job, JobEvent, JobFunction, Jobs, JobState, JobStatus, Progress
from fastapi_convert.uploads import Upload

jobs = Jobs("types.db")
SILENT = Progress()


@jobs.job(executor="thread", timeout=None, retries=3)
def report(customer: str, months: int = 12, *, progress: Progress = SILENT) -> dict[str, float]:
    """A report."""
    progress(1.0, customer)
    return {customer: float(months)}


@jobs.job()
async def fetch(key: int) -> list[str]:
    return [str(key)]


def pack(names: list[str]) -> Path:
    return Path(names[0])


packing = jobs.job(name="packing", executor="thread")(pack)


async def test_a_function_stays_the_function_that_it_was() -> None:
    """Parameters and result, called and as `sync`; a coroutine function gives a coroutine."""
    assert_type(report("ada", months=2), dict[str, float])
    assert_type(report.sync("ada"), dict[str, float])
    assert_type(await fetch(1), list[str])
    checked: Callable[[list[str]], Path] = packing
    assert checked(["a"]) == Path("a")


@pytest.mark.one_backend
async def test_a_submission_has_the_type_of_the_result() -> None:
    """Through `submit`, `submit_sync`, `options` and every method of the job."""
    with jobs.testing("inline"):
        async with jobs.lifespan():
            job = await report.submit("ada", months=1)
            assert_type(job, Job[dict[str, float]])
            assert_type(await job.result(timeout="20s"), dict[str, float])
            assert_type(await job.status(), JobStatus)
            assert_type(job.id, str)
            async for event in job.events():
                assert_type(event, JobEvent)
            chosen = await report.options(key="k", delay=0, priority=1, owner="ada").submit("ada")
            assert_type(chosen, Job[dict[str, float]])
            assert_type((await chosen.status()).status, JobState)
            assert_type(jobs.get(job.id), Job[Any])
    with jobs.testing("captured"):
        waiting = await anyio.to_thread.run_sync(report.submit_sync, "ada")
        assert_type(waiting, Job[dict[str, float]])


@pytest.mark.one_backend
async def test_coroutine_functions_are_submitted_like_others() -> None:
    """The job's result is what is awaited, not the coroutine."""
    with jobs.testing("captured"):
        job = await fetch.submit(1)
        assert isinstance(job, Job)


def test_functions_have_a_type_of_their_own() -> None:
    """To pass them on."""
    kept: JobFunction[[list[str]], Path] = packing
    assert_type(kept.route, dict[str, Any])
    assert_type(kept.endpoint, Callable[..., Any])


@pytest.mark.one_backend
async def test_wrong_uses_are_found() -> None:
    """Each line is an error to mypy, which would complain about an unused comment; and at run time."""
    with jobs.testing("captured"):
        with pytest.raises(TypeError):
            await report.submit()  # type: ignore[call-arg]
        with pytest.raises(TypeError):
            await report.submit("ada", years=1)  # type: ignore[call-arg]
        with pytest.raises(ValidationError):
            await report.submit("ada", months="many")  # type: ignore[arg-type]
        with pytest.raises(TypeError):
            report.options(color="red")  # type: ignore[call-arg]
    with pytest.raises((TypeError, ValueError)):
        jobs.job(executor="fiber")(pack)  # type: ignore[arg-type]


def test_uploads_stand_for_paths_at_run_time_only(tmp_path: Path) -> None:
    """A type checker is told so by the caller: the function itself takes a `Path`, whatever `submit` accepts."""

    async def hand_over(file: Upload | UploadFile) -> Job[Path]:
        return await packing.submit(file)  # type: ignore[arg-type]

    assert hand_over.__name__ == "hand_over"

"""`Jobs` itself: what it refuses where it is made, what may be said of a submission, and what blocks no event loop."""

from __future__ import annotations

import asyncio
import functools
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio.to_thread
import pytest
from fastapi import Depends, Security

from fastapi_convert.errors import JobPayloadTooLarge
from fastapi_convert.jobs import Job, Jobs

SOMEBODY = UUID("12345678-1234-5678-1234-567812345678")


def shout(text: str) -> str:
    """Something short."""
    return text.upper()


def made(jobs: Jobs) -> Any:
    """The function, as a job that needs no process."""
    return jobs.job(executor="thread")(shout)


# What it is made with


@pytest.mark.parametrize(
    "option, value, error, message",
    [
        ("workers", -1, ValueError, "workers of Jobs is 0 or more, not -1"),
        ("workers", True, TypeError, "workers of Jobs is a whole number, not True"),
        ("workers", "4", TypeError, "workers of Jobs is a whole number, not '4'"),
        ("workers", None, TypeError, "workers of Jobs is a whole number, not None"),
        ("owner", 5, TypeError, "owner of Jobs is a FastAPI dependency, such as a function"),
        ("owner", "ada", TypeError, "owner of Jobs is a FastAPI dependency, such as a function"),
        ("durability", "none", ValueError, "durability is 'power' or 'process', not 'none'"),
        ("max_queued", 0, ValueError, "max_queued of Jobs is 1 or more, not 0"),
        ("max_queued", "9", TypeError, "max_queued of Jobs is a whole number, not '9'"),
        ("keep", "a day", ValueError, "keep of Jobs is a number of seconds above 0"),
        ("keep", 0, ValueError, "keep of Jobs is a number of seconds above 0"),
        ("grace", -1, ValueError, "grace of Jobs is a number of seconds above 0"),
        ("max_upload", "big", ValueError, "max_upload of Jobs is a number of bytes"),
        ("max_upload", 0, ValueError, "max_upload of Jobs is 1 byte or more, not 0"),
        ("errors", LookupError, TypeError, "errors of Jobs is an Errors, or a dict"),
        ("errors", {LookupError: 200}, ValueError, "LookupError is mapped to 200"),
    ],
    ids=str,
)
def test_an_option_that_cannot_be_is_refused_at_once(
    option: str, value: Any, error: type[Exception], message: str
) -> None:
    """By its name, where the author still looks, and not at the first request."""
    with pytest.raises(error, match=f"^{message}"):
        Jobs("never.db", **{option: value})


@pytest.mark.parametrize("owner", [shout, Depends(shout), Security(shout), functools.partial(shout, "x"), None])
def test_an_owner_is_what_fastapi_takes_for_a_dependency(owner: Any) -> None:
    """A function, or one that is wrapped already."""
    assert Jobs("never.db", owner=owner).owner is owner


@pytest.mark.parametrize("path", [":memory:", "", ".", "..", "/"])
def test_a_path_that_is_no_file_is_refused(path: str) -> None:
    """With what to use in a test."""
    for each in (path, Path(path)):
        with pytest.raises(ValueError, match=r"^path of Jobs is a file on a disk, .* use jobs\.testing\(\)\.$"):
            Jobs(each)


def test_what_a_function_says_about_errors_is_checked() -> None:
    """By the name of the option."""
    with pytest.raises(TypeError, match=r"^errors of @jobs\.job\(\) is an Errors, or a dict"):
        Jobs("never.db").job(errors=[KeyError])(shout)  # type: ignore[arg-type]  # what is tested


@pytest.mark.parametrize("job_id", [5, None, SOMEBODY, b"x"], ids=repr)
def test_the_id_of_a_job_is_a_text(job_id: Any) -> None:
    """Not found would be no answer to a question that cannot be meant."""
    with pytest.raises(TypeError, match=r"^The id of a job is a str, such as job\.id, not "):
        Jobs("never.db").get(job_id)


# What is said of one submission


@pytest.mark.parametrize("owner, name", [("ada", "ada"), (7, "7"), (SOMEBODY, str(SOMEBODY)), (None, None)])
def test_an_owner_is_called_what_the_dependency_calls_it(owner: Any, name: str | None) -> None:
    """So that a job that Python submits for a user is shown to that user."""
    jobs = Jobs("never.db")
    function = made(jobs)
    with jobs.testing("captured") as test:
        job = function.options(owner=owner).submit_sync("hey")
        record = jobs.ledger.get(job.id)
        assert record is not None
        assert (record.owner, test.submitted[0].owner) == (name, name)


@pytest.mark.parametrize(
    "option, value, error, message",
    [
        ("owner", 1.5, TypeError, r"options\(owner=...\) was given a float, and an owner is a str, an int or a UUID"),
        ("owner", True, TypeError, r"options\(owner=...\) was given a bool, and an owner is"),
        ("owner", ["ada"], TypeError, r"options\(owner=...\) was given a list, .* give what identifies the user"),
        ("priority", "1", TypeError, r"priority of options\(\) is a whole number, not '1'"),
        ("priority", True, TypeError, r"priority of options\(\) is a whole number, not True"),
        ("priority", 2**63, ValueError, rf"priority of options\(\) is at most {2**63 - 1}"),
        ("priority", -(2**63) - 1, ValueError, r"priority of options\(\) is -9223372036854775808 or more"),
        ("key", 5, TypeError, r"key of options\(\) is a text, not 5"),
        ("delay", -1, ValueError, r"delay of options\(\) is a number of seconds above 0"),
        ("delay", "soon", ValueError, r"delay of options\(\) is a number of seconds above 0"),
    ],
    ids=str,
)
def test_what_cannot_be_said_of_a_submission_is_refused(
    option: str, value: Any, error: type[Exception], message: str
) -> None:
    """By the name of the option, before anything is submitted."""
    with pytest.raises(error, match=f"^{message}"):
        made(Jobs("never.db")).options(**{option: value})


@pytest.mark.parametrize("key", ["", " ", "two words", "x" * 256, "tab\t", "end\n", "é", "a\x7f"])
def test_a_key_is_what_the_header_may_be(key: str) -> None:
    """Else no client could ever send the same one."""
    with pytest.raises(ValueError, match=r"^key of options\(\) has 1 to 255 visible ASCII characters"):
        made(Jobs("never.db")).options(key=key)


def test_the_longest_key_and_the_greatest_priority_can_be_stored() -> None:
    """The bounds are those of the store."""
    jobs = Jobs("never.db")
    function = made(jobs)
    with jobs.testing("captured") as test:
        for priority in (2**63 - 1, -(2**63)):
            function.options(key="x" * 255, owner=priority, priority=priority).submit_sync("hey")
        assert [each.priority for each in test.submitted] == [2**63 - 1, -(2**63)]


def test_arguments_beyond_a_megabyte_are_told_as_what_they_are() -> None:
    """They are no upload; and the cure is one."""
    jobs = Jobs("never.db")
    function = made(jobs)
    with jobs.testing("captured") as test:
        with pytest.raises(JobPayloadTooLarge, match=r"Put the data into a file and pass its Path\.$"):
            function.submit_sync("x" * 1_000_000)
        assert test.submitted == []


# What blocks


BLOCKING = ["submit_sync", "status_sync", "cancel_sync", "retry_sync"]


def called(function: Any, job: Job[Any], name: str) -> None:
    """Call one of the methods that block."""
    if name == "submit_sync":
        function.submit_sync("hey")
    else:
        getattr(job, name)()


@pytest.mark.parametrize("name", [*BLOCKING, "result_sync"])
async def test_what_blocks_is_refused_on_an_event_loop(tmp_path: Path, name: str) -> None:
    """Each with what to await instead; on a worker thread of the same app it works."""
    jobs = Jobs(tmp_path / "jobs.db", workers=0, durability="process")
    function = made(jobs)
    async with jobs.lifespan():
        job = await function.submit("hey")
        what = "f.submit\\(...\\)" if name == "submit_sync" else f"job.{name.removesuffix('_sync')}\\(\\)"
        with pytest.raises(RuntimeError, match=f"^{name}\\(\\) would block this event loop: use `await {what}`\\.$"):
            called(function, job, name)
        assert (await jobs.stats()).queued == 1
        if name != "result_sync":  # which would wait for ever
            await anyio.to_thread.run_sync(called, function, job, name)


@pytest.mark.parametrize("name", BLOCKING)
async def test_a_test_may_block_its_own_loop(name: str) -> None:
    """Inside `jobs.testing()`, where the code that is tested may be synchronous."""
    jobs = Jobs("never.db")
    function = made(jobs)
    with jobs.testing("captured"):
        called(function, await function.submit("hey"), name)


def test_a_callback_of_the_loop_is_on_it_too(tmp_path: Path) -> None:
    """Though it runs in no task, which is where anyio would look for a loop."""
    function = made(Jobs(tmp_path / "jobs.db", workers=0, durability="process"))
    refused: list[str] = []

    def callback() -> None:
        try:
            function.submit_sync("hey")
        except RuntimeError as error:
            refused.append(str(error))

    async def main() -> None:
        asyncio.get_running_loop().call_soon(callback)
        await asyncio.sleep(0)

    asyncio.run(main())
    assert refused == ["submit_sync() would block this event loop: use `await f.submit(...)`."]


def test_what_blocks_works_where_no_loop_runs(tmp_path: Path) -> None:
    """In a script."""
    jobs = Jobs(tmp_path / "jobs.db", workers=0, durability="process")
    job = made(jobs).submit_sync("hey")
    assert job.status_sync().status == "queued"
    assert job.cancel_sync().status == "cancelled"
    assert job.retry_sync().status == "queued"

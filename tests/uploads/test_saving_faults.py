"""Saving when everything goes wrong: clients, disks, cancellations and processes end it wherever they can."""

from __future__ import annotations

import errno
import itertools
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.from_thread
import anyio.lowlevel
import pytest

from fastapi_convert import Pool
from fastapi_convert.errors import UploadAborted
from fastapi_convert.uploads.saving import sweep
from fastapi_convert.uploads.saving._atomic import save_stream
from tests.uploads.saving_support import OLD, each, framed, names_in, part_files, save, state_of, watch_calls

ROOT = Path(__file__).parents[2]
ROUNDS = int(os.environ.get("FC_KILL_ROUNDS", "10"))
NEW = framed(b"new" * 1000)
BATCHES = [[NEW[:100]], [NEW[100:200], NEW[200:500]], [NEW[500:]]]

exclusive_or_not = pytest.mark.parametrize("exclusive", [False, True], ids=["replace", "exclusive"])


@pytest.fixture
async def pool() -> AsyncIterator[Pool]:
    async with Pool("saving", threads=2) as pool:
        yield pool


def target_in(folder: Path, *, exclusive: bool) -> Path:
    """A target of which there is an old version, if it may be replaced."""
    target = folder / "file"
    target.unlink(missing_ok=True)
    if not exclusive:
        target.write_bytes(OLD)
    return target


def before_saving(*, exclusive: bool) -> str:
    return "absent" if exclusive else "old"


# The client


@exclusive_or_not
async def test_an_upload_that_breaks_off_leaves_nothing(tmp_path: Path, pool: Pool, exclusive: bool) -> None:
    """At every batch; the error is the one that was raised, and what was there stays."""
    for last in range(len(BATCHES) + 1):
        aborted = UploadAborted("the client has gone")

        async def batches(last: int = last, aborted: UploadAborted = aborted) -> AsyncIterator[list[bytes]]:
            for batch in BATCHES[:last]:
                yield batch
            raise aborted

        target = target_in(tmp_path, exclusive=exclusive)
        with pytest.raises(UploadAborted) as caught:
            await save_stream(batches(), target, pool=pool, exclusive=exclusive)
        assert caught.value is aborted
        assert state_of(target) == before_saving(exclusive=exclusive)
        assert part_files(tmp_path) == []


async def test_an_error_is_not_lost_to_a_cancellation_during_the_clean_up(tmp_path: Path, pool: Pool) -> None:
    """What went wrong first is what the caller hears of."""
    aborted = UploadAborted("the client has gone")

    async def batches() -> AsyncIterator[list[bytes]]:
        yield BATCHES[0]
        scope.cancel()
        raise aborted

    with anyio.CancelScope() as scope, pytest.raises(UploadAborted) as caught:
        await save_stream(batches(), tmp_path / "file", pool=pool)
    assert caught.value is aborted
    assert names_in(tmp_path) == []


@exclusive_or_not
async def test_cancelled_between_the_steps_it_leaves_nothing(tmp_path: Path, pool: Pool, exclusive: bool) -> None:
    """While the next batch is awaited, and just before each step."""
    for last, waits in itertools.product(range(len(BATCHES) + 1), [True, False]):
        with anyio.CancelScope() as scope:

            async def batches(
                last: int = last, waits: bool = waits, scope: anyio.CancelScope = scope
            ) -> AsyncGenerator[list[bytes], None]:
                for number, batch in enumerate([*BATCHES, []]):
                    if number == last:
                        scope.cancel()
                    if number == last and waits:
                        await anyio.sleep_forever()
                    yield batch

            target = target_in(tmp_path, exclusive=exclusive)
            async with aclosing(batches()) as source:
                await save_stream(source, target, pool=pool, exclusive=exclusive)
        assert scope.cancelled_caught
        assert state_of(target) == before_saving(exclusive=exclusive)
        assert part_files(tmp_path) == []


@exclusive_or_not
async def test_cancelled_in_any_system_call_it_leaves_all_or_nothing(
    tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch, exclusive: bool
) -> None:
    """The step that runs is seen through; if it is the commit, the file is complete."""
    token = anyio.lowlevel.current_token()
    outcomes: list[tuple[str, str]] = []
    for last in itertools.count(1):
        calls: list[str] = []
        with anyio.CancelScope() as scope, monkeypatch.context() as patch:

            def before(call: str, calls: list[str] = calls, last: int = last, scope: anyio.CancelScope = scope) -> None:
                calls.append(call)
                if len(calls) == last:
                    anyio.from_thread.run_sync(scope.cancel, token=token)

            target = target_in(tmp_path, exclusive=exclusive)
            watch_calls(before, patch.setattr)
            await save_stream(each(BATCHES), target, pool=pool, exclusive=exclusive)
        assert part_files(tmp_path) == []
        if len(calls) < last:
            break
        outcomes.append((calls[last - 1], state_of(target)))
    assert {"open", "flock", "write", "fsync", "link" if exclusive else "replace"} <= {call for call, _ in outcomes}
    assert {state for _, state in outcomes} == {before_saving(exclusive=exclusive), "whole"}
    assert [state for call, state in outcomes if call == "write"] == [before_saving(exclusive=exclusive)] * 3
    assert [state for call, state in outcomes if call in {"link", "replace"}] == ["whole"]


# The disk


@contextmanager
def failing(patch: pytest.MonkeyPatch, last: int, number: int) -> Iterator[list[str]]:
    """The call number `last` fails."""
    calls: list[str] = []

    def before(call: str) -> None:
        calls.append(call)
        if len(calls) == last:
            raise OSError(number, "injected")

    with patch.context() as inner:
        watch_calls(before, inner.setattr)
        yield calls


def outcome_of(target: Path, exclusive: bool) -> int:
    """The number of the error that a save raises, or 0."""
    try:
        save(target, NEW, exclusive=exclusive)
    except OSError as error:
        return error.errno or -1
    return 0


@exclusive_or_not
@pytest.mark.parametrize("number", [errno.EIO, errno.ENOSPC, errno.EACCES], ids=errno.errorcode.get)
def test_whichever_call_fails_it_is_told_and_leaves_all_or_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exclusive: bool, number: int
) -> None:
    """The first call fails, then the second, until none is left to fail."""
    outcomes: list[tuple[str, int, str]] = []
    for last in itertools.count(1):
        target = target_in(tmp_path, exclusive=exclusive)
        with failing(monkeypatch, last, number) as calls:
            raised = outcome_of(target, exclusive)
        if len(calls) < last:
            break
        failed = calls[last - 1]
        outcomes.append((failed, raised, state_of(target)))
        if failed == "unlink":  # what could not be removed is left to a sweeper
            assert len(sweep(tmp_path)) == 1
        assert part_files(tmp_path) == []
    told = {failed for failed, raised, _ in outcomes if raised}
    assert told == {"open", "fchmod", "stat", "write", "fsync", "link" if exclusive else "replace"}
    forgiven = {failed for failed, raised, state in outcomes if not raised}
    assert forgiven >= {"close", "flock"}
    assert {state for _, raised, state in outcomes if not raised} == {"whole"}
    unchanged = (number, before_saving(exclusive=exclusive))
    assert [outcome for failed, *outcome in outcomes if failed == "fsync"] == [[*unchanged], [number, "whole"]]
    assert all((raised, state) == unchanged for failed, raised, state in outcomes if raised and failed != "fsync")


async def test_whichever_call_fails_on_a_worker_nothing_is_left(
    tmp_path: Path, pool: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same by way of the pool."""
    for last in itertools.count(1):
        error, target = None, target_in(tmp_path, exclusive=False)
        with failing(monkeypatch, last, errno.EIO) as calls:
            try:
                await save_stream(each(BATCHES), target, pool=pool)
            except OSError as raised:
                error = raised.strerror
        assert part_files(tmp_path) == []
        if len(calls) < last:
            break
        replaced = error is None or "replace" in calls[: last - 1]
        assert (error, state_of(target)) == (error and "injected", "whole" if replaced else "old")


def test_a_full_disk_is_told_and_what_was_there_stays(tmp_path: Path) -> None:
    """A real one of 1 MiB where this process may mount it, and a real limit on the size of files elsewhere."""
    prefix = ["unshare", "--map-root-user", "--mount"]
    mount = ["sh", "-c", 'mount -t tmpfs -o size=1m none "$0" && exec "$@"', str(tmp_path)]
    may_mount = shutil.which("unshare") and _succeeds([*prefix, *mount, "true"])
    command = [*prefix, *mount] if may_mount else []
    first, second = _answers("outgrow", tmp_path, "" if may_mount else 1_000_000, prefix=command)
    assert first == {"errno": errno.ENOSPC if may_mount else errno.EFBIG, "target": "old", "names": ["file"]}
    assert second == {"target": "whole", "names": ["file"]}


def test_a_file_beyond_the_limit_of_the_process_is_told_and_leaves_nothing(tmp_path: Path) -> None:
    """EFBIG in the middle of a write."""
    first, second = _answers("outgrow", tmp_path, 1_000_000)
    assert first == {"errno": errno.EFBIG, "target": "old", "names": ["file"]}
    assert second == {"target": "whole", "names": ["file"]}


# The process


@exclusive_or_not
def test_killed_at_any_system_call_it_leaves_all_or_nothing_and_a_sweep_the_rest(
    tmp_path: Path, exclusive: bool
) -> None:
    """SIGKILL before the first call, before the second, until the save is done."""
    *killed, done = _answers("die_at_each_call", tmp_path, "exclusive" if exclusive else "")
    assert done["code"] == 0
    assert {found["code"] for found in killed} == {-9}
    states = [found["target"] for found in [*killed, done]]
    before = before_saving(exclusive=exclusive)
    assert states == sorted(states, key=[before, "whole"].index)
    assert set(states) == {before, "whole"}
    assert all(found["swept"] for found in killed)
    assert all(found["names"] == ([] if found["target"] == "absent" else ["file"]) for found in killed)


def test_killed_at_random_it_leaves_all_or_nothing_and_a_sweep_the_rest(tmp_path: Path) -> None:
    """Ten times; FC_KILL_ROUNDS sets another number."""
    seed = random.randrange(1 << 32)
    for found in _answers("die_at_random", tmp_path, ROUNDS, seed):
        assert found["code"] == -9, (seed, found)
        assert found["target"] in {"absent", "old", "whole"}, (seed, found)
        assert found["swept"], (seed, found)
        assert found["names"] == ([] if found["target"] == "absent" else ["file"]), (seed, found)


def test_a_part_file_is_safe_as_long_as_its_process_lives(tmp_path: Path) -> None:
    """A sweep from here takes it only from the dead."""
    with (
        _process("write_and_wait", tmp_path / "file") as first,
        _process("write_and_wait", tmp_path / "file") as second,
    ):
        for process in (first, second):
            assert _next(process) == {"writing": True}
        assert sweep(tmp_path) == []
        first.kill()
        first.wait()
        assert len(sweep(tmp_path)) == 1
        assert len(part_files(tmp_path)) == 1
        _tell(second)
        assert _next(second) == {"committed": True}
    assert state_of(tmp_path / "file") == "whole"
    assert names_in(tmp_path) == ["file"]


def test_of_two_processes_that_want_the_same_name_one_gets_it(tmp_path: Path) -> None:
    """Both were told that it was free; twenty times."""
    rounds = 20
    contents = {"a": framed(b"a" * 10_000), "b": framed(b"b" * 10_000)}
    with _process("race", tmp_path, rounds, "a") as first, _process("race", tmp_path, rounds, "b") as second:
        racers = {"a": first, "b": second}
        for number in range(rounds):
            assert [_next(process) for process in racers.values()] == [{"ready": number}] * 2
            for process in racers.values():
                _tell(process)
            (winner,) = [name for name, process in racers.items() if _next(process)["won"]]
            assert (tmp_path / str(number)).read_bytes() == contents[winner]
    assert part_files(tmp_path) == []


def test_a_forked_child_sweeps_for_itself_and_spares_its_parent(tmp_path: Path) -> None:
    """Having been in a folder is not inherited; the lock of a file that is being written is respected."""
    assert _answers("fork_and_sweep", tmp_path) == [{"left": 1, "dead_left": False, "names": ["child", "file"]}]


def _command(command: str, *arguments: object) -> list[str]:
    return [sys.executable, "-m", "tests.uploads.saving_processes", command, *map(str, arguments)]


def _succeeds(command: list[str]) -> bool:
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def _answers(command: str, *arguments: object, prefix: list[str] | None = None) -> list[dict[str, Any]]:
    full = [*(prefix or []), *_command(command, *arguments)]
    result = subprocess.run(full, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(line) for line in result.stdout.splitlines()]


@contextmanager
def _process(command: str, *arguments: object) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        _command(command, *arguments), cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process
            assert process.wait(20) in {0, -9}
        finally:
            process.kill()


def _next(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())  # type: ignore[no-any-return]  # an object, by our own protocol


def _tell(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()

"""Processes that save and come to grief: `python -m tests.uploads.saving_processes COMMAND ...`, answers as JSON lines.

They fork, so they have no thread of their own when they do.
"""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import json
import os
import random
import resource
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import anyio

from fastapi_convert import Pool
from fastapi_convert.errors import UploadExists
from fastapi_convert.uploads.saving import sweep
from fastapi_convert.uploads.saving._atomic import save_stream
from tests.uploads.saving_support import OLD, PART, framed, names_in, opened, part_files, save, state_of, watch_calls


def answer(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def start(body: Callable[[], None]) -> int:
    """Run `body` in a forked child; its process id."""
    if pid := os.fork():
        return pid
    code = 1
    try:
        body()
        code = 0
    finally:
        os._exit(code)


def find_after_death(target: Path) -> dict[str, Any]:
    """What a killed writer has left, and what is there after a sweep."""
    left, swept = part_files(target.parent), sweep(target.parent)
    return {
        "target": state_of(target),
        "swept": sorted(path.name for path in swept) == left,
        "names": names_in(target.parent),
    }


def die_at_each_call(folder: str, exclusive: str) -> None:
    """Save again and again, killed ahead of the first system call, then of the second, until none is left."""
    for number in itertools.count(1):
        target = Path(folder) / str(number) / "file"
        target.parent.mkdir()
        if not exclusive:
            target.write_bytes(OLD)
        pid = start(lambda number=number, target=target: save_until(number, target, bool(exclusive)))  # type: ignore[misc]  # bound now
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        answer(number=number, code=code, **find_after_death(target))
        if code != -signal.SIGKILL:
            return


def save_until(last: int, target: Path, exclusive: bool) -> None:
    calls = itertools.count(1)

    def before(_call: str) -> None:
        if next(calls) == last:
            os.kill(os.getpid(), signal.SIGKILL)

    watch_calls(before)
    save(target, framed(b"new" * 50_000), exclusive=exclusive, mode=0o440)


def die_at_random(folder: str, rounds: str, seed: str) -> None:
    """Save as an app does, in a pool and without end, killed after up to 30 ms."""
    chance = random.Random(int(seed))
    for number in range(int(rounds)):
        target = Path(folder) / str(number) / "file"
        target.parent.mkdir()
        if chance.random() < 0.5:
            target.write_bytes(OLD)
        reader, writer = os.pipe()
        pid = start(lambda writer=writer, target=target: anyio.run(save_for_ever, target, writer))  # type: ignore[misc]  # bound now
        os.close(writer)
        os.read(reader, 1)  # it has begun
        os.close(reader)
        time.sleep(chance.random() * 0.03)
        os.kill(pid, signal.SIGKILL)
        code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        answer(number=number, code=code, **find_after_death(target))


async def save_for_ever(target: Path, begun: int) -> None:
    async def batches() -> AsyncIterator[list[bytes]]:
        content = framed(random.randbytes(random.randrange(600_000)))
        for start in range(0, len(content), 1 << 17):
            yield [content[start : start + 1000], content[start + 1000 : start + (1 << 17)]]

    async with Pool("dying", threads=1) as pool:
        os.write(begun, b"!")
        while True:
            await save_stream(batches(), target, pool=pool, hasher=hashlib.new("sha256"))


def write_and_wait(target: str) -> None:
    """Begin a file, and commit it when a line comes; or be killed before."""
    file = opened(Path(target))
    file.write([framed(b"new")])
    answer(writing=True)
    sys.stdin.readline()
    file.commit()
    answer(committed=True)


def race(folder: str, rounds: str, content: str) -> None:
    """Several rounds for the same names as another process: ready, then commit when a line comes."""
    for number in range(int(rounds)):
        file = opened(Path(folder) / str(number), exclusive=True)
        file.write([framed(content.encode() * 10_000)])
        answer(ready=number)
        sys.stdin.readline()
        try:
            file.commit()
        except UploadExists:
            answer(won=False)
        else:
            answer(won=True)


def fork_and_sweep(folder: str) -> None:
    """A first save of the child sweeps what is dead, and not what its parent is writing."""
    target = Path(folder) / "file"
    file = opened(target)
    (target.parent / PART).touch()
    os.waitpid(start(lambda: save(target.with_name("child"), b"")), 0)
    left = part_files(target.parent)
    file.commit()
    answer(left=len(left), dead_left=PART in left, names=names_in(target.parent))


def outgrow(folder: str, limit: str) -> None:
    """Save what is too large for a disk, or for `limit` bytes where the disk is large, and then what is not."""
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # so that it is an error of the write
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    target, number = Path(folder) / "file", 0
    target.write_bytes(OLD)
    try:
        save(target, framed(b"x" * 2_000_000))
    except OSError as error:
        number = error.errno or 0
    answer(errno=number, target=state_of(target), names=names_in(target.parent))
    with contextlib.suppress(OSError):
        save(target, framed(b"x" * 500_000))
    answer(target=state_of(target), names=names_in(target.parent))


COMMANDS: dict[str, Callable[..., None]] = {
    command.__name__: command
    for command in (die_at_each_call, die_at_random, fork_and_sweep, outgrow, race, write_and_wait)
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])

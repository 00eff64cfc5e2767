"""An upload as a file that can seek, or that has a path, for as long as a block lasts."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Any, BinaryIO, cast

import anyio

from ._digest import Digest
from ._pools import step_pool

Batches = AsyncIterator[Sequence[bytes]]


@asynccontextmanager
async def seekable_file(batches: Batches, in_memory: int, digest: Digest | None) -> AsyncIterator[BinaryIO]:
    """All of `batches` in a temporary file, nameless and 0600; up to `in_memory` bytes stay in memory."""
    # Not a `with`: what it does on the way out belongs on a worker.
    file = tempfile.SpooledTemporaryFile(max_size=in_memory)  # noqa: SIM115
    async with _closing(file.close):
        await _write(batches, file.writelines, digest)
        await step_pool().run(file.seek, 0)
        yield cast("BinaryIO", file)


@asynccontextmanager
async def temporary_path(batches: Batches, suffix: str, digest: Digest | None) -> AsyncIterator[Path]:
    """All of `batches` in a temporary file, 0600, removed at the end of the block."""
    file = _NamedFile(suffix)
    async with _closing(file.remove):
        await step_pool().run(file.create)
        await _write(batches, file.write, digest)
        yield await step_pool().run(file.finish)


class _NamedFile:
    """A temporary file with a path. What `create` has begun when its caller is cancelled, `remove` ends."""

    def __init__(self, suffix: str) -> None:
        self._suffix = suffix
        self._file: Any = None

    def create(self) -> None:
        self._file = tempfile.NamedTemporaryFile(prefix="fc-upload-", suffix=self._suffix, delete=False)  # noqa: SIM115

    def write(self, chunks: Sequence[bytes]) -> None:
        self._file.writelines(chunks)

    def finish(self) -> Path:
        self._file.close()
        return Path(self._file.name)

    def remove(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            finally:
                Path(self._file.name).unlink(missing_ok=True)


async def _write(batches: Batches, write: Callable[[Sequence[bytes]], Any], digest: Digest | None) -> None:
    def step(batch: Sequence[bytes]) -> None:
        write(batch)
        if digest is not None:
            for chunk in batch:
                digest.update(chunk)

    async for batch in batches:
        await step_pool().run(step, batch)


@asynccontextmanager
async def _closing(close: Callable[[], None]) -> AsyncIterator[None]:
    """Call `close` on a worker at the end of the block, whatever ends it."""
    try:
        yield
    finally:
        with anyio.CancelScope(shield=True):
            await step_pool().call_exit(close, copy_context())

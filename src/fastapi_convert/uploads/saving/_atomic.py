"""Saving a stream so that the name of a file never stands for half of it."""

from __future__ import annotations

import errno
import stat
import threading
from collections.abc import AsyncIterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import copy_context
from pathlib import Path
from typing import Protocol

import anyio

from fastapi_convert.errors import UploadExists
from fastapi_convert.offloading import BasePool

from ._folder import Folder
from ._partfile import PART_NAME, PartFile, remove_dead_once
from ._saved import SavedFile

#: Bytes that are worth a system call of their own.
WORTH_A_CALL = 16 << 10


class Hasher(Protocol):
    """What `hashlib.new` gives."""

    def update(self, data: bytes, /) -> object: ...

    def hexdigest(self) -> str: ...


class AtomicFile:
    """A file that gets its name when it is complete, or never exists.

    Until then it is a part file in the folder of its target. The steps block: `open`, `write` as often as needed,
    then `commit`. A step that fails discards the file; `discard` does it after what failed between them. Each may
    run on another thread; they take turns, so that `discard` never closes a descriptor under a `write` that goes on
    because its caller could not wait for it.

    Args:
        path: The target. What bears its name is replaced; of a symbolic link the link, never what it points to.
        exclusive: Replace nothing, raise `UploadExists`. Needs a file system with hard links.
        fsync: Have the file on the disk before it gets its name, and the name too before `commit` returns.
        mode: The permissions of the finished file, whatever the umask. Until then only its owner may read it.
        hasher: Fed with what is written, on the thread that writes it.
    """

    def __init__(
        self,
        path: Path,
        *,
        exclusive: bool = False,
        fsync: bool = True,
        mode: int = 0o600,
        hasher: Hasher | None = None,
    ) -> None:
        self.path = path
        #: Whether there may be something to discard.
        self.live = False
        self._exclusive, self._fsync, self._mode, self._hasher = exclusive, fsync, mode, hasher
        self._turn = threading.Lock()
        self._part: PartFile | None = None
        self._size = 0

    def open(self) -> None:
        """Make the part file.

        Raises:
            FileNotFoundError: The folder does not exist.
            IsADirectoryError: The target is a folder.
            UploadExists: It exists, and `exclusive` was asked for: told now, not only when all has arrived.
            ValueError: It has a name of the kind that `sweep` removes.
            OSError: What else the file system says.
        """
        with self._turn:
            self.live = True
            try:
                self._part = self._make_part()
            finally:
                self.live = self._part is not None

    def _make_part(self) -> PartFile:
        folder = Folder(self.path.parent)
        try:
            remove_dead_once(folder)
            self._refuse_what_is_there(folder)
            return PartFile.create(folder)
        except BaseException:
            folder.close()
            raise

    def _refuse_what_is_there(self, folder: Folder) -> None:
        path, name = str(self.path), self.path.name or "."
        if PART_NAME.fullmatch(name):
            raise ValueError(f"{path!r} is named like a part file, and sweep() would remove it. Choose another name.")
        found = folder.stat(name)
        if found is not None and stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, "An upload cannot replace a folder: choose a name inside it", path)
        if found is not None and self._exclusive:
            raise self._exists()

    def _exists(self) -> UploadExists:
        return UploadExists(f"{str(self.path)!r} exists already. Choose another name, or save without exclusive=True.")

    @contextmanager
    def _step(self) -> Iterator[PartFile]:
        with self._turn:
            if self._part is None:
                raise ValueError(f"{str(self.path)!r} is not being written: it was never opened, or it has ended.")
            try:
                yield self._part
            except BaseException:
                self._part.remove()
                self._let_go()
                raise

    def _let_go(self) -> None:
        if self._part is not None:
            self._part.close()
            self._part.folder.close()
        self._part = None
        self.live = False

    def write(self, chunks: Sequence[bytes]) -> None:
        """Append the chunks."""
        # A sender can have the parser cut its data to single bytes, and each write costs a system call. Large chunks
        # are not joined: that would take as much memory again.
        size = sum(map(len, chunks))
        pieces = chunks if size >= len(chunks) * WORTH_A_CALL else [b"".join(chunks)]
        with self._step() as part:
            for piece in pieces:
                part.write(piece)
                if self._hasher is not None:
                    self._hasher.update(piece)
            self._size += size

    def commit(self) -> SavedFile:
        """Give the file its name.

        Raises:
            UploadExists: `exclusive` was asked for, and somebody else was quicker.
            OSError: What the file system says. The target is as it was, except when it is the very last step that
                fails, the fsync of the folder: then the file has its name, but a loss of power may take it away.
        """
        with self._step() as part:
            digest = None if self._hasher is None else self._hasher.hexdigest()
            part.finish(self._mode, fsync=self._fsync)
            try:
                part.publish(self.path.name, exclusive=self._exclusive)
            except FileExistsError as error:
                raise self._exists() from error
            if self._fsync:
                part.folder.fsync()
            self._let_go()
        return SavedFile(self.path, self._size, digest)

    def discard(self) -> None:
        """Leave nothing behind, in whatever state it is; may be called again. Raises nothing."""
        with self._turn:
            if self._part is not None:
                self._part.remove()
            self._let_go()


async def save_stream(
    batches: AsyncIterable[Sequence[bytes]],
    path: Path,
    *,
    pool: BasePool,
    exclusive: bool = False,
    fsync: bool = True,
    mode: int = 0o600,
    hasher: Hasher | None = None,
) -> SavedFile:
    """Save what `batches` gives, each step on a worker of `pool`. The options are those of `AtomicFile`.

    What ends it early passes unchanged, and nothing is left behind: an error of `batches`, of the disk or of the pool,
    or a cancellation. Cancelled while it commits, it leaves the complete file or none. `batches` is for its owner to
    close.
    """
    file = AtomicFile(path, exclusive=exclusive, fsync=fsync, mode=mode, hasher=hasher)
    try:
        await pool.run(file.open)
        async for batch in batches:
            await pool.run(file.write, batch)
        return await pool.run(file.commit)
    except GeneratorExit:  # the coroutine was closed, and may not wait: at most one step is in the way
        file.discard()
        raise
    except BaseException:
        if file.live:
            with anyio.CancelScope(shield=True):
                await pool.call_exit(file.discard, copy_context())
        raise

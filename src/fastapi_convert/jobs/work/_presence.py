"""`Presence`: who is alive on this machine, told by locks that the system itself takes away from the dead.

No clock is asked: a worker that was stopped for an hour is alive, one that was killed is dead at once.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from ._descriptors import Descriptor

#: Jobs that one worker can run at once.
MOST_PLACES = 4096

_ID = re.compile(r"[0-9]{1,10}-[0-9a-f]{16}", re.ASCII)
_JOB_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
# A power of two: no record lies across two pages, so that a kill never leaves half of one.
_RECORD = 64
_BLANK = b" " * (_RECORD - 1) + b"\n"
_LOCK, _NEW = ".lock", ".new"
# What bears a temporary name for longer, and is not locked, was left by a process that was killed in between.
_NEW_FOR = 60.0
# Each holds a descriptor until it is buried; the rest is found the next time.
_MOST_DEAD = 64


class Presence:
    """This worker's sign of life: a file that it holds a shared lock on until it ends, however it ends.

    A process that works for it holds one too (`share`): as long as that lives, the worker is not dead. Forked and
    executed children inherit neither the lock nor the file.

    Args:
        folder: Where the workers of a job store keep these files; it exists.

    Raises:
        OSError: The file cannot be made.
    """

    def __init__(self, folder: Path) -> None:
        self._lock = threading.Lock()
        #: Of its process, and 64 random bits: nobody gets the id of a dead one.
        self.id, self._file = _settle_in(folder)
        self.path = folder / f"{self.id}{_LOCK}"

    def begin(self, place: int, job_id: str) -> None:
        """Note that a job's function is about to be called: a few microseconds. It survives a kill of this process.

        Args:
            place: From 0; a worker has as many as it runs jobs at once. What was noted there before is replaced.
            job_id: 32 hexadecimal digits.

        Raises:
            ValueError: A place or an id that cannot be.
            OSError: The file system cannot take it.
        """
        if not _JOB_ID.fullmatch(job_id):
            raise ValueError(f"{job_id!r} is no id of a job: 32 hexadecimal digits are.")
        self._write(place, job_id.encode().ljust(_RECORD - 1) + b"\n")

    def finish(self, place: int) -> None:
        """Note that the job there has ended, and that this is recorded."""
        self._write(place, _BLANK)

    def _write(self, place: int, record: bytes) -> None:
        if not 0 <= place < MOST_PLACES:
            raise ValueError(
                f"A worker has places 0 to {MOST_PLACES - 1}, and no place {place}: run fewer jobs at once."
            )
        if self._file.fd < 0:  # closed, or a forked child's, where the lock may never come free
            return
        with self._lock:  # against a close() in between: the descriptor's number may be another file's then
            if self._file.fd >= 0:
                os.pwrite(self._file.fd, record, place * _RECORD)

    def close(self) -> None:
        """Say goodbye: nothing is left to be found. Twice is fine, and in a forked child it does nothing."""
        if self._file.fd < 0:
            return
        with self._lock:
            try:
                self.path.unlink(missing_ok=True)
            finally:
                self._file.close()


def _settle_in(folder: Path) -> tuple[str, Descriptor]:
    while True:
        worker_id = f"{os.getpid()}-{secrets.token_hex(8)}"
        new = folder / f"{worker_id}{_NEW}"
        file = Descriptor(new, os.O_RDWR | os.O_CREAT | os.O_EXCL)
        try:
            # The first places get their room on the disk now: a full one must not hinder a job that is to begin.
            os.write(file.fd, _BLANK * 64)
            # Whoever stands still for a minute in between is taken for left over, and begins anew.
            with suppress(FileNotFoundError):
                if file.lock(shared=True):
                    new.rename(folder / f"{worker_id}{_LOCK}")
                    return worker_id, file
        except BaseException:
            new.unlink(missing_ok=True)
            file.close()
            raise
        file.close()


def share(path: Path) -> Descriptor:
    """Keep the worker whose `Presence.path` this is alive for as long as the calling process has what is returned.

    Raises:
        OSError: The worker is gone already: do not work for it.
    """
    file = Descriptor(path, os.O_RDONLY)
    if file.lock(shared=True) and file.is_named(path):
        return file
    file.close()
    raise FileNotFoundError(f"The worker of {path.name} has ended, so nothing is to be done for it.")


@dataclass(frozen=True, slots=True)
class DeadWorker:
    """A worker that was killed. Nobody else finds it until this one lets go of it: `bury` it, or `leave` it."""

    id: str
    #: The jobs whose function may have been called.
    began: frozenset[str]
    path: Path
    _file: Descriptor = field(repr=False)

    def bury(self) -> None:
        """Remove its file: all that it was running has been seen to."""
        if self._file.fd >= 0:
            self.path.unlink(missing_ok=True)
            self._file.close()

    def leave(self) -> None:
        """Let another one find it."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.leave()


def dead(folder: Path) -> list[DeadWorker]:
    """The workers that are dead and not buried, at most 64 at a time. Blocks for as long as the file system takes.

    A worker is dead when neither it nor a process that works for it lives. Of several that look at once, only one is
    given it.
    """
    found: list[DeadWorker] = []
    with suppress(OSError):  # no such folder, or no descriptor left: there is a next time
        for path in folder.iterdir():
            if path.suffix == _NEW and _ID.fullmatch(path.stem):
                _remove_left_over(path)
            elif path.suffix == _LOCK and _ID.fullmatch(path.stem) and (file := _take(path)):
                found.append(DeadWorker(path.stem, _began(file), path, file))
                if len(found) == _MOST_DEAD:
                    break
    return found


def is_alive(folder: Path, worker_id: str) -> bool:
    """Whether a worker's file is there: it lives, or `dead` has yet to find it, and will know what it had begun.

    `False` for what no file tells of any more: buried, or ended in peace.
    """
    return _ID.fullmatch(worker_id) is not None and os.path.lexists(folder / f"{worker_id}{_LOCK}")


def _take(path: Path) -> Descriptor | None:
    """The file, locked, if nobody else has it."""
    try:
        file = Descriptor(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))  # a pipe in its place would block
    except OSError as error:
        if error.errno in {errno.EMFILE, errno.ENFILE}:
            raise
        return None  # gone meanwhile, or a link, or somebody else's
    if stat.S_ISREG(os.fstat(file.fd).st_mode) and file.lock(shared=False) and file.is_named(path):
        return file
    file.close()
    return None


def _began(file: Descriptor) -> frozenset[str]:
    text = os.pread(file.fd, MOST_PLACES * _RECORD, 0).decode("ascii", "replace")
    records = (text[start : start + _RECORD].strip(" \n") for start in range(0, len(text), _RECORD))
    return frozenset(record for record in records if _JOB_ID.fullmatch(record))


def _remove_left_over(path: Path) -> None:
    with suppress(OSError):
        if time.time() - path.lstat().st_mtime > _NEW_FOR and (file := _take(path)):
            path.unlink(missing_ok=True)
            file.close()

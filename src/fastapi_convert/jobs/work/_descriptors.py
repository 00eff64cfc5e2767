"""Descriptors that belong to this process alone: not to what it executes, and not to what it forks either.

A lock lasts for as long as anybody has a copy of its descriptor, and a pipe has a reader just as long. A forked child
that kept them would make a dead worker look alive.
"""

from __future__ import annotations

import importlib.util
import os
import threading
import weakref
from pathlib import Path

HAS_LOCKS = importlib.util.find_spec("fcntl") is not None

_NOT_SHARED = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NOFOLLOW", 0)

# Held while a descriptor is opened and noted, and during a fork: no child gets one that is not noted yet.
# Reentrant, because a signal handler or the collector may fork or open in the middle of either.
_turn = threading.RLock()
_open: weakref.WeakSet[Descriptor] = weakref.WeakSet()


class Descriptor:
    """An open file that forked and executed children do not have.

    Args:
        path: A symbolic link in its place is refused.
        flags: As for `os.open`.
    """

    def __init__(self, path: Path, flags: int) -> None:
        with _turn:
            #: Negative once it is closed, and in a forked child.
            self.fd = os.open(path, flags | _NOT_SHARED, 0o600)
            _open.add(self)

    def lock(self, *, shared: bool) -> bool:
        """Lock it until it is closed, unless somebody's lock is in the way. The system ends it with the process."""
        if not HAS_LOCKS:
            return shared  # nobody can tell who is dead, so nobody is
        import fcntl  # noqa: PLC0415 - not everywhere; guarded by HAS_LOCKS

        try:
            fcntl.flock(self.fd, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def is_named(self, path: Path) -> bool:
        """Whether the path stands for this very file, and not for a later one or for none."""
        try:
            return os.path.samestat(os.fstat(self.fd), path.lstat())
        except FileNotFoundError:
            return False

    def close(self) -> None:
        """Close it, here only. Twice is fine."""
        with _turn:
            fd, self.fd = self.fd, -1
            if fd >= 0:
                os.close(fd)


def _close_in_child() -> None:
    _turn.release()
    for descriptor in list(_open):
        descriptor.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_turn.acquire, after_in_parent=_turn.release, after_in_child=_close_in_child)

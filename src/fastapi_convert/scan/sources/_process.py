"""A process that turns the bytes of files into facts, seen from the parent."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from ._reading import Extracted
from ._worker import READY, receive, send

# `-I` and `-S`: nothing of the folder that we are in, of the environment or of site-packages may be imported, be it
# called `ast` or `sitecustomize`. Of our own package, only where the worker lies is told: the `__init__.py`s above it
# bring what it has no use for, and would double the time it takes to start.
_START: Final = """
import sys
from importlib.util import module_from_spec, spec_from_file_location
for name in ("fastapi_convert", "fastapi_convert.scan", "fastapi_convert.scan.sources"):
    folder = sys.argv.pop(1)
    spec = spec_from_file_location(name, folder + "/__init__.py", submodule_search_locations=[folder])
    sys.modules[name] = module_from_spec(spec)
from fastapi_convert.scan.sources._worker import main
main()
"""
_HERE: Final = Path(__file__).absolute().parent
_PACKAGES: Final = (str(_HERE.parents[1]), str(_HERE.parent), str(_HERE))


class ParserLost(Exception):
    """The process died, or was killed, while it had these files."""

    def __init__(self, *, overdue: bool) -> None:
        super().__init__(overdue)
        self.overdue = overdue


class ParserUnavailable(Exception):
    """No process can be started here."""


class ProcessParser:
    """Parses in a process of its own, which runs nothing but our worker. One thread at a time asks it.

    Raises:
        ParserUnavailable: There is no Python that could be started.
    """

    def __init__(self) -> None:
        if getattr(sys, "frozen", False) or not sys.executable:  # then the executable is the application, not Python
            raise ParserUnavailable
        command = [sys.executable, "-I", "-S", "-c", _START, *_PACKAGES]
        try:
            self._process = subprocess.Popen(  # noqa: S603 -- our own worker
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        except OSError as error:
            raise ParserUnavailable from error
        self._greeted = False
        #: Whether it was killed because it took too long.
        self.overdue = False
        #: Since when it has owed an answer, on the clock of `time.monotonic()`; `None` while it owes none.
        self.busy_since: float | None = None

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    def parse(self, chunk: Sequence[bytes]) -> list[Extracted]:
        """The facts of each.

        Raises:
            ParserLost: The process died; one of the files may be why.
            ParserUnavailable: It never came to work.
        """
        self.busy_since = time.monotonic()
        try:
            self._greet()
            return self._ask(chunk)
        finally:
            self.busy_since = None

    def _greet(self) -> None:
        assert self._process.stdout is not None
        try:
            self._greeted = self._greeted or receive(self._process.stdout) == READY
        except (EOFError, OSError, ValueError) as error:
            raise ParserUnavailable from error

    def _ask(self, chunk: Sequence[bytes]) -> list[Extracted]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        try:
            send(self._process.stdin, list(chunk))
            return [Extracted(*answer) for answer in receive(self._process.stdout)]
        except (EOFError, OSError, ValueError) as error:
            raise ParserLost(overdue=self.overdue) from error

    def kill(self) -> None:
        """End the process, from any thread: `parse` raises."""
        with contextlib.suppress(OSError):
            self._process.kill()

    def close(self) -> None:
        """End the process, wait for it, and close the pipes. It has nothing to lose."""
        self.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            assert stream is not None
            with contextlib.suppress(OSError):  # what was still to be written
                stream.close()

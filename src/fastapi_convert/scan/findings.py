"""What a scan says: findings, warnings and figures, as plain data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from fastapi_convert.mapping import Level

__all__ = ("LEVELS", "AsyncFunction", "BlockingCall", "Finding", "Level", "Report", "Stats", "Step", "Warned")

LEVELS: Final[tuple[Level, ...]] = ("error", "warn", "all")


@dataclass(frozen=True, slots=True, order=True)
class AsyncFunction:
    """The `async def` that blocks.

    Attributes:
        path: Relative to the scanned root, with `/` between folders.
        line: The line of its `async def`, 1-based; decorators are above it.
        name: Its qualified name in the module: `UserView.get`, `make.<locals>.inner`.
        route: "GET /users/{user_id}", "WEBSOCKET /ws", "middleware", "lifespan", "dependency" or "".
    """

    path: str
    line: int
    name: str
    route: str = ""


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One call on the way from the async function to the blocking call.

    Attributes:
        path: The file of the call, relative to the scanned root.
        line: The line of the call, 1-based.
        name: What is called there: a function of the project (`load_user`, `UserRepo.get`), at last the blocking name.
        column: The first character of the call, 1-based; 0 if it is not known.
    """

    path: str
    line: int
    name: str
    column: int = 0


@dataclass(frozen=True, slots=True, order=True)
class BlockingCall:
    """The call that blocks.

    Attributes:
        path: The file of the call, relative to the scanned root.
        line: Its line, 1-based.
        column: Its first character in the line, 1-based.
        call: The qualified name that the mapping knows: `requests.get`, `sqlalchemy.orm.Session.execute`.
    """

    path: str
    line: int
    column: int
    call: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One blocking call that one async function reaches.

    Attributes:
        code: The category's code, `FC102`.
        level: `error`; `warn` if only some implementations of what is called block, or only the first call; `all`
            for noise.
        message: One sentence: who blocks, how, through how many calls.
        replacement: What to write instead.
        async_function: The lowest `async def` above the blocking call.
        chain: The calls from the async function down to, and including, the blocking one.
        blocking: Where and what it is.
    """

    code: str
    level: Level
    message: str
    replacement: str
    async_function: AsyncFunction
    chain: tuple[Step, ...]
    blocking: BlockingCall

    @property
    def fingerprint(self) -> str:
        """What stays the same when lines move: for baselines and for SARIF."""
        top, blocking = self.async_function, self.blocking
        return f"{self.code}::{top.path}::{top.name}::{blocking.path}::{blocking.call}"


@dataclass(frozen=True, slots=True, order=True)
class Warned:
    """Something about a file that the reader should know: it could not be read, or a suppression is stale.

    Attributes:
        path: The file, relative to the scanned root.
        line: 1-based; 0 for the file as a whole.
        message: What happened, and what to do.
    """

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True)
class Stats:
    """The figures of a scan.

    Attributes:
        files: Files that were read, those included that only the imports of others led to.
        functions: Functions in them.
        async_functions: How many of those are `async def`.
        suppressed: Findings that a comment, the configuration or the baseline hid.
        cached: Files whose facts came out of the cache.
        seconds: How long the scan took.
    """

    files: int = 0
    functions: int = 0
    async_functions: int = 0
    suppressed: int = 0
    cached: int = 0
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Report:
    """All that a scan found, in the order of path and line.

    Attributes:
        findings: At the level that was asked for, without what is suppressed.
        warnings: Files that could not be read, stale suppressions; never a reason for exit code 1.
        stats: How much was looked at.
        root: The scanned root, that all paths are relative to; `None` for the current folder.
    """

    findings: tuple[Finding, ...] = ()
    warnings: tuple[Warned, ...] = ()
    stats: Stats = field(default_factory=Stats)
    root: Path | None = None

    @property
    def summary(self) -> dict[str, int]:
        """Findings per code, the most frequent first."""
        counted = Counter(finding.code for finding in self.findings)
        return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))

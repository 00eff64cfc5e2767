"""The development set: public applications, and what was judged by hand in each of them.

Their sources are not in this repository. `python -m benchmarks.scan.applications FOLDER | sh` gets them all.
"""

from __future__ import annotations

import json
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

DEVSET: Final = Path(__file__).with_name("devset")

#: The folder that an application's modules are imported from, where it is not the top of the repository.
_IMPORTED_FROM: Final = {"khoj": "src", "romm": "backend"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A blocking call that was judged: it blocks an async function, or only looks as if it did.

    Args:
        path: The file of the blocking call, as seen from the top of the repository.
        line: Its line.
        function_path: The file of the `async def`; empty if no async code reaches the call.
        function_line: Its line.
        function: Its name.
        hops: How many functions lie between; `None` for a look-alike.
    """

    path: str
    line: int
    function_path: str
    function_line: int
    function: str
    hops: int | None

    @property
    def key(self) -> str:
        """What names the entry where outcomes are recorded."""
        function = f"{self.function_path}:{self.function_line}" if self.function else "-"
        return f"{function} > {self.path}:{self.line}"


@dataclass(frozen=True, slots=True)
class Application:
    """One repository at one commit, and its entries."""

    name: str
    repository: str
    commit: str
    roots: tuple[str, ...]
    files: int
    entries: tuple[Entry, ...]

    @property
    def imported_from(self) -> str:
        """The folder, as seen from the top of the repository, that modules are imported from."""
        return _IMPORTED_FROM.get(self.name, ".")

    @property
    def direct(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.hops == 0]

    @property
    def indirect(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.hops]

    @property
    def lookalikes(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.hops is None]


def applications() -> list[Application]:
    """All of them, by name."""
    return [_application(path) for path in sorted(DEVSET.glob("*.json"), key=lambda path: path.stem.lower())]


def checkouts() -> dict[str, Path]:
    """The work trees in the folder that `BENCH_SCAN_APPS` names, by application; those that are there."""
    folder = os.environ.get("BENCH_SCAN_APPS")
    if not folder:
        return {}
    found = {app.name: Path(folder, app.name).resolve() for app in applications()}
    return {name: tree for name, tree in found.items() if tree.is_dir()}


def _application(path: Path) -> Application:
    data = json.loads(path.read_text(encoding="utf-8"))
    entries = [_entry(entry) for entry in (*data["positives"], *data["lookalikes"])]
    roots = tuple(data["roots"])
    return Application(path.stem, data["repository"], data["commit"], roots, data["files"], tuple(entries))


def _entry(data: dict[str, Any]) -> Entry:
    function = data["async_function"] or {"path": "", "line": 0, "name": ""}
    blocking = data["blocking"]
    called = (blocking["path"], blocking["line"])
    return Entry(*called, function["path"], function["line"], function["name"], data.get("hops"))


def _commands(app: Application, folder: Path) -> list[str]:
    # Only the commit that was judged: some of these repositories have a history of gigabytes.
    tree = shlex.quote(str(folder / app.name))
    return [
        f"git init --quiet {tree}",
        f"git -C {tree} fetch --quiet --depth 1 https://github.com/{app.repository} {app.commit}",
        f"git -C {tree} checkout --quiet FETCH_HEAD",
    ]


def main(folder: Path) -> None:
    """Print the commands that put every application into a folder."""
    for app in applications():
        print(*_commands(app, folder), sep="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Say where the checkouts shall lie: python -m benchmarks.scan.applications FOLDER | sh")
    main(Path(sys.argv[1]))

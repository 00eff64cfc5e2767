"""The others: how each is found, called and read. They need not be installed where this runs."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import distributions
from pathlib import Path
from typing import Final

from benchmarks.common.comparison import OURS
from benchmarks.scan import outputs
from benchmarks.scan.matching import Reported

RUFF, FLAKE8, HYDROID, BLOCKPATH = "ruff", "flake8-async", "hydroid", "blockpath"
HYDROID_WITH_DEPENDENCIES = "hydroid, dependencies installed"


@dataclass(frozen=True, slots=True)
class Target:
    """What is to be looked at: a tree, the parts of it that matter, the folder that modules are imported from."""

    name: str
    tree: Path
    roots: tuple[str, ...] = (".",)
    imported_from: str = "."


@dataclass(frozen=True, slots=True)
class Tool:
    """One of the others.

    Args:
        distribution: The package that it comes in.
        executable: The name of its command.
        arguments: What follows that, for an environment to look for libraries in.
        parse: Reads what it prints.
        follows_calls: It takes a whole program, and is called where its modules are imported from.
        takes_files: It wants every file by name.
    """

    name: str
    distribution: str
    executable: str
    arguments: tuple[str, ...]
    parse: Callable[[str], Iterable[Reported]]
    follows_calls: bool = False
    takes_files: bool = False

    def path(self) -> Path | None:
        """Its command, in the environment that `BENCH_SCAN_TOOLS` names, or else on the path."""
        environment = os.environ.get("BENCH_SCAN_TOOLS")
        found = shutil.which(self.executable, path=str(Path(environment, "bin")) if environment else None)
        return Path(found) if found else None

    def able(self, name: str, /) -> bool:
        """Whether it can look at an application, or at the probes: one of them wants their libraries."""
        return self._environment(name).is_dir()

    def _environment(self, name: str) -> Path:
        if self.name == HYDROID_WITH_DEPENDENCIES:
            return Path(os.environ["BENCH_SCAN_DEPS"], name).resolve()
        path = self.path()
        assert path is not None
        return path.resolve().parents[1]  # where the tools are installed there is no library of any application

    def version(self) -> str:
        """That of its package, beside its command."""
        command = self.path()
        assert command is not None
        folders = [str(path) for path in command.resolve().parents[1].glob("lib/python*/site-packages")]
        versions = (found.version for found in distributions(name=self.distribution, path=folders))
        return next(versions, "unknown")

    def shown(self) -> str:
        """The command as the page shows it."""
        return " ".join([self.executable, *self.arguments, "FILES" if self.takes_files else "."])

    def command(self, target: Target) -> list[str]:
        path = self.path()
        assert path is not None
        environment = self._environment(target.name)
        arguments = [argument.format(environment=environment) for argument in self.arguments]
        # Who follows calls is run where modules are imported from, and takes all that is there.
        what = _files(target) if self.takes_files else ["."] if self.follows_calls else target.roots
        return [str(path), *arguments, *what]

    def run(self, target: Target, timeout: float, /) -> list[Reported] | None:
        """All that it says about a target, with paths as seen from the top of the tree; `None` if it gave up."""
        where = target.tree / target.imported_from if self.follows_calls else target.tree
        try:
            done = subprocess.run(
                self.command(target), cwd=where, capture_output=True, text=True, timeout=timeout, check=False
            )
        except subprocess.TimeoutExpired:
            return None
        if done.returncode not in {0, 1}:
            raise RuntimeError(f"{self.name} ended with {done.returncode} in {target.tree.name}: {done.stderr[-500:]}")
        prefix = f"{target.imported_from}/" if self.follows_calls and target.imported_from != "." else ""
        return [report.moved(prefix) for report in self.parse(done.stdout)]


def _files(target: Target) -> list[str]:
    found = (path for root in target.roots for path in sorted((target.tree / root).rglob("*.py")))
    return [path.relative_to(target.tree).as_posix() for path in found]


# Every option that could hide something is off: what the projects have silenced, what is off by default.
_RUFF = ("check", "--isolated", "--no-cache", "--select", "ASYNC2", "--preview", "--ignore-noqa")
_HYDROID = ("--no-cache", "--cpu", "--format", "json", "--python", "{environment}")

TOOLS: Final[Sequence[Tool]] = (
    Tool(RUFF, "ruff", "ruff", (*_RUFF, "--output-format", "concise"), outputs.lint),
    Tool(FLAKE8, FLAKE8, "flake8-async", ("--enable", "ASYNC2", "--disable-noqa"), outputs.lint, takes_files=True),
    Tool(HYDROID, "hydroid-cli", "hydroid", _HYDROID, outputs.hydroid, follows_calls=True),
    Tool(HYDROID_WITH_DEPENDENCIES, "hydroid-cli", "hydroid", _HYDROID, outputs.hydroid, follows_calls=True),
    Tool(
        BLOCKPATH,
        BLOCKPATH,
        "blockpath",
        ("check", "--no-config", "--tier", "error", "--tier", "warning", "--json"),
        outputs.blockpath,
        follows_calls=True,
    ),
)

#: In the order in which tables show them.
EVERYBODY: Final = (*(tool.name for tool in TOOLS), OURS)


def installed() -> list[Tool]:
    """Those that can be run here."""
    dependencies = bool(os.environ.get("BENCH_SCAN_DEPS"))
    return [tool for tool in TOOLS if tool.path() and (dependencies or tool.name != HYDROID_WITH_DEPENDENCIES)]

"""What the processes of a run are told, through their environment."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Literal, TypeAlias

ROOT = Path(__file__).parents[2]

_FOLDER, _BROKER, _OPTION = "BENCH_JOBS_FOLDER", "BENCH_JOBS_BROKER", "BENCH_JOBS_OPTION"
_KIND, _CONCURRENCY = "BENCH_JOBS_KIND", "BENCH_JOBS_CONCURRENCY"

#: What runs the functions.
Kind: TypeAlias = Literal["threads", "processes"]


def environment(
    folder: Path, broker: str = "", option: str = "", kind: Kind = "processes", concurrency: int = 1
) -> dict[str, str]:
    """The environment of a process that submits jobs or runs them."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    settings = {_FOLDER: str(folder), _BROKER: broker, _OPTION: option, _KIND: kind, _CONCURRENCY: str(concurrency)}
    return {**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1", **settings}


def folder() -> Path:
    """Where stores and effects lie."""
    return Path(os.environ[_FOLDER])


def broker() -> str:
    """The address of the Valkey server, for those who need one."""
    return os.environ[_BROKER]


def option() -> str:
    """What distinguishes two contenders of one module."""
    return os.environ[_OPTION]


def kind() -> Kind:
    """Whether the jobs of this process run on threads."""
    return "threads" if os.environ[_KIND] == "threads" else "processes"


def concurrency() -> int:
    """How many jobs run at once."""
    return int(os.environ[_CONCURRENCY])


def python(module: str, *arguments: str) -> list[str]:
    """The command that runs a module with this interpreter."""
    return [sys.executable, "-m", module, *arguments]

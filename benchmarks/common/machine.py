"""Where and with what a run was made: enough to judge its figures, nothing that names the machine."""

from __future__ import annotations

import importlib.metadata
import os
import platform
from datetime import UTC, datetime
from pathlib import Path


def header(*packages: str) -> list[str]:
    """Lines of Markdown: the machine, the versions of Python and of these packages, the date."""
    versions = ", ".join(f"{name} {version}" for name in packages if (version := _version(name)))
    return [
        f"- {_cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.machine()}{_load()}",
        f"- {platform.python_implementation()} {platform.python_version()}, {versions}",
        f"- {datetime.now(UTC):%Y-%m-%d}",
    ]


def _cpu_model() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.processor() or platform.machine()


def _load() -> str:
    # A virtual machine's neighbours show in the figures: who reads them should know how busy it was.
    return f", load average {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None

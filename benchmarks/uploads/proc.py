"""What Linux knows of a process: its peak of memory, and the bytes that it has written."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

PAGE = 4096


def reset_peak(pid: int) -> None:
    """Have the peak begin anew at what is in use now. Not all systems allow it; there the peak of all time stays."""
    with suppress(OSError):
        Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")


def peak_memory(pid: int) -> int:
    """The most bytes of memory, VmHWM."""
    return _value(Path(f"/proc/{pid}/status"), "VmHWM") * 1024


def bytes_written(pid: int) -> int:
    """Bytes given to write(), wchar, whether the disk has them yet or not. Answers count too, and hardly show."""
    return _value(Path(f"/proc/{pid}/io"), "wchar")


def _value(path: Path, name: str) -> int:
    lines = path.read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

"""Sizes and times as people write them: `"20MB"`, `"1.5GiB"`, `"30s"`, `"5m"`; plain numbers are bytes and seconds."""

from __future__ import annotations

import re

from pydantic import ByteSize, TypeAdapter

#: What timers of event loops and locks bear: some thirty years.
MOST_SECONDS = 1e9

_byte_size = TypeAdapter(ByteSize)
_SIZE = re.compile(r"\s*\d{1,18}(?:\.\d{1,9})?\s*(?:[kmgtpe]i?)?b?\s*", re.ASCII | re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def to_bytes(value: int | str, what: str) -> int:
    """A size in bytes; `"1MB"` is 1000000 and `"1MiB"` is 1048576, as pydantic's `ByteSize` has it.

    Examples:
        >>> to_bytes("2GB", "max_size"), to_bytes(512, "max_size")
        (2000000000, 512)
    """
    size = -1
    if isinstance(value, int) and not isinstance(value, bool):
        size = value
    elif isinstance(value, str) and _SIZE.fullmatch(value):  # ByteSize takes the beginning of anything: "1,5MB" is 1
        size = int(_byte_size.validate_python(value))
    if size < 0:
        raise ValueError(f'{what} is a number of bytes or a size such as "20MB" or "1GiB", not {value!r}.')
    return size


def to_seconds(value: float | str, what: str) -> float:
    """A time in seconds, above zero.

    Examples:
        >>> to_seconds("5m", "idle_timeout"), to_seconds(2, "idle_timeout")
        (300.0, 2.0)
    """
    seconds: object = _parse_seconds(value) if isinstance(value, str) else value
    # What is given may be anything at run time, and True counts as a number.
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or not 0 < seconds < MOST_SECONDS:
        raise ValueError(f'{what} is a number of seconds above 0 or a time such as "30s" or "5m", not {value!r}.')
    return float(seconds)


def _parse_seconds(text: str) -> float:
    found = re.fullmatch(r"\s*(\d{1,9}(?:\.\d{1,9})?)\s*(ms|s|m|h|d)\s*", text, re.ASCII)
    return float(found[1]) * _SECONDS[found[2]] if found else -1.0

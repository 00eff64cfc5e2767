"""Codes of findings as people write them: whole, or only their beginning, `FC1`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from fastapi_convert.mapping import CATEGORIES

from .errors import ScanError

__all__ = ("KNOWN", "as_codes", "covers", "is_known", "known")

KNOWN: Final = tuple(category.code for category in CATEGORIES)


def is_known(code: str) -> bool:
    """Whether it is a code, or the beginning of one."""
    return len(code) > 1 and any(each.startswith(code) for each in KNOWN)


def covers(codes: tuple[str, ...], code: str) -> bool:
    """Whether one of `codes` is `code` or its beginning."""
    return code.startswith(codes)


def known() -> str:
    """The codes that there are, for a message."""
    return ", ".join(KNOWN)


def as_codes(codes: Iterable[str], where: str) -> tuple[str, ...]:
    """`codes` in capital letters.

    Args:
        codes: As they were typed; a comma separates several in one.
        where: What is wrong, if one is unknown: "--select", "`ignore` in pyproject.toml".

    Raises:
        ScanError: One is no code, or not the beginning of one.
    """
    wanted = [code.strip().upper() for text in codes for code in text.split(",")]
    wanted = [code for code in wanted if code]
    if unknown := [code for code in wanted if not is_known(code)]:
        raise ScanError(f"{where} names {unknown[0]!r}, which is no code. The codes are {known()}; FC1 stands for all.")
    return tuple(dict.fromkeys(wanted))

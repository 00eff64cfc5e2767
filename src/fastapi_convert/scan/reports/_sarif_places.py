"""Places in files, as SARIF writes them."""

from __future__ import annotations

import os
from typing import Any, Final
from urllib.parse import quote_from_bytes

from ._escaping import visible

__all__ = ("ROOT", "place")

ROOT: Final = "SRCROOT"


def place(path: str, line: int, column: int = 0, message: str = "", identity: int | None = None) -> dict[str, Any]:
    """A location.

    Args:
        path: Relative to the folder that `ROOT` stands for, and inside of it, or absolute.
        line: 1-based; 0 for the file as a whole.
        column: 1-based; 0 if it is not known.
        message: What is there.
        identity: A number by which a message can link to it.
    """
    region = {"startLine": line, **({"startColumn": column} if column > 0 else {})}
    return {
        **({} if identity is None else {"id": identity}),
        "physicalLocation": {"artifactLocation": _artifact(path), **({"region": region} if line > 0 else {})},
        **({"message": {"text": visible(message, 2000)}} if message else {}),
    }


def _artifact(path: str) -> dict[str, str]:
    quoted = quote_from_bytes(os.fsencode(path))  # names of files may hold what UTF-8 cannot write
    return {"uri": f"file://{quoted}"} if path.startswith("/") else {"uri": quoted, "uriBaseId": ROOT}

"""From the bytes of a file to its facts. Whatever the bytes are, the answer is facts or a reason, never an error."""

from __future__ import annotations

import ast
import codecs
import io
import os
import threading
import tokenize
import warnings
from typing import Final, NamedTuple

from fastapi_convert.scan import facts

from . import softening
from ._newer import newer_python

_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
# The filters are the whole process's: of two that change them at once, one would "restore" what the other one set.
_one_at_a_time = threading.Lock()
_TOO_DEEP: Final = "left out: it is nested too deeply, or too large, for Python's own parser."


class Extracted(NamedTuple):
    """What became of a file's bytes: its facts, or the line and the reason why there are none."""

    facts: bytes | None
    line: int = 0
    problem: str = ""


def extract(data: bytes) -> Extracted:
    """The facts of a Python file.

    Nothing is executed: `ast.parse` only. What the parser has to say about the code's style is not shown. Syntax that
    is too new for it is read all the same.

    Args:
        data: All bytes of the file.
    """
    text = ""
    try:
        text = decode(data)
        # Python's warnings about the code are for its authors; under `-W error` they would be syntax errors.
        with _one_at_a_time, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _lowered(text)
    except SyntaxError as error:  # also what `decode` says about the encoding
        return _refused(error, text)
    except (RecursionError, MemoryError):
        return Extracted(None, 0, _TOO_DEEP)
    except Exception as error:
        return Extracted(None, 0, f"left out: it cannot be understood ({type(error).__name__}: {error!s:.200}).")


def _lowered(text: str) -> Extracted:
    tree, text = _parsed(text)
    try:
        return Extracted(facts.lower(tree, text))
    except ValueError:  # what `marshal` says to nesting
        return Extracted(None, 0, _TOO_DEEP)


def _parsed(text: str) -> tuple[ast.Module, str]:
    """The tree, and the source that its positions and comments are of."""
    try:
        return ast.parse(text), text
    except SyntaxError as refused:
        try:
            return softening.parse(text)
        except (SyntaxError, RecursionError, MemoryError):
            raise refused from None  # that one is about what the authors wrote


def decode(data: bytes) -> str:
    r"""The text, decoded as Python does, with `\n` as the only end of a line, so that lines count as in the tree.

    Raises:
        SyntaxError: Not text, or in no encoding that Python source may have.
    """
    if data.startswith(_UTF16):
        raise SyntaxError("the file is UTF-16, which Python does not read; save it as UTF-8")
    if b"\0" in data:
        line = data.count(b"\n", 0, data.index(b"\0")) + 1
        raise SyntaxError("source code cannot contain null bytes", ("", line, 1, ""))
    encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
    text = _decoded(data, encoding)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _decoded(data: bytes, encoding: str) -> str:
    try:
        # Python finds the coding line by its ASCII bytes: an encoding that reads them otherwise cannot be meant.
        if b"coding".decode(encoding) != "coding":
            raise SyntaxError(f"the encoding {encoding!r} is none for Python source")
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise SyntaxError(
            f"not {encoding}: {error.reason}; name its encoding in a coding line", ("", line, 1, "")
        ) from error
    except LookupError as error:  # `hex` and the like: not of text
        raise SyntaxError(f"the encoding {encoding!r} is none for Python source") from error


def _refused(error: SyntaxError, text: str) -> Extracted:
    number = max(error.lineno or 0, 0)
    lines = text.split("\n", number)
    line = lines[number - 1] if 0 < number <= len(lines) else ""
    version = newer_python(line, error.msg)
    hint = f" (needs Python {version} or newer to parse)" if version else ""
    return Extracted(None, number, f"left out; Python says: {error.msg:.200}{hint}")


def _forget_lock() -> None:
    global _one_at_a_time  # noqa: PLW0603 -- in a fork, the thread that held it does not exist
    _one_at_a_time = threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)

"""`Result`: what a function returns as JSON and back."""

from __future__ import annotations

import io
import re
import typing
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

from ._adapters import adapter_for
from ._annotations import shown
from ._arguments import kinds_of
from ._callables import DATA_OUT
from ._comparing import Unstorable

#: Between the two texts of a result that needs two. No text has it: JSON escapes it in strings, and we write none.
_BETWEEN = "\n"

#: A string, or what is no JSON outside of strings.
_STRING_OR_NO_NUMBER = re.compile(r'"[^"\\]*(?:\\.[^"\\]*)*"|NaN|-?Infinity')


class Result:
    """The result of the function called `fn`, in the form of its return annotation.

    Raises:
        TypeError: What is annotated so cannot be read from JSON.
    """

    def __init__(self, annotation: Any, fn: str) -> None:
        self._annotation = annotation
        self._fn = fn
        self._adapter = adapter_for(
            # JSON has nothing for what never is; should it return after all, `None` is what it returns.
            type(None) if annotation in (typing.NoReturn, typing.Never) else annotation,
            written=annotation,
            what=f"{fn}() cannot be a job: its result",
            cure=DATA_OUT,
        )

    def encode(self, value: Any) -> str:
        """Write what the function has returned as FastAPI would answer with it.

        Where that does not give the value back, a second text follows for `decode`, if one does. It need not: the work
        is done by now, and a tuple that comes back as a list is better than a job that has failed.

        Raises:
            TypeError: It is not what the annotation says, or JSON cannot hold it.
        """
        # Some of them pydantic would write, and read to their ends for it.
        if isinstance(value, Iterator | AsyncIterator | Awaitable | io.IOBase):
            raise TypeError(f"{self._fn}() returned a {type(value).__name__}, which cannot be stored. {DATA_OUT}")
        valid = self._valid(value)
        try:
            written = self._adapter.dump_shown(valid)
        except Unstorable as error:
            raise TypeError(f"The result of {self._fn}() cannot be stored: {error}. {DATA_OUT}") from None
        served = _as_json(written)
        if served == written and self._adapter.gives(served, valid):
            return served
        kept = self._kept(valid, written, served)
        return served if kept == served else f"{served}{_BETWEEN}{kept}"

    def _kept(self, valid: Any, written: str, served: str) -> str:
        """What gives the value back, or else most of it."""
        if written != served and self._adapter.repeats(written):  # only the numbers that are none were lost
            return written
        try:
            return self._adapter.dump(valid, by_name=True)
        except Unstorable:
            return written

    def _valid(self, value: Any) -> Any:
        try:
            return self._adapter.validate(value, from_attributes=True)  # as FastAPI does, for rows of an ORM
        except Exception as error:  # validators are other people's code
            problem = kinds_of(error)
        # Out here, for the error has the value in its message, and must not be this one's context.
        raise TypeError(
            f"{self._fn}() is annotated to return {shown(self._annotation)} and returned a {type(value).__name__} that"
            f" does not fit ({problem}). Correct the one or the other."
        )

    def decode(self, text: str) -> Any:
        """What `encode` has written, as the return annotation has it.

        Raises:
            TypeError: It does not read as what the annotation says.
        """
        served, _, kept = text.partition(_BETWEEN)
        try:
            return self._adapter.load(kept, by_name=True) if kept else self._adapter.load(served)
        except Exception as error:  # validators are other people's code
            problem = kinds_of(error)
        # Out here, for the error has the value in its message, and must not be this one's context.
        raise TypeError(
            f"The result of {self._fn}() is stored, and over HTTP it can be had, but its JSON does not read back as"
            f" {shown(self._annotation)} ({problem}): a serializer writes, or `exclude` leaves out, what validation"
            " needs, or the annotation has changed since. Let the type accept the JSON that it writes, or return plain"
            " data."
        )


def served_result(text: str) -> str:
    """What an HTTP client is given of a stored result: JSON as FastAPI writes it."""
    return text.partition(_BETWEEN)[0]


def _as_json(text: str) -> str:
    """The same with `null` for what is no number, as FastAPI has it; nearly always there is none."""
    if "NaN" not in text and "Infinity" not in text:
        return text
    return _STRING_OR_NO_NUMBER.sub(lambda found: found[0] if found[0].startswith('"') else "null", text)

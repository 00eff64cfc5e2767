"""`Result`: what a function returns as JSON and back."""

from __future__ import annotations

import io
import typing
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

from ._adapters import adapter_for
from ._annotations import shown
from ._arguments import kinds_of
from ._callables import DATA_OUT
from ._comparing import Unstorable


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
        """Write what the function has returned as JSON. It need not come back the same, as an argument must.

        The work is done by now: a tuple that comes back as a list is better than a job that has failed.

        Raises:
            TypeError: It is not what the annotation says, or JSON cannot hold it.
        """
        # Some of them pydantic would write, and read to their ends for it.
        if isinstance(value, Iterator | AsyncIterator | Awaitable | io.IOBase):
            raise TypeError(f"{self._fn}() returned a {type(value).__name__}, which cannot be stored. {DATA_OUT}")
        try:
            return self._adapter.dump_readable(self._valid(value))
        except Unstorable as error:
            raise TypeError(f"The result of {self._fn}() cannot be stored: {error}. {DATA_OUT}") from None

    def _valid(self, value: Any) -> Any:
        try:
            return self._adapter.validate(value)
        except Exception as error:  # validators are other people's code
            problem = kinds_of(error)
        # Out here, for the error has the value in its message, and must not be this one's context.
        raise TypeError(
            f"{self._fn}() is annotated to return {shown(self._annotation)} and returned a {type(value).__name__} that"
            f" does not fit ({problem}). Correct the one or the other."
        )

    def decode(self, text: str) -> Any:
        """What `encode` has written, as the return annotation has it."""
        return self._adapter.load(text)

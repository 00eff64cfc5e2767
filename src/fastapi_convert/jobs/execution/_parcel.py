"""What a run came to, on its way out of its process. Its exception goes along if it can, the rest always."""

from __future__ import annotations

import dataclasses
import pickle
from typing import NamedTuple

from fastapi_convert.errors import CallableExited
from fastapi_convert.offloading._pickling import Failure, pack_failure, revive

from .seats import Outcome, Raised

#: Bytes of an exception that travels; what is bigger is told by its name and its text alone.
MOST_ERROR = 1 << 20


class Parcel(NamedTuple):
    """An outcome without its exception, and apart from it the exception and its cause as bytes."""

    outcome: Outcome
    error: bytes | None
    cause: bytes | None


def pack(outcome: Outcome) -> Parcel:
    """Make it ready to be pickled by anybody."""
    if not isinstance(outcome, Raised) or outcome.error is None:
        return Parcel(outcome, None, None)
    error = outcome.error
    # What the function raised is the cause of this one, and pickle forgets causes.
    cause = _bytes_of(error.__cause__) if isinstance(error, CallableExited) else None
    return Parcel(dataclasses.replace(outcome, error=None), _bytes_of(error), cause)


def unpack(parcel: Parcel) -> Outcome:
    """The outcome as it was, with the traceback as a note of its exception."""
    outcome = parcel.outcome
    if not isinstance(outcome, Raised):
        return outcome
    error = _revived(parcel.error, outcome)
    if error is None or not isinstance(error, Exception):
        return outcome
    error.__cause__ = _revived(parcel.cause, outcome)
    return dataclasses.replace(outcome, error=error)


def _bytes_of(error: BaseException | None) -> bytes | None:
    if error is None:
        return None
    try:
        found = Failure(*pickle.loads(pack_failure(error))).pickled  # noqa: S301 -- our own bytes
    except BaseException:  # its author's code, which may raise anything
        return None
    return found if found is not None and len(found) <= MOST_ERROR else None


def _revived(data: bytes | None, outcome: Raised) -> BaseException | None:
    return revive(Failure(data, outcome.summary, [], outcome.traceback)) if data is not None else None

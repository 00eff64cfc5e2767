"""From a call to the `NewJob` that the ledger stores."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from fastapi_convert._units import to_seconds
from fastapi_convert.errors import JobPayloadTooLarge

from ._checks import owner_name, whole_number
from ._terms import Terms
from .model import NewJob, new_job_id
from .payloads import Signature

#: Arguments are checked and written on the event loop, and read whole; what is bigger belongs into a file.
MOST_PAYLOAD = 1_000_000

#: Of an `Idempotency-Key`, and of a key that is given in Python: how long it may be, and of what.
MOST_KEY: Final = 255
KEY_PATTERN: Final = r"^[\x21-\x7e]+$"


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """What can be said about one submission, beside the arguments."""

    key: str | None = None
    owner: str | None = None
    #: Seconds.
    delay: float = 0
    priority: int | None = None


def submit_options(
    *, key: str | None, owner: str | int | UUID | None, delay: float | str, priority: int | None
) -> SubmitOptions:
    """Check what was said about one submission.

    Raises:
        TypeError: Something is of a type that it cannot be.
        ValueError: The key, the delay or the priority is out of its range.
    """
    return SubmitOptions(
        key=None if key is None else _checked_key(key),
        owner=owner_name(owner, "options(owner=...) was given"),
        delay=to_seconds(delay, "delay of options()") if delay else 0,
        priority=None if priority is None else whole_number(priority, "priority of options()"),
    )


def _checked_key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"key of options() is a text, not {key!r}.")
    if len(key) > MOST_KEY or not re.fullmatch(KEY_PATTERN, key):
        raise ValueError(
            f"key of options() has 1 to {MOST_KEY} visible ASCII characters and no spaces, as an Idempotency-Key has:"
            f" not {key[:MOST_KEY]!r}. Of anything longer, take a hash."
        )
    return key


def new_job(
    terms: Terms,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    options: SubmitOptions,
    *,
    job_id: str | None = None,
    digests: Sequence[str] = (),
) -> NewJob:
    """Check the arguments against the function's parameters and write them as JSON.

    Args:
        terms: The function's.
        args: As in a call.
        kwargs: As in a call.
        options: See `SubmitOptions`.
        job_id: The id, where files have been saved under it already.
        digests: Of those files: what two submissions under one key must have in common, beside their arguments.

    Raises:
        TypeError: They do not fit, as in a call.
        pydantic.ValidationError: A value is not what its annotation says.
        JobPayloadTooLarge: They take more than 1 MB.
    """
    signature = Signature.of(terms.fn)
    payload = signature.encode(tuple(args), dict(kwargs))
    if len(payload) > MOST_PAYLOAD:
        raise JobPayloadTooLarge(
            f"The arguments of {terms.name}() take {len(payload)} bytes as JSON, and a job may have {MOST_PAYLOAD}. Put"
            " the data into a file and pass its Path."
        )
    job_id = job_id or new_job_id()
    return NewJob(
        id=job_id,
        name=terms.name,
        payload=payload,
        schema=signature.schema,
        queue=terms.queue,
        priority=terms.priority if options.priority is None else options.priority,
        owner=options.owner,
        delay=float(options.delay),
        keep=terms.keep,
        max_queued=terms.max_queued,
        idempotency_key=options.key,
        fingerprint=_fingerprint(payload.replace(job_id, ""), digests),  # paths of its files name the job
    )


def _fingerprint(payload: str, digests: Sequence[str]) -> str:
    # Of what was given, not of what the function makes of it: a body that leaves a default out and one that sends it
    # are two. Told apart they cost a client an error; taken for one after a default was changed, they cost a job.
    return hashlib.sha256("\0".join([payload, *digests]).encode("utf-8", "surrogatepass")).hexdigest()

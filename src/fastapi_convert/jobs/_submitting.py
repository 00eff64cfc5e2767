"""From a call to the `NewJob` that the ledger stores."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi_convert._units import to_seconds
from fastapi_convert.errors import UploadTooLarge

from ._terms import Terms
from .model import NewJob, new_job_id
from .payloads import Signature

#: Arguments are checked and written on the event loop, and read whole; what is bigger belongs into a file.
MOST_PAYLOAD = 1_000_000


@dataclass(frozen=True, slots=True)
class SubmitOptions:
    """What can be said about one submission, beside the arguments."""

    key: str | None = None
    owner: str | None = None
    delay: float | str = 0
    priority: int | None = None


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
        UploadTooLarge: They take more than 1 MB.
    """
    signature = Signature.of(terms.fn)
    payload = signature.encode(tuple(args), dict(kwargs))
    if len(payload) > MOST_PAYLOAD:
        raise UploadTooLarge(
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
        delay=to_seconds(options.delay, "delay") if options.delay else 0.0,
        keep=terms.keep,
        max_queued=terms.max_queued,
        idempotency_key=options.key,
        fingerprint=_fingerprint(payload.replace(job_id, ""), digests),  # paths of its files name the job
    )


def _fingerprint(payload: str, digests: Sequence[str]) -> str:
    return hashlib.sha256("\0".join([payload, *digests]).encode("utf-8", "surrogatepass")).hexdigest()

"""Payloads: a function's arguments and result as JSON and back, so that a job means in its process what was passed.

No pickle anywhere: what a store holds is data, and reading it runs no code but the validators of the annotations.

Start at `signatures`. A call goes through `_calls` (which value is whose), `_members` (the object in the store) and
`_arguments` (one value), what it returns through `_results`; every value through `_adapters` (what pydantic makes of an
annotation), `_ways` (how it is written) and `_comparing` (what comes back is what was given). `_refusals` keeps out
what is no data: what FastAPI makes of a request, and secrets.
"""

from __future__ import annotations

from ._callables import original_of
from ._results import served_result
from .signatures import Signature, UnfitPayload

__all__ = ("Signature", "UnfitPayload", "original_of", "served_result")

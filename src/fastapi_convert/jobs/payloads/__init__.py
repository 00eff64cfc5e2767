"""Payloads: a function's arguments and result as JSON and back, so that a job means in its process what was passed.

No pickle anywhere: what a store holds is data, and reading it runs no code but the validators of the annotations.

Start at `signatures`. A call goes through `_calls` (which value is whose), `_members` (the object in the store) and
`_arguments` (one value); every value through `_adapters` (what pydantic makes of an annotation) and `_comparing` (what
comes back is what was given).
"""

from __future__ import annotations

from ._callables import original_of
from .signatures import Signature, UnfitPayload

__all__ = ("Signature", "UnfitPayload", "original_of")

"""Follows every async function through the calls that it makes: an abstract interpreter of the project."""

from __future__ import annotations

from .engine import Engine
from .roots import blocking_calls
from .summaries import Hit, Hits, Place, Steps

__all__ = ("Engine", "Hit", "Hits", "Place", "Steps", "blocking_calls")

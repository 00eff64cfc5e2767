"""What an async function is for: its route, or its part in the application."""

from __future__ import annotations

from ._naming import Routes

__all__ = ("Routes",)

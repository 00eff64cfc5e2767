"""Jobs over HTTP: the router, the endpoints that submit, events, and the board."""

from __future__ import annotations

__all__: tuple[str, ...] = ()

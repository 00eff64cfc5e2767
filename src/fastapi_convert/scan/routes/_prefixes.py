"""What stands before the paths of a router, by where it is included."""

from __future__ import annotations

from typing import Final, NamedTuple

from ._resolving import Resolver
from ._things import Made, argument, last_name

__all__ = ("Prefixes",)


class _Inclusion(NamedTuple):
    parent: Made | None
    prefix: str
    is_test: bool


class _Way(NamedTuple):
    """One of the paths that lead to a router. The least one counts: an application's, then the first by its text."""

    is_test: bool
    is_loose: bool  # it ends at a router that nothing includes
    path: str


_NO_WAY: Final = _Way(is_test=False, is_loose=True, path="")
_DEEPEST: Final = 60  # routers within routers


class Prefixes:
    """Collects inclusions, and then tells the prefixes.

    Args:
        resolver: For prefixes that are kept in variables.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver
        self._inclusions: dict[Made, list[_Inclusion]] = {}
        self._ways: dict[Made, _Way] = {}

    def include(self, child: Made, parent: Made | None, prefix: str, *, is_test: bool) -> None:
        """Note that a router, an application or a list of routes is reached through another one."""
        self._inclusions.setdefault(child, []).append(_Inclusion(parent, prefix, is_test))

    def of(self, made: Made) -> str:
        """What stands before the paths of its routes."""
        return self._way(made).path

    def _way(self, made: Made, depth: int = 0) -> _Way:
        if made not in self._ways and depth < _DEEPEST:
            own = argument(made.call, -1, "prefix")
            prefix = self._resolver.text(own, made.scope) if own else ""
            alone = _Way(is_test=False, is_loose=last_name(made.call[3]).endswith("Router"), path="")
            self._ways[made] = alone._replace(path=prefix)  # for a router that includes itself
            ways = [self._through(inclusion, depth) for inclusion in self._inclusions.get(made, ())]
            best = min(ways, default=alone)
            self._ways[made] = best._replace(path=best.path + prefix)
        return self._ways.get(made, _NO_WAY)

    def _through(self, inclusion: _Inclusion, depth: int) -> _Way:
        if inclusion.parent is None:
            return _Way(inclusion.is_test, is_loose=False, path=inclusion.prefix)
        way = self._way(inclusion.parent, depth + 1)
        return way._replace(is_test=way.is_test or inclusion.is_test, path=way.path + inclusion.prefix)

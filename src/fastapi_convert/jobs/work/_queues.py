"""Which queues and names a worker asks for, worked out from the functions that are registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from fastapi_convert.jobs._terms import Terms
from fastapi_convert.jobs.model import QueueTerms


@dataclass(frozen=True, slots=True)
class Queues:
    """What may be claimed, for runners that are free and ahead of them."""

    every: Sequence[QueueTerms] = ()
    #: Without those that have a limit: a job that waits here would take the place of one that another worker could run.
    unlimited: Sequence[QueueTerms] = ()

    @property
    def have_limits(self) -> bool:
        """Whether the two differ."""
        return len(self.every) > len(self.unlimited)

    def is_limited(self, queue: str) -> bool:
        """Whether this queue has a limit."""
        return any(each.queue == queue and each.limit is not None for each in self.every)


def queues_of(terms: Mapping[str, Terms], *, with_loop: bool) -> Queues:
    """The queues of these functions; of coroutine functions only if there is a loop to run them on."""
    names: dict[tuple[str, int | None], list[str]] = {}
    for name, each in list(terms.items()):
        if each.executor != "async" or with_loop:
            names.setdefault((each.queue, each.limit), []).append(name)
    every = [QueueTerms(queue, tuple(known), limit) for (queue, limit), known in names.items()]
    return Queues(every, [each for each in every if each.limit is None])

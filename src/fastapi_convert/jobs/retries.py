"""`Retry`: how often a failing job is tried again, and when."""

from __future__ import annotations

import random
from dataclasses import dataclass

from fastapi_convert._units import to_seconds

__all__ = ("Retry",)


@dataclass(frozen=True, slots=True)
class Retry:
    """Try a job again when it raises, later each time. The parameters are those of stamina.

    Args:
        attempts: Runs in all, the first one included.
        on: The exceptions that another run may cure; what a job raises beside them is final.
        wait_initial: Seconds before the second run, or a time such as `"30s"`.
        wait_max: Seconds that no wait exceeds, but for the jitter.
        wait_jitter: Up to so many seconds are added at random, so that jobs which failed together do not return
            together.
        wait_exp_base: Each wait is so many times the one before.

    Raises:
        ValueError: A number is out of its range.
        TypeError: `on` holds something that is no exception class.

    A timeout is retried if `on` has `TimeoutError`, as `Exception` does. Deaths of the worker are not counted here but
    by `max_crashes`.

    Examples:
        >>> Retry(attempts=4, wait_initial=1, wait_jitter=0).waits()
        [1.0, 2.0, 4.0]
    """

    attempts: int = 3
    on: type[Exception] | tuple[type[Exception], ...] = Exception
    wait_initial: float | str = 1.0
    wait_max: float | str = 300.0
    wait_jitter: float | str = 1.0
    wait_exp_base: float = 2.0

    def __post_init__(self) -> None:
        if self.attempts < 1:
            raise ValueError(f"attempts of Retry counts all runs, so it is 1 or more, not {self.attempts}.")
        if not self.wait_exp_base >= 1:
            raise ValueError(f"wait_exp_base of Retry is 1 or more, not {self.wait_exp_base}.")
        kinds: tuple[object, ...] = self.on if isinstance(self.on, tuple) else (self.on,)
        for kind in kinds:
            if not (isinstance(kind, type) and issubclass(kind, Exception)):
                raise TypeError(f"on of Retry holds exception classes, and {kind!r} is none.")
        for name in ("wait_initial", "wait_max", "wait_jitter"):
            value = getattr(self, name)
            if value != 0:
                to_seconds(value, f"{name} of Retry")

    def covers(self, error: Exception) -> bool:
        """Whether another run may cure `error`."""
        return isinstance(error, self.on)

    def covers_names(self, names: list[str]) -> bool:
        """The same for an exception that could not leave its process, by the names of its classes."""
        kinds = self.on if isinstance(self.on, tuple) else (self.on,)
        return any(f"{kind.__module__}.{kind.__qualname__}" in names for kind in kinds)

    def wait(self, tries: int) -> float:
        """Seconds until the next run, after so many that have failed."""
        return self._backoff(tries) + random.uniform(0, _seconds(self.wait_jitter))  # noqa: S311 -- nobody gains by guessing it

    def waits(self) -> list[float]:
        """All the waits, without their jitter."""
        return [self._backoff(tries) for tries in range(1, self.attempts)]

    def _backoff(self, tries: int) -> float:
        longest = _seconds(self.wait_max)
        try:
            return min(longest, _seconds(self.wait_initial) * self.wait_exp_base ** (tries - 1))
        except OverflowError:
            return longest


def _seconds(value: float | str) -> float:
    return float(value) if isinstance(value, int | float) else to_seconds(value, "wait of Retry")

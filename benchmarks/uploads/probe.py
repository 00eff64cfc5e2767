"""A probe in the server: the longest time for which its event loop did nothing else."""

from __future__ import annotations

import asyncio
import time

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

BEAT = 0.001
BEGIN, END = "/-/begin", "/-/end"
_STALL = 0.03


class Probe:
    """Passes requests on to `app`, and answers two itself: `BEGIN`, and `END` with the milliseconds.

    It beats every millisecond: a beat at every turn of the loop would see shorter gaps, and take the time of those whom
    it measures. So nothing below 1 to 2 ms is a gap.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._timer: asyncio.TimerHandle | None = None
        self._last = self._longest = 0.0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == BEGIN:
            await self._begin()
            await PlainTextResponse("")(scope, receive, send)
        elif scope["path"] == END:
            await PlainTextResponse(str(self._end() * 1000))(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _begin(self) -> None:
        self._reset()
        self._beat()
        time.sleep(_STALL)
        await asyncio.sleep(2 * BEAT)
        assert self._longest >= _STALL, "the probe does not see a stall that is there"
        self._reset()

    def _reset(self) -> None:
        self._last, self._longest = time.perf_counter(), 0.0

    def _beat(self) -> None:
        now = time.perf_counter()
        self._longest, self._last = max(self._longest, now - self._last), now
        self._timer = asyncio.get_running_loop().call_later(BEAT, self._beat)

    def _end(self) -> float:
        assert self._timer is not None
        self._timer.cancel()
        return max(self._longest, time.perf_counter() - self._last)

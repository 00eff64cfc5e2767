"""The threads of a pool: who takes which call, who is woken, who goes home.

What makes it cheap, and why it is safe:

- Idle workers wait on a raw lock each, last in first out: the thread that ran last has the warmest caches, and the
  surplus ages until it goes home.
- A wake-up is *chained*: submitting wakes at most one worker, and a woken worker that leaves calls behind wakes the
  next. Short calls run back to back in one thread; calls that block fan out over all of them.
- The bound is the number of threads. There is no counter that a cancellation could put out of step.
- Who withdraws a call races with who takes it, and the deque decides: `remove` and `popleft` are atomic, so exactly
  one of the two has it.
"""

from __future__ import annotations

import itertools
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from fastapi_convert.errors import PoolFull

from ._call import Box, Call, logger, name_of
from ._cpu import CpuGauge, tell_hog

if TYPE_CHECKING:
    from collections.abc import Iterator

#: A surplus thread goes home after this many seconds without work.
IDLE_SECONDS = 10.0


def _nothing() -> None:
    """The hook that nobody has set."""


class Lane(Protocol):
    """Where calls are handed over: a crew, or the slots that an event loop without worker threads counts for itself."""

    queue: deque[Call]

    def submit(self, call: Call) -> None: ...

    def submit_first(self, call: Call) -> None: ...

    def withdraw(self, call: Call) -> bool: ...


class LoopLane(Lane, Protocol):
    """The slots of one crew that one event loop counts for itself."""

    running: set[Call]


class Worker:
    """One thread, the call it runs, and the lock it sleeps on."""

    __slots__ = ("box", "call", "completed", "gate", "gauge", "thread", "told_call")

    def __init__(self) -> None:
        self.box: Box | None = None
        self.call: Call | None = None
        self.completed = 0
        self.gauge = CpuGauge()
        self.gate = threading.Lock()
        self.gate.acquire()
        self.thread: threading.Thread | None = None
        #: The call whose stack was logged as stuck.
        self.told_call: Call | None = None


class Crew:
    """At most `size` threads, at most `max_waiting` calls that wait for one of them.

    Not bound to an event loop: calls of several loops share the threads, so the bound holds for the process.
    """

    def __init__(self, name: str, size: int, max_waiting: int, close_timeout: float = 5.0) -> None:
        self.name = name
        self.size = size
        self.max_waiting = max_waiting
        #: Seconds that bodies have to end in when their loop or their pool ends.
        self.close_timeout = close_timeout
        self.queue: deque[Call] = deque()
        #: Whether a body can be ended from outside, as a process can and a thread cannot.
        self.can_kill = False
        self.closed = False
        #: Called when the workers were sent home.
        self.on_dismissed: Callable[[], None] = _nothing
        self.rejected = self.timed_out = self.abandoned = self.completed_elsewhere = 0
        self._told: set[str] = set()
        self.reset()

    def reset(self) -> None:
        """Forget every thread: at the start, and in a forked child, where none of the parent's threads exist."""
        self.queue.clear()
        #: The open loops that use this crew. With none left, workers go home as soon as they are idle.
        self.users = 0
        #: What trio runs count for themselves.
        self.lanes: weakref.WeakSet[LoopLane] = weakref.WeakSet()
        self.lock = threading.Lock()
        self.workers: set[Worker] = set()
        self._idle: list[Worker] = []
        self._waking = False
        self._completed_by_gone = 0
        self._numbers: Iterator[int] = itertools.count(1)

    # On the loop

    def submit(self, call: Call) -> None:
        """Queue a call; raises `PoolFull` where it would have to wait and `max_waiting` calls wait already."""
        queue = self.queue
        if call.parent is not None and self._lend(call):
            return
        if len(queue) >= self.max_waiting and len(queue) + self.busy() >= self.size + self.max_waiting:
            self.rejected += 1
            raise PoolFull(
                f"Pool {self.name!r} is full: {self.size} calls run and {len(queue)} wait. "
                "Let the client retry (Retry-After), add workers, or raise max_waiting."
            )
        queue.append(call)
        if not self._waking:
            try:
                self._wake()
            except RuntimeError:  # not one thread to be had
                self.withdraw(call)
                raise

    def submit_first(self, call: Call) -> None:
        """Queue a call before all others and beyond `max_waiting`: the rest of work that was accepted already."""
        self.queue.appendleft(call)
        self._wake()

    def refuse_waiting(self, error: Exception) -> None:
        """Answer every call that waits with `error` instead of running it."""
        for queue in (self.queue, *(lane.queue for lane in tuple(self.lanes))):
            while queue:
                call = queue.popleft()
                call.error = error
                call.box.post(call)

    def withdraw(self, call: Call) -> bool:
        """Take back a call that no worker has taken; `False` where one has."""
        try:
            self.queue.remove(call)
        except ValueError:
            return False
        return True

    def busy(self) -> int:
        return sum(worker.call is not None for worker in tuple(self.workers))

    def running(self) -> int:
        return self.busy() + sum(len(lane.running) for lane in tuple(self.lanes))

    def waiting(self) -> int:
        return len(self.queue) + sum(len(lane.queue) for lane in tuple(self.lanes))

    def completed(self) -> int:
        with self.lock:
            return self.completed_elsewhere + self._completed_by_gone + sum(worker.completed for worker in self.workers)

    def acquire(self) -> None:
        """A loop has begun to use this crew."""
        with self.lock:
            self.users += 1

    def release(self) -> None:
        """A loop that used this crew has ended; with the last one the threads go home."""
        with self.lock:
            self.users = max(0, self.users - 1)
        if not self.users:
            self.dismiss()

    def close(self) -> None:
        """The pool was closed: nobody stays, though loops go on."""
        self.closed = True
        self.dismiss()

    def _is_needed(self) -> bool:
        return self.users > 0 and not self.closed

    def dismiss(self) -> None:
        """Send the idle workers home, and wait the instant that this takes; busy ones follow when they are done."""
        # With nobody left to work for, who has just finished leaves too, without lying down first.
        leaving = {worker for worker in tuple(self.workers) if worker.call is None and not self._is_needed()}
        while self._idle:
            worker = self._idle.pop()
            leaving.add(worker)
            worker.gate.release()
        for worker in leaving:
            if worker.thread is not None and worker.thread is not threading.current_thread():
                worker.thread.join(0.2)
        self.on_dismissed()

    def is_full(self) -> bool:
        """Whether a call would have to wait for another to end."""
        return self.running() + self.waiting() >= self.size

    # Waking and hiring: on the loop or on a worker

    def _wake(self) -> None:
        # While one woken worker is on its way, further calls wake nobody: it will see them, and chain.
        if self._waking:
            return
        self._waking = True
        try:
            worker = self._idle.pop()
        except IndexError:
            if not self._hire():
                self._waking = False
        else:
            worker.gate.release()

    def _hire(self) -> bool:
        worker = Worker()
        with self.lock:
            if len(self.workers) >= self.size:
                return False
            self.workers.add(worker)
        try:
            self._start(worker)
        except RuntimeError:  # the system gives no more threads: do with those there are
            self.workers.discard(worker)
            logger.exception("Pool %r runs with %d threads, not %d", self.name, len(self.workers), self.size)
            if not self.workers:
                self._waking = False
                raise
            return False
        return True

    def _start(self, worker: Worker) -> None:
        # daemon: a body that never returns must not hold up the end of the interpreter
        name = f"{self.name}-{next(self._numbers)} (fastapi-convert)"
        worker.thread = threading.Thread(target=self._serve, args=(worker,), name=name, daemon=True)
        worker.thread.start()

    # On the worker

    def _serve(self, worker: Worker) -> None:
        self._waking = False
        worker.gauge.restart()  # made on the thread that hired, whose CPU clock is another
        queue = self.queue
        while True:
            try:
                worker.call = queue.popleft()
            except IndexError:
                if self._sleep(worker) or not self._leave(worker):
                    continue
                return
            if queue and not self._waking:
                self._wake()
            self._run(worker, worker.call)

    def _sleep(self, worker: Worker) -> bool:
        """Wait to be woken; `False` if that took too long or nobody is left who could."""
        woken = False
        self._idle.append(worker)
        # Look again after lying down: a call queued in between woke nobody.
        if not self.queue and self._is_needed():
            woken = worker.gate.acquire(timeout=IDLE_SECONDS)
        if not woken:
            try:
                self._idle.remove(worker)
            except ValueError:  # woken in this very moment: the lock is, or is about to be, released
                worker.gate.acquire()
                woken = True
        if woken:
            self._waking = False
            worker.gauge.restart()
        return woken

    def _leave(self, worker: Worker) -> bool:
        with self.lock:
            if self.queue:  # submit found the crew complete and hired nobody, so this worker stays
                return False
            self.workers.discard(worker)
            self._completed_by_gone += worker.completed
            return True

    def _run(self, worker: Worker, call: Call) -> None:
        box = call.box
        if box is not worker.box:
            worker.box = box
            box.claim_thread()
        began = time.monotonic()
        self._execute(call)
        seconds = time.monotonic() - began
        if seconds >= CpuGauge.MIN_SECONDS and worker.gauge.shows_hog(seconds, self.busy()):
            self._tell_hog(call, seconds)
        worker.completed += 1
        worker.call = None
        box.post(call)

    def _execute(self, call: Call) -> None:
        call.crew = self
        call.execute()
        call.crew = None
        if call.loan is not None:  # the slot is free again only when the thread it was lent to has ended
            call.loan.join()

    def _tell_hog(self, call: Call, seconds: float) -> None:
        name = name_of(call.fn)
        if name not in self._told and len(self._told) < 1000:
            self._told.add(name)
            tell_hog(call.fn, seconds, self.name)

    # Calls within calls

    def _lend(self, call: Call) -> bool:
        """Run a call whose own caller holds a worker of this crew, when no other worker is free.

        The body waits in `anyio.from_thread.run`, so its slot is idle: it is lent to one call at a time, which runs
        in a thread of its own. Otherwise a pool whose workers all wait for the pool would wait for ever.
        """
        parent = call.parent
        while parent is not None and parent.crew is not self:
            parent = parent.parent
        if parent is None or self.busy() < self.size or (parent.loan is not None and parent.loan.is_alive()):
            return False
        parent.loan = threading.Thread(target=self._run_loan, args=(call,), name=f"{self.name} (loan)", daemon=True)
        parent.loan.start()
        return True

    def _run_loan(self, call: Call) -> None:
        call.box.claim_thread()
        self._execute(call)
        call.box.post(call)

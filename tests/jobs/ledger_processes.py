"""Processes that share a ledger, or come to grief over one: `python -m tests.jobs.ledger_processes COMMAND ...`.

Their answers are lines on the standard output.
"""

from __future__ import annotations

import os
import resource
import sys
import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from pathlib import Path

from fastapi_convert.errors import JobStoreUnavailable, JobStoreUnusable, NotStarted
from fastapi_convert.jobs.ledger import SQLiteLedger, _writer
from fastapi_convert.jobs.ledger._mutex import Mutex
from fastapi_convert.jobs.model import Ending, NewJob, QueueTerms, Submission

TERMS = [QueueTerms("default", ("report",))]
NOBODY = 65_534


def say(*words: object) -> None:
    print(*words, flush=True)


def opened(path: str) -> SQLiteLedger:
    ledger = SQLiteLedger(path, durability="process", timeout=30)
    ledger.open()
    return ledger


def submit(path: str, count: str) -> None:
    """Submit so many jobs, a few at a time; say the ids."""
    ledger = opened(path)
    for start in range(0, int(count), 10):
        futures = [ledger.submit(NewJob("report", "{}")) for _ in range(start, start + 10)]
        say(*[future.result().id for future in futures])
    ledger.close()


def submit_for_ever(path: str, checkpoint_at: str) -> None:
    """Submit, with checkpoints all the time; say each id once it is acknowledged. Some jobs are run too."""
    _writer.CHECKPOINT_AT = int(checkpoint_at)
    ledger = opened(path)
    say("ready")
    waiting: set[Future[Submission]] = set()
    while True:
        waiting |= {ledger.submit(NewJob("report", "x" * 500)) for _ in range(8)}
        done, waiting = wait(waiting, return_when=FIRST_COMPLETED)
        for future in done:
            say(future.result().id)
        for claim in ledger.claim(str(os.getpid()), TERMS, 2).result():
            ledger.end(claim.id, claim.attempt, Ending("succeeded", result="1"))


def work(path: str, total: str) -> None:
    """Claim and end jobs until so many have ended, by whomever; say the ids of those that were mine."""
    ledger = opened(path)
    say("ready")
    while sum(1 for record in ledger.list(count=10_000) if record.finished_at) < int(total):
        claims = ledger.claim(str(os.getpid()), TERMS, 5).result()
        ends = [ledger.end(claim.id, claim.attempt, Ending("succeeded", result="1")) for claim in claims]
        assert all(end.result() for end in ends)
        say(*[claim.id for claim in claims])
    ledger.close()


def hold(path: str) -> None:
    """Hold the lock until the standard input ends."""
    mutex = Mutex(Path(path))
    mutex.open()
    assert mutex.acquire(0)
    say("held")
    sys.stdin.read()


def fill(path: str) -> None:
    """Write until the system allows no more, then with its leave again."""
    ledger = opened(path)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, hard))
    stored = 0
    try:
        while True:
            ledger.submit(NewJob("report", "x" * 10_000)).result()
            stored += 1
    except JobStoreUnavailable as error:
        say("refused", stored, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    ledger.submit(NewJob("report", "{}")).result()
    ledger.close()
    say("stored", stored + 1)


def open_without_leave(folder: str) -> None:
    """Open a store that this user may not write."""
    os.chdir(folder)
    if os.geteuid() == 0:
        os.setuid(NOBODY)
    try:
        SQLiteLedger("jobs.db", timeout=1).open()
    except JobStoreUnusable as error:
        say("refused", error)


def fork(path: str) -> None:
    """Fork with an open ledger, again and again while it writes; its children must leave it alone."""
    ledger = opened(path)
    go_on = threading.Event()
    background = threading.Thread(target=_keep_writing, args=(ledger, go_on))
    background.start()
    codes = [_forked(lambda: _in_child(ledger)) for _ in range(5)]
    go_on.set()
    background.join()
    ledger.close()
    say("codes", *codes)


def _keep_writing(ledger: SQLiteLedger, until: threading.Event) -> None:
    while not until.is_set():
        ledger.submit(NewJob("mail", "{}")).result()
        ledger.counts()


def _in_child(ledger: SQLiteLedger) -> None:
    assert raises(NotStarted, ledger.counts)
    assert raises(NotStarted, lambda: ledger.submit(NewJob("report", "{}")))
    held = [str(entry.readlink()) for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink()]
    assert not [name for name in held if name.endswith((".lock", ".next"))], held
    ledger.close()
    assert raises(JobStoreUnusable, ledger.open)
    assert raises(JobStoreUnusable, SQLiteLedger(ledger.path).open)
    use(SQLiteLedger(ledger.path.with_name("other.db")))


def raises(kind: type[Exception], call: Callable[[], object]) -> bool:
    try:
        call()
    except kind:
        return True
    return False


def use(ledger: SQLiteLedger) -> None:
    """Open it, store a job, and close it."""
    ledger.open()
    job = ledger.submit(NewJob("report", "{}")).result()
    assert ledger.get(job.id) is not None
    ledger.close()


def fork_before(path: str) -> None:
    """Fork with a ledger that is not open, and use it on both sides."""
    ledger = SQLiteLedger(path)
    code = _forked(lambda: use(ledger))
    use(ledger)
    say("code", code)


def _forked(body: Callable[[], None]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            body()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


COMMANDS: dict[str, Callable[..., None]] = {
    "fill": fill,
    "fork": fork,
    "fork_before": fork_before,
    "hold": hold,
    "open_without_leave": open_without_leave,
    "submit": submit,
    "submit_for_ever": submit_for_ever,
    "work": work,
}

if __name__ == "__main__":
    COMMANDS[sys.argv[1]](*sys.argv[2:])

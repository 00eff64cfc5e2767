"""`make_terms`: what `@jobs.job(...)` is told becomes terms, or is refused where the function is written."""

from __future__ import annotations

import functools
import math
import sys
import types
from collections.abc import Callable
from typing import Any

import pytest

from fastapi_convert import offload
from fastapi_convert.errors import Errors, MappedError
from fastapi_convert.jobs import Jobs
from fastapi_convert.jobs._registration import CAPABILITIES, ONCE, make_terms
from fastapi_convert.jobs._terms import Terms
from fastapi_convert.jobs.progress import Progress
from fastapi_convert.jobs.retries import Retry


def make(fn: Any, **options: Any) -> Terms:
    """Terms as `@jobs.job(**options)` makes them, with the defaults of `Jobs`."""
    unsaid = dict.fromkeys(
        ("name", "queue", "executor", "timeout", "retries", "limit", "max_crashes", "max_tasks_per_process", "errors")
    )
    defaults = {"keep": "7d", "max_queued": 1000, "priority": 0, "max_upload": "1GB"}
    return make_terms(fn, **{**unsaid, **defaults, **options})


def plain(a: int) -> int:
    return a


def reporting(a: int, *, progress: Progress) -> int:
    return a


async def awaiting(a: int) -> int:
    return a


@offload
def offloaded(a: int) -> int:
    return a


def yielding() -> Any:
    yield 1


def taking_a_connection(connection: types.ModuleType) -> None: ...


class Holder:
    def __call__(self, a: int) -> int:
        return a

    def method(self, a: int) -> int:
        return a

    @staticmethod
    def static(a: int) -> int:
        return a

    offloaded = offload(plain)


# What is not said.


def test_nothing_said_is_a_process_that_runs_it_once() -> None:
    """Times in seconds, sizes in bytes."""
    terms = make(plain)
    assert (terms.fn, terms.name, terms.queue, terms.executor) == (plain, "plain", "default", "process")
    assert (terms.timeout, terms.retry, terms.keep, terms.max_upload) == (None, ONCE, 7 * 86_400.0, 10**9)
    assert (terms.limit, terms.max_queued, terms.priority) == (None, 1000, 0)
    assert (terms.max_crashes, terms.max_tasks_per_process) == (None, None)
    assert (terms.cooperative, bool(terms.errors)) == (False, False)
    assert ONCE.attempts == 1


def test_what_is_said_is_kept() -> None:
    """Every option, and times and sizes as people write them."""
    terms = make(
        plain,
        name="old",
        queue="slow",
        executor="process",
        timeout="30m",
        keep="1h",
        limit=2,
        max_queued=5,
        priority=-1,
        max_crashes=1,
        max_tasks_per_process=10,
        max_upload="20MB",
    )
    assert (terms.name, terms.queue, terms.executor, terms.timeout) == ("old", "slow", "process", 1800.0)
    assert (terms.keep, terms.limit, terms.max_queued, terms.priority) == (3600.0, 2, 5, -1)
    assert (terms.max_crashes, terms.max_tasks_per_process, terms.max_upload) == (1, 10, 20_000_000)


@pytest.mark.parametrize(
    "said, queue",
    [({"limit": 1}, "plain"), ({"limit": 1, "name": "old"}, "old"), ({"limit": 1, "queue": "q"}, "q"), ({}, "default")],
    ids=str,
)
def test_a_limit_gives_a_queue_of_its_own(said: dict[str, Any], queue: str) -> None:
    """It is the queue's, and would bind all others in it."""
    assert make(plain, **said).queue == queue


@pytest.mark.parametrize(
    "retries, retry", [(None, Retry(1)), (3, Retry(3)), (Retry(5, on=OSError), Retry(5, on=OSError))]
)
def test_retries_are_runs_in_all(retries: Any, retry: Retry) -> None:
    """A number is a `Retry` with its other defaults."""
    assert make(plain, retries=retries).retry == retry


def test_a_method_is_named_after_its_class() -> None:
    """By its qualified name."""
    assert make(Holder().method, executor="thread").name == "Holder.method"


def test_a_function_that_takes_a_progress_is_cooperative() -> None:
    """In a thread that is all there is to stop it with."""
    assert make(reporting).cooperative
    assert not make(plain).cooperative


# Errors.


def test_a_table_of_errors_becomes_a_map() -> None:
    """One that is a map already stays the one it is."""
    terms = make(plain, errors={LookupError: (404, "No such preset.")})
    assert terms.errors.find(KeyError("secret")) == MappedError(404, "No such preset.", "key-error")
    ready = Errors({ValueError: 422})
    assert make(plain, errors=ready).errors is ready


def test_a_table_of_errors_is_checked_at_once() -> None:
    """Not when the first job fails."""
    with pytest.raises(ValueError, match="LookupError is mapped to 200"):
        make(plain, errors={LookupError: 200})
    with pytest.raises(TypeError, match="'text' is none"):
        make(plain, errors={"text": 404})


# Executors.


@pytest.mark.parametrize("fn, executor", [(plain, "process"), (reporting, "process"), (awaiting, "async")])
def test_how_a_function_is_defined_chooses_its_executor(fn: Callable[..., Any], executor: str) -> None:
    """An `async def` needs a loop, and all else is safest in a process."""
    assert make(fn).executor == executor
    assert make(fn, executor=executor).executor == executor


def test_an_unknown_executor_is_refused_with_those_there_are() -> None:
    """All three of them."""
    with pytest.raises(ValueError, match=r"^Job 'plain' has executor='fibre'; there are process, thread, async\.$"):
        make(plain, executor="fibre")
    assert list(CAPABILITIES) == ["process", "thread", "async"]


@pytest.mark.parametrize("executor", ["process", "thread"])
def test_an_async_def_runs_on_the_loop_only(executor: str) -> None:
    """Elsewhere it would return a coroutine."""
    message = "^Job 'awaiting' is an async def, which runs on the event loop: use executor=\"async\".$"
    with pytest.raises(ValueError, match=message):
        make(awaiting, executor=executor)


def test_a_plain_function_does_not_run_on_the_loop() -> None:
    """It would hold it up."""
    message = "^Job 'plain' is a plain function, which does not run on the event loop: use executor=\"process\".$"
    with pytest.raises(ValueError, match=message):
        make(plain, executor="async")


def test_a_thread_takes_no_timeout() -> None:
    """Nothing can end it; the others can."""
    message = (
        "^Job 'plain' has a timeout, but a thread cannot be ended: use executor=\"process\", which kills it in time.$"
    )
    with pytest.raises(ValueError, match=message):
        make(plain, executor="thread", timeout=5)
    assert make(plain, timeout=5).timeout == 5.0
    assert make(awaiting, timeout="5s").timeout == 5.0


# Functions that other processes cannot find.


def local_function() -> Callable[..., Any]:
    def inside(a: int) -> int:
        return a

    return inside


@pytest.mark.parametrize(
    "fn, problem",
    [
        (local_function(), "it is defined inside another function, where other processes cannot find it"),
        (Holder().method, "it is a method, and processes find functions by their names"),
        (Holder(), "it is a Holder, and processes find functions by their names"),
        (functools.partial(plain, 1), "it is a partial, and processes find functions by their names"),
    ],
    ids=["local", "method", "object", "partial"],
)
def test_what_other_processes_cannot_find_runs_on_a_thread(fn: Callable[..., Any], problem: str) -> None:
    """Refused where it is registered, not at its first run."""
    cure = 'Move it to module level, or use executor="thread".'
    with pytest.raises(ValueError, match=rf"^Job 'x' cannot run in a process: {problem}\. {cure}$"):
        make(fn, name="x")
    assert make(fn, name="x", executor="thread").fn == fn


nameless = lambda: None  # noqa: E731 -- at module level


@pytest.mark.parametrize("fn", [nameless, lambda: None], ids=["assigned", "plain"])
def test_a_lambda_has_no_name_that_other_processes_know(fn: Callable[..., Any]) -> None:
    """At module level too, where moving it there would be no advice."""
    message = (
        r"^Job 'x' cannot run in a process: it is a lambda, which has no name that another process could find\. "
        r'Write it as a def at module level, or use executor="thread"\.$'
    )
    with pytest.raises(ValueError, match=message):
        make(fn, name="x")
    assert make(fn, name="x", executor="thread").fn is fn


def test_a_function_of_an_interactive_session_runs_on_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its module has no file to import; that of a script has."""

    def typed(a: int) -> int:
        return a

    typed.__qualname__, typed.__module__ = "typed", "__main__"
    session = types.ModuleType("__main__")
    monkeypatch.setitem(sys.modules, "__main__", session)
    message = "it is defined in an interactive session, which other processes cannot import"
    with pytest.raises(ValueError, match=rf"^Job 'typed' cannot run in a process: {message}\. Move it into a"):
        make(typed)
    assert make(typed, executor="thread").fn is typed
    session.__file__ = "script.py"
    assert make(typed).executor == "process"


def test_a_function_in_c_has_a_name_too() -> None:
    """It is imported like any other."""
    assert (make(math.gcd).name, make(math.gcd).executor) == ("gcd", "process")


def test_what_has_no_name_must_be_given_one() -> None:
    """Its jobs are stored under it."""
    for fn in (Holder(), functools.partial(plain, 1)):
        with pytest.raises(TypeError, match=r"has no name that its jobs could be stored under: give one, @jobs\.job\("):
            make(fn, executor="thread")


# Wrappers.


@pytest.mark.parametrize(
    "fn, original",
    [
        (offloaded, offloaded.sync),
        (offload(plain), plain),
        (Holder.__dict__["static"], Holder.static),
        (Jobs("never-opened.db").job()(plain), plain),
        (Jobs("never-opened.db").job()(offload(plain)), plain),
    ],
    ids=["decorated", "offloaded", "descriptor", "job", "job of offloaded"],
)
def test_a_wrapper_is_taken_off(fn: Any, original: Any) -> None:
    """A job runs the function itself: the wrapper's coroutine would be neither a result nor fit for a process."""
    terms = make(fn)
    assert terms.fn is original
    assert (terms.name, terms.executor) == (original.__qualname__, "process")


def test_a_method_that_was_offloaded_stays_bound() -> None:
    """`self` is not an argument of the job."""
    holder = Holder()
    terms = make(offload(holder.method), executor="thread")
    assert terms.fn == holder.method
    assert terms.fn(3) == 3


# Numbers.


@pytest.mark.parametrize("option", ["limit", "max_queued", "max_crashes", "max_tasks_per_process"])
def test_counts_are_one_or_more(option: str) -> None:
    """Zero would mean never."""
    for number in (0, -1):
        with pytest.raises(ValueError, match=f"^{option} of job 'plain' is 1 or more, not {number}.$"):
            make(plain, **{option: number})
    assert getattr(make(plain, **{option: 1}), option) == 1


@pytest.mark.parametrize("option", ["limit", "max_queued", "max_crashes", "max_tasks_per_process", "priority"])
@pytest.mark.parametrize("number", [True, "5", 2.0], ids=repr)
def test_numbers_are_whole_ones(option: str, number: Any) -> None:
    """`True` counts as one in Python, and nobody means it."""
    with pytest.raises(TypeError, match=f"^{option} of job 'plain' is a whole number, not {number!r}\\.$"):
        make(plain, **{option: number})


@pytest.mark.parametrize("option", ["limit", "max_queued", "max_crashes", "max_tasks_per_process", "priority"])
def test_numbers_are_what_the_store_can_hold(option: str) -> None:
    """64 bits."""
    assert getattr(make(plain, **{option: 2**63 - 1}), option) == 2**63 - 1
    with pytest.raises(ValueError, match=f"^{option} of job 'plain' is at most {2**63 - 1}"):
        make(plain, **{option: 2**63})


def test_a_priority_may_be_below_zero() -> None:
    """As far as 64 bits go."""
    assert make(plain, priority=-(2**63)).priority == -(2**63)
    with pytest.raises(ValueError, match=r"^priority of job 'plain' is "):
        make(plain, priority=-(2**63) - 1)


@pytest.mark.parametrize("retries", [True, "3", 2.5, ValueError], ids=repr)
def test_retries_of_another_type_are_refused(retries: Any) -> None:
    """A number of runs, or a `Retry`."""
    with pytest.raises(TypeError, match=r"^retries of job 'plain' is a number of runs in all, or a Retry, not "):
        make(plain, retries=retries)


@pytest.mark.parametrize("option, what", [("name", "name of a job"), ("queue", "queue of job 'plain'")])
def test_names_are_short_texts(option: str, what: str) -> None:
    """They are shown in logs, on the board and by the command line."""
    for text in ("", "a\nb", "a\x00", "\x1b[2J", "\udc80", "x" * 201):
        with pytest.raises(ValueError, match=f"^{what} has 1 to 200 characters, none of them a control character"):
            make(plain, **{option: text})
    for other in (5, b"text", True):
        with pytest.raises(TypeError, match=f"^{what} is a text, not "):
            make(plain, **{option: other})
    for fine in ("x" * 200, "Große Berichte 1", "a/b"):
        assert getattr(make(plain, **{option: fine}), option) == fine


@pytest.mark.parametrize("errors", [LookupError, [LookupError], 404, "404"], ids=repr)
def test_errors_are_a_map(errors: Any) -> None:
    """An `Errors`, or a table of them."""
    with pytest.raises(TypeError, match=r"^errors of job 'plain' is an Errors, or a dict such as {LookupError: 404}"):
        make(plain, errors=errors)


@pytest.mark.parametrize(
    "said, message",
    [
        ({"retries": 0}, "retries of job 'plain' is 1 or more, not 0"),
        ({"timeout": 0}, "timeout of job 'plain' is a number of seconds above 0"),
        ({"timeout": "soon"}, "timeout of job 'plain' is a number of seconds above 0"),
        ({"keep": -1}, "keep of job 'plain' is a number of seconds above 0"),
        ({"max_upload": "1,5MB"}, "max_upload of job 'plain' is a number of bytes"),
        ({"max_upload": 0}, "max_upload of job 'plain' is 1 byte or more, not 0"),
    ],
    ids=str,
)
def test_a_time_or_size_that_is_none_is_refused(said: dict[str, Any], message: str) -> None:
    """By the name of the option."""
    with pytest.raises(ValueError, match=message):
        make(plain, **said)


@pytest.mark.parametrize("fn", [yielding, taking_a_connection, None], ids=str)
def test_what_can_be_no_job_is_refused_when_it_is_registered(fn: Any) -> None:
    """As `Signature` says it."""
    with pytest.raises(TypeError, match="cannot be a job"):
        make(fn)

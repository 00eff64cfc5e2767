"""Sleeping, and waiting for threads, processes, signals and people."""

from __future__ import annotations

from ._categories import INPUT, NETWORK, SLEEP, SUBPROCESS, WAITING
from ._grouping import calls
from ._model import Blocking, Unless

__all__ = ("ROWS",)

_NEVER_DEADLOCK = "If the thread that is waited for needs the loop to go on, both stop for ever."
_BOUNDED = "Waits only when the queue has a `maxsize` and is full."
_UNCONTENDED = "Microseconds as long as no other thread holds it for long."
_IN_A_LOOP = "In a running loop this raises RuntimeError: await the coroutine instead."


def _no_timeout(position: int) -> tuple[Unless, ...]:
    return (Unless("timeout", 0, position),)


_NOT_BLOCKING = (Unless("blocking", False, 0), Unless("timeout", 0, 1))
_GET = (Unless("block", False, 0), Unless("timeout", 0, 1))
_PUT = (Unless("block", False, 1), Unless("timeout", 0, 2))

_SLEEPING_AND_ASKING = (
    Blocking(
        "time.sleep",
        SLEEP,
        "asyncio.sleep",
        "native",
        note="`anyio.sleep` does the same on every loop. `await` makes the place one where the task can be cancelled.",
        arguments="1",
    ),
    *calls("builtins", "input breakpoint", category=INPUT),
    *calls("getpass", "getpass", category=INPUT),
    *calls("pdb", "set_trace", category=INPUT),
    *calls("sys.stdin", "read readline readlines", category=INPUT),
)

_THREADING = (
    *calls(
        "threading.Thread",
        "join",
        category=WAITING,
        construct="threading.Thread()",
        unless=_no_timeout(0),
        note=_NEVER_DEADLOCK,
    ),
    *calls(
        "threading.Event",
        "wait",
        "asyncio.Event.*",
        category=WAITING,
        construct="threading.Event()",
        unless=_no_timeout(0),
        note="`asyncio.Event` is set on the loop's thread only.",
    ),
    *calls(
        "threading.Condition",
        "wait",
        "asyncio.Condition.*",
        category=WAITING,
        construct="threading.Condition()",
        unless=_no_timeout(0),
    ),
    *calls(
        "threading.Condition",
        "wait_for",
        "asyncio.Condition.*",
        category=WAITING,
        construct="threading.Condition()",
        arguments="bool",
        unless=_no_timeout(1),
    ),
    *calls("threading.Barrier", "wait", "asyncio.Barrier.*", category=WAITING, construct="threading.Barrier(2)"),
    *calls(
        "threading.Semaphore",
        "acquire",
        "asyncio.Semaphore.*",
        category=WAITING,
        level="warn",
        construct="threading.Semaphore()",
        unless=_NOT_BLOCKING,
    ),
    *calls(
        "threading.Semaphore",
        "__enter__",
        "asyncio.Semaphore",
        category=WAITING,
        level="warn",
        construct="threading.Semaphore()",
    ),
)

_LOCKS = tuple(
    row
    for owner in ("threading.Lock", "threading.RLock", "threading.Condition")
    for row in (
        *calls(
            owner,
            "acquire",
            "asyncio.Lock.acquire",
            category=WAITING,
            level="all",
            construct=f"{owner}()",
            unless=_NOT_BLOCKING,
            note=_UNCONTENDED,
        ),
        *calls(
            owner, "__enter__", "asyncio.Lock", category=WAITING, level="all", construct=f"{owner}()", note=_UNCONTENDED
        ),
    )
)

_QUEUES = (
    *calls("queue.Queue", "get", "asyncio.Queue.*", category=WAITING, construct="queue.Queue()", unless=_GET),
    *calls(
        "queue.Queue",
        "put",
        "asyncio.Queue.*",
        category=WAITING,
        level="all",
        construct="queue.Queue()",
        arguments="1",
        unless=_PUT,
        note=_BOUNDED,
    ),
    *calls("queue.Queue", "join", "asyncio.Queue.*", category=WAITING, construct="queue.Queue()"),
    *calls(
        "queue.SimpleQueue", "get", "asyncio.Queue.*", category=WAITING, construct="queue.SimpleQueue()", unless=_GET
    ),
)

_MULTIPROCESSING = (
    *calls(
        "multiprocessing.Process",
        "join",
        category=WAITING,
        construct="multiprocessing.Process()",
        unless=_no_timeout(0),
        note=_NEVER_DEADLOCK,
    ),
    *calls(
        "multiprocessing.Process",
        "start",
        category=SUBPROCESS,
        level="warn",
        construct="multiprocessing.Process()",
        note="`ProcessPool` keeps its processes, so that the loop does not pay for starting them.",
    ),
    *calls("multiprocessing.Queue", "get", category=WAITING, construct="multiprocessing.Queue()", unless=_GET),
    *calls(
        "multiprocessing.Queue",
        "put",
        category=WAITING,
        level="all",
        construct="multiprocessing.Queue()",
        arguments="1",
        unless=_PUT,
        note=_BOUNDED,
    ),
    *calls("multiprocessing.Queue", "join_thread", category=WAITING, level="warn", construct="multiprocessing.Queue()"),
    *calls("multiprocessing.JoinableQueue", "join", category=WAITING, construct="multiprocessing.JoinableQueue()"),
    *calls("multiprocessing.SimpleQueue", "get", category=WAITING, construct="multiprocessing.SimpleQueue()"),
    *calls(
        "multiprocessing.Event", "wait", category=WAITING, construct="multiprocessing.Event()", unless=_no_timeout(0)
    ),
    *calls(
        "multiprocessing.Condition",
        "wait",
        category=WAITING,
        construct="multiprocessing.Condition()",
        unless=_no_timeout(0),
    ),
    *calls("multiprocessing.Barrier", "wait", category=WAITING, construct="multiprocessing.Barrier(2)"),
    *calls(
        "multiprocessing", "Manager", category=SUBPROCESS, note="Starts a server process and waits until it answers."
    ),
    *calls(
        "multiprocessing.pool.Pool",
        "apply map starmap",
        category=WAITING,
        construct="multiprocessing.Pool()",
        arguments="print",
        note="`ProcessPool` awaits the result instead.",
    ),
    *calls("multiprocessing.pool.Pool", "join", category=WAITING, construct="multiprocessing.Pool()"),
    *calls(
        "multiprocessing.pool.AsyncResult",
        "get wait",
        category=WAITING,
        construct="multiprocessing.Pool().apply_async(print)",
        unless=_no_timeout(0),
    ),
    *calls(
        "multiprocessing.connection.Connection",
        "recv recv_bytes",
        category=WAITING,
        construct="multiprocessing.Pipe()[0]",
        note="`Connection.poll()` without a timeout does not wait.",
    ),
    *calls("multiprocessing.connection", "wait", category=WAITING, arguments="[]", unless=(Unless("timeout", 0, 1),)),
    *calls("multiprocessing.connection", "Client", category=NETWORK, arguments='("x", 1)'),
    *calls(
        "multiprocessing.connection.Listener",
        "accept",
        category=NETWORK,
        construct="multiprocessing.connection.Listener()",
    ),
)

_PROCESS_LOCKS = tuple(
    row
    for name in ("Lock", "RLock", "Semaphore", "BoundedSemaphore")
    for row in (
        *calls(
            f"multiprocessing.{name}",
            "acquire",
            category=WAITING,
            level="warn",
            construct=f"multiprocessing.{name}()",
            unless=_GET,
        ),
        *calls(
            f"multiprocessing.{name}",
            "__enter__",
            category=WAITING,
            level="warn",
            construct=f"multiprocessing.{name}()",
        ),
    )
)

_FUTURES = (
    *calls(
        "concurrent.futures.Future",
        "result exception",
        "asyncio.wrap_future",
        category=WAITING,
        construct="concurrent.futures.ThreadPoolExecutor().submit(print)",
        unless=_no_timeout(0),
        note="`await loop.run_in_executor(pool, function)` gives a future to await. The result of "
        "`asyncio.run_coroutine_threadsafe` on the loop's own thread never comes.",
    ),
    *calls("concurrent.futures", "wait", "asyncio.wait", category=WAITING, arguments="[]", unless=_no_timeout(1)),
    *calls(
        "concurrent.futures",
        "as_completed",
        "asyncio.as_completed",
        category=WAITING,
        arguments="[]",
        unless=_no_timeout(1),
    ),
    *calls(
        "concurrent.futures.Executor",
        "shutdown",
        category=WAITING,
        construct="concurrent.futures.ThreadPoolExecutor()",
        unless=(Unless("wait", False, 0),),
    ),
    *calls(
        "concurrent.futures.Executor",
        "map",
        category=WAITING,
        level="warn",
        construct="concurrent.futures.ThreadPoolExecutor()",
        arguments="print, []",
        note="Submitting does not wait, taking the results does.",
    ),
    *calls(
        "concurrent.futures.Executor",
        "__exit__",
        category=WAITING,
        level="warn",
        construct="concurrent.futures.ThreadPoolExecutor()",
        note="The end of `with` waits for all that was submitted; harmless if all of it was awaited inside.",
    ),
)

_LOOPS = (
    *calls("asyncio", "run", "asyncio.create_task", category=WAITING, level="warn", arguments="x()", note=_IN_A_LOOP),
    *calls(
        "asyncio.AbstractEventLoop",
        "run_until_complete",
        "asyncio.create_task",
        category=WAITING,
        level="warn",
        construct="asyncio.new_event_loop()",
        arguments="x()",
        note=_IN_A_LOOP,
    ),
    *calls(
        "asyncio.Runner",
        "run",
        "asyncio.create_task",
        category=WAITING,
        level="warn",
        construct="asyncio.Runner()",
        arguments="x()",
        note=_IN_A_LOOP,
    ),
    *calls(
        "asgiref.sync.AsyncToSync",
        "__call__",
        "asyncio.create_task",
        category=WAITING,
        construct="asgiref.sync.async_to_sync(x)",
        note=f"{_IN_A_LOOP} Behind `sync_to_async` it waits for the loop.",
    ),
)

_ANOTHER_PROCESS = "Tries and sleeps until the process that holds it lets go, for ever unless there is a timeout."
_FILE_LOCKS = (
    *(
        row
        for kind in ("FileLock", "SoftFileLock")
        for row in (
            *calls(
                f"filelock.{kind}",
                "acquire",
                f"filelock.Async{kind}.*",
                category=WAITING,
                construct=f'filelock.{kind}("x.lock")',
                unless=(Unless("timeout", 0, 0), Unless("blocking", False)),
                note=_ANOTHER_PROCESS,
            ),
            *calls(
                f"filelock.{kind}",
                "__enter__",
                f"filelock.Async{kind}",
                category=WAITING,
                construct=f'filelock.{kind}("x.lock")',
                note=_ANOTHER_PROCESS,
            ),
        )
    ),
    *calls("portalocker", "lock", category=WAITING, arguments="x, y", note="Waits without `LockFlags.NON_BLOCKING`."),
    *calls(
        "portalocker.Lock",
        "acquire __enter__",
        category=WAITING,
        construct='portalocker.Lock("x")',
        note=_ANOTHER_PROCESS,
    ),
    *calls(
        "fasteners.InterProcessLock",
        "acquire",
        category=WAITING,
        construct='fasteners.InterProcessLock("x")',
        unless=(Unless("blocking", False, 0), Unless("timeout", 0)),
        note=_ANOTHER_PROCESS,
    ),
    *calls(
        "fasteners.InterProcessLock",
        "__enter__",
        category=WAITING,
        construct='fasteners.InterProcessLock("x")',
        note=_ANOTHER_PROCESS,
    ),
)

_READINESS = (
    *calls(
        "select",
        "select",
        "asyncio.AbstractEventLoop.add_reader",
        category=NETWORK,
        arguments="[], [], []",
        unless=_no_timeout(3),
    ),
    *calls(
        "select.poll",
        "poll",
        "asyncio.AbstractEventLoop.add_reader",
        category=NETWORK,
        construct="select.poll()",
        unless=(Unless("timeout", 0, 0),),
    ),
    *calls(
        "select.epoll",
        "poll",
        "asyncio.AbstractEventLoop.add_reader",
        category=NETWORK,
        construct="select.epoll()",
        unless=_no_timeout(0),
    ),
    *calls(
        "selectors.BaseSelector",
        "select",
        "asyncio.AbstractEventLoop.add_reader",
        category=NETWORK,
        construct="selectors.DefaultSelector()",
        unless=_no_timeout(0),
    ),
    *calls("signal", "pause", "asyncio.AbstractEventLoop.add_signal_handler", category=WAITING),
    *calls(
        "signal",
        "sigwait sigwaitinfo",
        "asyncio.AbstractEventLoop.add_signal_handler",
        category=WAITING,
        arguments="[]",
    ),
    *calls("signal", "sigtimedwait", category=WAITING, arguments="[], 1", unless=_no_timeout(1)),
    *calls(
        "sched.scheduler",
        "run",
        "asyncio.AbstractEventLoop.call_later",
        category=SLEEP,
        construct="sched.scheduler()",
        unless=(Unless("blocking", False, 0),),
    ),
)

ROWS: tuple[Blocking, ...] = (
    *_SLEEPING_AND_ASKING,
    *_THREADING,
    *_LOCKS,
    *_QUEUES,
    *_MULTIPROCESSING,
    *_PROCESS_LOCKS,
    *_FUTURES,
    *_LOOPS,
    *_FILE_LOCKS,
    *_READINESS,
)

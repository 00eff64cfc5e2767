"""The kinds of blocking, one code each."""

from __future__ import annotations

from ._model import Category

__all__ = (
    "CATEGORIES",
    "CPU",
    "DATABASE",
    "FILES",
    "HTTP",
    "INPUT",
    "MAIL",
    "METADATA",
    "NETWORK",
    "QUEUES",
    "SDK",
    "SLEEP",
    "SUBPROCESS",
    "WAITING",
)

SLEEP = Category(
    "FC101",
    "sleep",
    "sleeps",
    "The thread that sleeps is the event loop's: no other request is answered until it wakes.",
    "`await asyncio.sleep(...)`, or `anyio.sleep`, lets the loop serve others meanwhile. In a function that is also "
    "called from synchronous code, offload the function instead.",
)
HTTP = Category(
    "FC102",
    "HTTP",
    "sends an HTTP request and waits for the answer",
    "The loop stands still until the other server has answered, or until the timeout, which `requests` does not have "
    "by default.",
    "One shared `httpx.AsyncClient`, opened in the lifespan, never one per request; or `offload` the function that "
    "makes the request.",
)
DATABASE = Category(
    "FC103",
    "database",
    "waits for a database",
    "Every statement is at least one round trip, and may wait for locks or for a free connection. A pool of ten "
    "connections serves one request at a time as long as its users block the loop.",
    "The driver's async twin where there is one (`sqlalchemy.ext.asyncio`, `asyncpg`, `redis.asyncio`); or `offload` "
    "the whole function that uses the session, so that the session stays on one thread.",
)
FILES = Category(
    "FC104",
    "files",
    "reads or writes a file",
    "A disk is quick until it is busy, remote or full; what is in no cache takes milliseconds, a network "
    "folder seconds.",
    "`offload` the function that opens and reads the file: one hop for the whole of it. `aiofiles` suits single reads "
    "and writes of whole files.",
)
SUBPROCESS = Category(
    "FC105",
    "subprocess",
    "runs another program and waits for it",
    "Starting a process copies page tables, and waiting for its end takes as long as the program likes.",
    "`asyncio.create_subprocess_exec`, or `anyio.run_process`, which also checks the exit code; or `offload`.",
)
NETWORK = Category(
    "FC106",
    "network",
    "waits for the network",
    "Names are resolved and sockets connect when the other side answers: after milliseconds, or after the timeout.",
    "`loop.getaddrinfo`, `asyncio.open_connection` or `anyio.connect_tcp`; or `offload`.",
)
MAIL = Category(
    "FC107",
    "mail",
    "talks to a mail server",
    "A message is half a dozen round trips, and servers make unknown senders wait on purpose.",
    "`aiosmtplib`, or `offload`; a job if the answer need not wait for it.",
)
SDK = Category(
    "FC108",
    "SDK",
    "calls a service through its synchronous SDK",
    "An SDK hides an HTTP request, its retries and their pauses: seconds, and minutes for a language model.",
    "The SDK's async client where it has one, otherwise `offload` with a pool of its own and a timeout.",
)
INPUT = Category(
    "FC109",
    "input",
    "waits for a person at the terminal",
    "Nothing else happens until somebody types a line.",
    "Ask before the loop starts, or `offload` the question.",
)
WAITING = Category(
    "FC110",
    "waiting",
    "waits for another thread or process",
    "The loop stops until somebody else lets it go on; if that one needs the loop to do so, it stops for ever.",
    "Await the asynchronous twin: `asyncio.Queue`, `asyncio.Lock`, `await asyncio.wrap_future(...)`; or `offload` "
    "the wait.",
)
CPU = Category(
    "FC111",
    "CPU",
    "computes for long",
    "Python computes on the loop's own thread: parsing a file of 100 MB or hashing a password holds every request up "
    "for as long as it takes.",
    "Hand it to a `ProcessPool`. Code that lets go of the GIL (hashing, compression, much of NumPy) also does well on "
    "a thread, by `offload`.",
)
METADATA = Category(
    "FC112",
    "file metadata",
    "asks the file system a small question",
    "A `stat` takes microseconds on a local disk, and as long as it likes on a network folder that has gone away.",
    "Leave it where the disk is local. Where it is not, `offload` the function.",
)
QUEUES = Category(
    "FC113",
    "queue",
    "talks to a message broker",
    "Publishing is a round trip to the broker, and reconnects with pauses when the broker is away.",
    "The client's async twin where there is one (`aio_pika`, `aiokafka`, `redis.asyncio`), otherwise `offload`.",
)

CATEGORIES = (
    SLEEP,
    HTTP,
    DATABASE,
    FILES,
    SUBPROCESS,
    NETWORK,
    MAIL,
    SDK,
    INPUT,
    WAITING,
    CPU,
    METADATA,
    QUEUES,
)

"""The process of a client: POSTs over raw connections, so that next to nothing of the time is its own."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvloop

#: The file that a server tells its port in, and what it can be asked for.
PORT = "port"
OURS_PATH, BACKGROUND_PATH = "/ours", "/background"

CONNECTIONS = 64
_BODY = b'{"number": 0, "seconds": 0.0}'


class Connection:
    """One, which is kept alive."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: str) -> None:
        self._reader, self._writer = reader, writer
        head = f"POST {path} HTTP/1.1\r\nHost: bench\r\nContent-Type: application/json\r\n"
        self._request = f"{head}Content-Length: {len(_BODY)}\r\n\r\n".encode() + _BODY

    @classmethod
    async def to(cls, port: int, path: str) -> Connection:
        return cls(*await asyncio.open_connection("127.0.0.1", port), path)

    async def post(self) -> None:
        """Send one, and read the answer: 202."""
        self._writer.write(self._request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).lower()
        assert b" 202 " in head, head
        length = head.partition(b"content-length:")[2].partition(b"\r\n")[0]
        await self._reader.readexactly(int(length))

    def close(self) -> None:
        self._writer.close()


async def burst(connections: list[Connection], count: int) -> float:
    """So many requests, on each connection one after another; how many milliseconds all took."""

    async def share(connection: Connection, number: int) -> None:
        for _ in range(number, count, CONNECTIONS):
            await connection.post()

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for number, connection in enumerate(connections):
            tasks.create_task(share(connection, number))
    return (time.perf_counter() - began) * 1000


async def steady(connections: list[Connection], count: int, rate: float) -> list[float]:
    """So many requests, each at its time whether or not those before are answered; milliseconds from that time."""
    free, took = list(connections), []

    async def send(due: float) -> None:
        with _one_of(free) as connection:
            await connection.post()
        took.append((time.perf_counter() - due) * 1000)

    began = time.perf_counter() + 0.1
    async with asyncio.TaskGroup() as tasks:
        for number in range(count):
            due = began + number / rate
            await asyncio.sleep(due - time.perf_counter())
            tasks.create_task(send(due))
    return took


@contextmanager
def _one_of(free: list[Connection]) -> Iterator[Connection]:
    connection = free.pop()
    try:
        yield connection
    finally:
        free.append(connection)


async def _run(port: int, path: str, count: int, rate: float) -> float | list[float]:
    connections = [await Connection.to(port, path) for _ in range(CONNECTIONS)]
    try:
        await burst(connections, CONNECTIONS)  # the first of each is not timed
        return await (steady(connections, count, rate) if rate else burst(connections, count))
    finally:
        for connection in connections:
            connection.close()


def main() -> None:
    """In that process: a port, a path, how many requests, and how many a second; 0: as soon as can be."""
    port, path, count, rate = sys.argv[1:]
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        print(json.dumps(runner.run(_run(int(port), path, int(count), float(rate)))))


if __name__ == "__main__":
    main()

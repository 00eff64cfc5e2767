"""The pools of uploads: apart from each other, ended together, and there for the next app."""

from __future__ import annotations

import threading
from typing import BinaryIO

import anyio

from fastapi_convert.uploads import upload_pool
from fastapi_convert.uploads._pools import step_pool
from tests.support.waiting import wait_until_async
from tests.uploads.arriving import Client, raw_upload


def read_all(file: BinaryIO) -> bytes:
    return file.read()


async def test_the_end_of_the_pool_waits_for_uploads_and_for_their_last_steps() -> None:
    """What a shutdown has cut off removes its temporary file before the loop ends."""
    gates = [threading.Event(), threading.Event()]
    ended: list[str] = []

    def body(number: int) -> None:
        gates[number].wait(20)
        ended.append(["consumer", "step"][number])

    async def close() -> None:
        async with upload_pool():
            await wait_until_async(lambda: upload_pool().stats().running == step_pool().stats().running == 1)
        ended.append("closed")

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(upload_pool().run, body, 0)
        tasks.start_soon(step_pool().run, body, 1)
        tasks.start_soon(close)
        await wait_until_async(lambda: upload_pool().closed)
        gates[0].set()
        await wait_until_async(lambda: step_pool().closed)
        assert ended == ["consumer"]
        gates[1].set()
    assert ended == ["consumer", "step", "closed"]


async def test_uploads_go_on_after_another_app_has_ended() -> None:
    """The pools are the process's, and the next app may have no lifespan."""
    async with upload_pool():
        pass
    upload = raw_upload(Client([b"data"]), hash="sha256")
    assert await upload.run(read_all) == b"data"
    assert [line async for line in raw_upload(Client([b"data"])).lines()] == ["data"]

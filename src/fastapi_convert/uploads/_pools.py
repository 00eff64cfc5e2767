"""Where uploads run: consumers, which may wait for a client, apart from short steps, which never do."""

from __future__ import annotations

import functools

from fastapi_convert.offloading import Pool


class UploadPool(Pool):
    """A pool that ends together with `step_pool`, so that a lifespan need know only one of them.

    Both belong to the process. So they take calls again once they have ended: another app, or the next test, may have
    no lifespan that opens them.
    """

    async def aclose(self) -> None:
        """Let uploads that run end, and then their last steps: removing a temporary file is one."""
        await super().aclose()
        await step_pool().aclose()
        await step_pool().__aenter__()
        await self.__aenter__()


@functools.cache
def upload_pool() -> Pool:
    """The pool of `Upload.run` without a `pool` of its own: 16 threads, and 200 uploads may wait for one.

    A thread is taken when a window is full or the file has ended, not before: stalled clients hold none. Each upload
    that waits keeps a window of 1 MiB, so the second figure bounds memory.

    `async with upload_pool()` in the lifespan lets uploads that are cut off at shutdown clean up behind themselves;
    uvicorn gives them no time of its own.

    Examples:
        >>> from fastapi_convert.uploads import upload_pool
        >>> upload_pool().stats().threads
        16
    """
    return UploadPool("uploads", threads=16, max_waiting=200)


@functools.cache
def step_pool() -> Pool:
    """The pool for parsing, hashing and writing a piece that has arrived: steps that end by themselves.

    Apart from `upload_pool`, whose threads may all be waiting for slow clients.
    """
    return Pool("upload steps", threads=8, max_waiting=10_000)

"""Where uploads run: consumers, which may wait for a client, apart from short steps, which never do."""

from __future__ import annotations

import functools

from fastapi_convert.offloading import Pool


@functools.cache
def upload_pool() -> Pool:
    """The pool of `Upload.run` without a `pool` of its own: 16 threads, and 200 uploads may wait for one.

    A thread is taken when a window is full or the file has ended, not before: stalled clients hold none. Each upload
    that waits keeps a window of 1 MiB, so the second figure bounds memory.

    Example:
        >>> from fastapi_convert.uploads import upload_pool
        >>> upload_pool().stats().threads
        16
    """
    return Pool("uploads", threads=16, max_waiting=200)


@functools.cache
def step_pool() -> Pool:
    """The pool for parsing, hashing and writing a piece that has arrived: steps that end by themselves.

    Apart from `upload_pool`, whose threads may all be waiting for slow clients.
    """
    return Pool("upload steps", threads=8, max_waiting=10_000)

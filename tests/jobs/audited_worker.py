"""Runs the jobs of the campaign's store in this process, under an audit hook, and prints how the given ones end.

Any event that only foreign code could cause ends it with code 3.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import anyio

from tests.jobs.campaign_app import jobs

FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "pickle.find_class", "ctypes.dlopen")
watched: list[bool] = []


def watch(event: str, arguments: tuple[Any, ...]) -> None:
    """End the process when something happens that must not."""
    if watched and event.startswith(FORBIDDEN):
        os.write(2, f"{event} {arguments!r}\n".encode())
        os._exit(3)


async def main(ids: list[str]) -> None:
    """Wait for the ends of all of them."""
    watched.append(True)
    async with jobs.lifespan():
        for job_id in ids:
            job = jobs.get(job_id)
            async for _ in job.events():
                pass
            print((await job.status()).status)


if __name__ == "__main__":
    sys.addaudithook(watch)
    anyio.run(main, sys.argv[1:])

"""What tests of presence and bells run in processes of their own: `python -m tests.jobs.machine_processes NAME ...`.

Each says what it has done in lines on stdout, and most then wait until stdin is closed.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from fastapi_convert.jobs.work._bells import Bells
from fastapi_convert.jobs.work._presence import Presence, dead, share


def say(*words: object) -> None:
    os.write(1, (" ".join(map(str, words)) + "\n").encode())  # in one piece: a forked child may write too


def wait_for_the_end() -> None:
    sys.stdin.read()


def work(folder: Path, *begun: str) -> None:
    """A worker that has begun jobs; one named `-` in its place has ended."""
    presence = Presence(folder)
    for place, job_id in enumerate(begun):
        presence.begin(place, job_id.lstrip("-"))
        if job_id.startswith("-"):
            presence.finish(place)
    say(presence.id)
    wait_for_the_end()
    presence.close()


def work_with_helper(folder: Path) -> None:
    """A worker with a process that works for it."""
    presence = Presence(folder)
    child = subprocess.Popen([sys.executable, "-m", __name_to_run, "help", str(presence.path)], stdin=subprocess.PIPE)
    say(presence.id, child.pid)
    wait_for_the_end()


def help(path: Path) -> None:  # noqa: A001 -- the name on the command line
    """Work for somebody, until killed."""
    file = share(path)
    say("helping")
    while file.fd >= 0:
        time.sleep(60)


def fork_and_wait(folder: Path) -> None:
    """A worker that forks, and executes another program; both outlive it."""
    presence = Presence(folder)
    bells = Bells(folder)
    executed = subprocess.Popen(["sleep", "60"], close_fds=False)
    forked = os.fork()
    if not forked:
        presence.begin(0, "f" * 32)
        presence.finish(0)
        presence.close()
        bells.ring()
        bells.close()
        say("closed")
        time.sleep(60)
        os._exit(0)
    say(presence.id, forked, executed.pid)
    wait_for_the_end()


def reap(folder: Path, start: float) -> None:
    """Bury what is dead, at a moment that others try it too."""
    time.sleep(max(0.0, start - time.monotonic()))
    for worker in dead(folder):
        with worker:
            say(worker.id)
            worker.bury()


def come_and_go(folder: Path, times: int) -> None:
    """Begin and end as a worker, over and over; says how often it was taken for dead."""
    lost = 0
    for _ in range(times):
        presence = Presence(folder)
        lost += not presence.path.exists()
        presence.close()
    say(lost)


def listen(folder: Path) -> None:
    """Say each ring."""
    bells = Bells(folder)
    say("ready")
    while bells.wait(30):
        say("rung")


__name_to_run = "tests.jobs.machine_processes"

if __name__ == "__main__":
    name, folder, *rest = sys.argv[1:]
    match name:
        case "reap":
            reap(Path(folder), float(rest[0]))
        case "come_and_go":
            come_and_go(Path(folder), int(rest[0]))
        case "work":
            work(Path(folder), *rest)
        case _:
            {"work_with_helper": work_with_helper, "help": help, "fork_and_wait": fork_and_wait, "listen": listen}[
                name
            ](Path(folder))

"""`stop_signals`: the signal is heard of first, and does all that it did before."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import permutations
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import httpx
import pytest

from fastapi_convert.jobs.work._stop_signals import stop_signals
from tests.support.server import serve
from tests.support.waiting import wait_until_async

ROOT = Path(__file__).parents[2]
NUMBERS = (signal.SIGTERM, signal.SIGINT)


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """What a handler of the test's own, which is there before, hears; everything is as before afterwards."""
    log: list[str] = []

    def hear(number: int, frame: FrameType | None) -> None:
        log.append(f"before {signal.Signals(number).name}")

    before = {number: signal.signal(number, hear) for number in NUMBERS}
    yield log
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", NUMBERS)
def test_the_callback_comes_first_and_the_handler_after_it(heard: list[str], number: signal.Signals) -> None:
    """At each signal; and after the block only the handler."""
    before = signal.getsignal(number)
    with stop_signals(lambda: heard.append("callback")):
        signal.raise_signal(number)
        signal.raise_signal(number)
    assert heard == ["callback", f"before {number.name}"] * 2
    assert signal.getsignal(number) is before


def test_an_error_of_the_callback_is_logged_and_not_the_handlers(
    heard: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    """The server ends all the same."""
    with caplog.at_level(logging.ERROR), stop_signals(lambda: 1 / 0):
        signal.raise_signal(signal.SIGTERM)
    assert heard == ["before SIGTERM"]
    assert "SIGTERM has failed" in caplog.text


def test_what_was_ignored_is_still_ignored(heard: list[str]) -> None:
    """But heard of."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with stop_signals(lambda: heard.append("callback")):
        signal.raise_signal(signal.SIGINT)
    assert heard == ["callback"]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_a_handler_in_c_is_left_alone(heard: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing could be passed on to it."""
    before = signal.getsignal(signal.SIGTERM)
    monkeypatch.setattr(signal, "getsignal", lambda number: None)
    with stop_signals(lambda: heard.append("callback")):
        signal.raise_signal(signal.SIGTERM)
    monkeypatch.undo()
    assert heard == ["before SIGTERM"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_the_default_ends_the_process_as_before(tmp_path: Path) -> None:
    """By the signal itself, as its parent sees."""
    code = (
        "import signal\nfrom fastapi_convert.jobs.work._stop_signals import stop_signals\n"
        "with stop_signals(lambda: print('callback', flush=True)):\n    signal.raise_signal(signal.SIGTERM)\n"
        "print('never')"
    )
    done = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stdout) == (-signal.SIGTERM, "callback\n")


@pytest.mark.parametrize("order", [*permutations("abc")], ids="".join)
def test_several_end_in_any_order(heard: list[str], order: tuple[str, ...]) -> None:
    """Each is heard as long as its block lasts, and nothing is left of them."""
    before = signal.getsignal(signal.SIGTERM)
    with ExitStack() as everything:
        blocks = {}
        for name in "abc":
            blocks[name] = everything.enter_context(ExitStack())
            blocks[name].enter_context(stop_signals(lambda name=name: heard.append(name)))  # type: ignore[misc]  # bound now
        left = "cba"
        for name in order:
            signal.raise_signal(signal.SIGTERM)
            assert heard == [*left, "before SIGTERM"]
            heard.clear()
            blocks[name].close()
            left = left.replace(name, "")
    signal.raise_signal(signal.SIGTERM)
    assert heard == ["before SIGTERM"]
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_later_handler_stays(heard: list[str]) -> None:
    """What somebody has put in our place is his to take away; put back later, ours only passes on."""

    def later(number: int, frame: FrameType | None) -> None:
        heard.append("later")

    with stop_signals(lambda: heard.append("callback")):
        ours = signal.signal(signal.SIGTERM, later)
    assert signal.getsignal(signal.SIGTERM) is later
    signal.signal(signal.SIGTERM, ours)
    signal.raise_signal(signal.SIGTERM)
    assert heard == ["before SIGTERM"]


def test_outside_the_main_thread_it_does_nothing(heard: list[str]) -> None:
    """Python would not let it."""
    before = signal.getsignal(signal.SIGTERM)
    during: list[Any] = []

    def enter() -> None:
        with stop_signals(lambda: None):
            during.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert during == [before]


@pytest.mark.asyncio_only
async def test_a_handler_of_the_event_loop_still_hears_it(heard: list[str]) -> None:
    """As hypercorn and gunicorn have them: a wake-up descriptor, and a Python handler that does nothing."""
    loop = asyncio.get_running_loop()
    for number in NUMBERS:
        loop.add_signal_handler(number, heard.append, f"loop {number.name}")
    try:
        with stop_signals(lambda: heard.append("callback")):
            for number in NUMBERS:
                os.kill(os.getpid(), number)
                await wait_until_async(lambda: len(heard) == 2)
                assert sorted(heard) == ["callback", f"loop {number.name}"]
                heard.clear()
        os.kill(os.getpid(), signal.SIGTERM)
        await wait_until_async(lambda: heard == ["loop SIGTERM"])
    finally:
        for number in NUMBERS:
            loop.remove_signal_handler(number)


@pytest.mark.one_backend
@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
async def test_uvicorn_hears_it_and_ends(loop: Literal["asyncio", "uvloop"]) -> None:
    """A stream that waits for nothing else ends at SIGTERM, and so does the server, long before its patience does."""
    with serve("tests.jobs.stopping_app:app", loop=loop, grace=30) as server:
        async with httpx.AsyncClient() as client, client.stream("GET", f"{server.url}/stream") as response:
            lines = response.aiter_lines()
            assert await anext(lines) == "begun"
            ended = asyncio.create_task(asyncio.to_thread(server.terminate))
            assert [line async for line in lines] == ["ended"]
            code = await ended
        logs = server.logs()
    assert code in {0, -signal.SIGTERM}
    assert logs.count("called back") == 1
    assert "shut down" in logs

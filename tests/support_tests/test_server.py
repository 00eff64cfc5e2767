"""serve: a real uvicorn that is ready when the block starts and gone when it ends."""

import os
import signal
from typing import Literal

import httpx2
import psutil
import pytest

from tests.support.server import serve

APP = "tests.support_tests.an_app"


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_the_app_answers_from_another_process_on_the_loop_that_was_asked_for(
    loop: Literal["asyncio", "uvloop"],
) -> None:
    """It is ready at once, has the given environment, and prints where the test can read it."""
    with serve(f"{APP}:app", loop=loop, env={"A_WORD": "hello"}) as server:
        about = httpx2.get(f"{server.url}/about").json()
        assert about == {"loop": loop, "pid": server.pid, "word": "hello"}
        assert server.pid != os.getpid()
        assert "the app has started" in server.logs()


def test_a_factory_makes_the_app_in_the_server() -> None:
    """The function is called over there, so it need not be picklable."""
    with serve(f"{APP}:make", factory=True) as server:
        assert httpx2.get(f"{server.url}/made").json() == "made by a factory"


def test_two_servers_have_ports_of_their_own() -> None:
    """Nothing is shared between two of them."""
    with serve(f"{APP}:make", factory=True) as one, serve(f"{APP}:make", factory=True) as other:
        assert one.port != other.port
        assert httpx2.get(f"{one.url}/made").status_code == httpx2.get(f"{other.url}/made").status_code == 200


def test_terminate_lets_the_lifespan_end() -> None:
    """SIGTERM is a graceful end, and the logs can still be read after it."""
    with serve(f"{APP}:app") as server:
        server.terminate()
        assert "the app has ended" in server.logs()
        assert not psutil.pid_exists(server.pid)


def test_a_server_that_ignores_sigterm_is_killed_at_the_deadline() -> None:
    """A stuck server never holds up the tests."""
    with serve(f"{APP}:stubborn", factory=True) as server:
        httpx2.get(f"{server.url}/ignore").raise_for_status()
        assert server.terminate(timeout=0.3) == -signal.SIGKILL


def test_a_server_that_cannot_start_fails_with_its_own_words() -> None:
    """The traceback of the other process is in the message."""
    with pytest.raises(AssertionError, match="this app cannot be made"), serve(f"{APP}:broken", factory=True):
        raise AssertionError("the block must not run")

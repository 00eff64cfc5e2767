"""Serves one app on a free port and prints which: `python -m examples.legacy_shop.serve package.module:app`.

It ends when its input does, so that it never outlives the process that started it.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import warnings
from contextlib import suppress
from threading import Thread


def main() -> None:
    """Bind first and announce the port, so that no other process can take it in between."""
    import uvicorn  # noqa: PLC0415 - the pool's processes import this file again, and need no server

    Thread(target=_end_with_input, daemon=True).start()
    # The terminal is for the tables. fastapi-convert tells of functions that compute on a thread; pandas may, it is C.
    logging.getLogger("fastapi_convert").setLevel(logging.ERROR)
    warnings.simplefilter("ignore", RuntimeWarning)
    # uvicorn shuts down, then raises the signal again. An ordinary end lets multiprocessing remove its files.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener, suppress(KeyboardInterrupt):
        print(listener.getsockname()[1], flush=True)
        uvicorn.Server(uvicorn.Config(sys.argv[1], log_level="warning")).run(sockets=[listener])


def _end_with_input() -> None:
    """Wait for the end of our input, which comes when the parent is gone, even if it was killed."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    main()

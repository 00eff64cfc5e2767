"""The process of a server: uvicorn with uvloop and httptools, on a socket that its parent has bound."""

from __future__ import annotations

import socket
import sys

import uvicorn

from benchmarks.uploads.app import app
from benchmarks.uploads.probe import Probe


def main() -> None:
    config = uvicorn.Config(
        Probe(app), loop="uvloop", http="httptools", lifespan="off", log_level="warning", access_log=False
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=int(sys.argv[1]))])


if __name__ == "__main__":
    main()

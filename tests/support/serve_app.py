"""The child of `tests.support.server`: uvicorn on a socket that was bound by the parent."""

from __future__ import annotations

import argparse
import socket

import uvicorn


def main() -> None:
    """Serve the app that is named on the command line until a signal comes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("app", help="module:attribute")
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--loop", required=True)
    parser.add_argument("--http", required=True)
    parser.add_argument("--grace", type=int, required=True)
    parser.add_argument("--factory", action="store_true")
    options = parser.parse_args()
    config = uvicorn.Config(
        options.app,
        loop=options.loop,
        http=options.http,
        factory=options.factory,
        timeout_graceful_shutdown=options.grace,
    )
    uvicorn.Server(config).run(sockets=[socket.socket(fileno=options.fd)])


if __name__ == "__main__":
    main()

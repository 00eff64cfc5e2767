"""Runs a command in a process group of its own, and kills the whole group when whoever asked for it is gone.

The other end of its standard input tells: it closes however its owner ends, also by `kill -9`. Run as a script, so that
it starts at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading


def main() -> None:
    threading.Thread(target=_watch, daemon=True).start()
    sys.exit(subprocess.call(sys.argv[1:], stdin=subprocess.DEVNULL))


def _watch() -> None:
    while os.read(0, 1):  # nobody writes: this returns when the other end is closed
        pass
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main()

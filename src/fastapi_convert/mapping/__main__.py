"""`python -m fastapi_convert.mapping docs/reference`: write the pages that are made from the mapping."""

from __future__ import annotations

import sys
from pathlib import Path

from ._pages import pages

__all__ = ("main",)


def main(folder: Path) -> None:
    """Write each page into `folder`."""
    for name, text in pages().items():
        (folder / name).write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("Name the folder that the pages go to: python -m fastapi_convert.mapping docs/reference")
    main(Path(sys.argv[1]))

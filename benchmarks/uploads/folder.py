"""Where servers save: the temporary folder, where `UploadFile` keeps its files too, so that both use the same disk."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path


def new_path() -> Path:
    """A path where there is no file yet."""
    return Path(tempfile.gettempdir()) / f"saved-{secrets.token_hex(8)}"

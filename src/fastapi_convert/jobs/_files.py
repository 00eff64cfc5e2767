"""The folder beside the store: files that jobs were given or have made, locks, bells, and what is temporary."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

#: A folder without a job is somebody's upload under way, or was left by a process that was killed in the middle.
ORPHAN_AFTER = 86_400.0


@dataclass(frozen=True, slots=True)
class Folders:
    """Where everything lies. Nothing is made before it is needed."""

    root: Path

    @property
    def files(self) -> Path:
        """Files of jobs, a folder for each, which lives as long as the job."""
        return self.root / "files"

    @property
    def workers(self) -> Path:
        """Lock files: who is alive."""
        return self.root / "workers"

    @property
    def bells(self) -> Path:
        """Pipes: who is to be woken."""
        return self.root / "bells"

    def make(self) -> None:
        """Make what a process needs at once, readable by nobody else."""
        for folder in (self.root, self.files, self.workers, self.bells):
            folder.mkdir(mode=0o700, exist_ok=True)

    def inputs_of(self, job_id: str) -> Path:
        """The folder for the files that a job is given."""
        return self.files / job_id / "input"

    def remove(self, job_id: str) -> None:
        """Remove all files of a job."""
        shutil.rmtree(self.files / job_id, ignore_errors=True)

    def remove_orphans(self, exists: Callable[[str], bool]) -> None:
        """Remove folders of jobs that were never stored, once they are a day old."""
        with suppress(OSError):
            for folder in self.files.iterdir():
                with suppress(OSError):
                    if time.time() - folder.stat().st_mtime > ORPHAN_AFTER and not exists(folder.name):
                        shutil.rmtree(folder, ignore_errors=True)

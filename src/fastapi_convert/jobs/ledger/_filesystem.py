"""Which file systems a job store may lie on: those whose locks and shared memory are this machine's own."""

from __future__ import annotations

import re
from pathlib import Path

from fastapi_convert.errors import JobStoreUnusable

_MOUNTS = Path("/proc/self/mountinfo")
# On these, locks may not hold and a shared mapping is not shared: SQLite's WAL mode loses data there. Of FUSE only the
# known ones: it carries local file systems too.
_NETWORK = {
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "coda",
    "gfs2",
    "glusterfs",
    "gpfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "ocfs2",
    "orangefs",
    "smb3",
    "smbfs",
}
_NETWORK_BY_FUSE = {"fuse.ceph", "fuse.gcsfuse", "fuse.glusterfs", "fuse.rclone", "fuse.s3fs", "fuse.sshfs"}


def refuse_network(folder: Path) -> None:
    """Raise `JobStoreUnusable` if `folder`, an absolute path without links, lies on a network file system.

    Where the system does not tell (it needs Linux), nothing is refused.
    """
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return
    kind = filesystem_of(folder, mounts)
    if kind in _NETWORK | _NETWORK_BY_FUSE:
        raise JobStoreUnusable(
            f"its folder lies on a network file system ({kind}), where SQLite loses data. "
            "Put the job store on a disk of this machine, or keep it in PostgreSQL."
        )


def filesystem_of(folder: Path, mounts: str) -> str:
    """The type of the file system that `folder` lies on, by the text of a `mountinfo`; empty if that does not tell."""
    best, kind = Path(), ""
    for line in mounts.splitlines():
        before, _, after = line.partition(" - ")
        fields = before.split(" ")
        if len(fields) < 5 or not after:
            continue
        point = Path(_unescaped(fields[4]))
        # Of two mounts on one point the later one is what is seen there.
        if folder.is_relative_to(point) and len(point.parts) >= len(best.parts):
            best, kind = point, after.split(" ")[0]
    return kind


def _unescaped(text: str) -> str:
    return re.sub(r"\\([0-7]{3})", lambda found: chr(int(found[1], 8)), text)

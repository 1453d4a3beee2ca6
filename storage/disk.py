"""Where a SQLite file may lie: not on a disk that is somebody else's, whose locks cannot be trusted."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/mounts")
FOREIGN = re.compile(r"nfs\d?|cifs|smb\d?|smbfs|9p|virtiofs|afs|ceph|glusterfs|fuse(?:\..+)?")


class ForeignDisk(Exception):
    """The data folder lies on a network or shared file system."""


def check_disk(folder: Path, mounts: str | None = None) -> None:
    """Raises ForeignDisk. `mounts` is the text of /proc/mounts; where a system has none nothing is refused."""
    if mounts is None:
        mounts = MOUNTS.read_text(encoding="utf-8", errors="replace") if MOUNTS.exists() else ""
    kinds = {_unescaped(fields[1]): fields[2] for line in mounts.splitlines() if len(fields := line.split()) > 2}
    place = folder.resolve()
    for above in (place, *place.parents):
        kind = kinds.get(above)
        if kind is not None:
            if FOREIGN.fullmatch(kind):
                raise ForeignDisk(
                    f"{folder} lies on a {kind} file system, where SQLite may lose data; use a local disk."
                )
            return


def _unescaped(path: str) -> Path:
    """A blank in a mount point is written \\040 there."""
    return Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), path))

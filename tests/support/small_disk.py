"""A disk of a few MiB that can be filled, emptied and made read-only, for tests of what a real one does."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

#: Only root on Linux may mount one.
needs_mount = pytest.mark.skipif(
    sys.platform != "linux" or os.geteuid() != 0, reason="left out: only root on Linux mounts a disk"
)
_BLOCK = 64 * 1024


class SmallDisk:
    """A disk mounted at ``folder``."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / "ballast"

    @property
    def free(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize

    def fill(self, leave: int = 0) -> None:
        """Take all space but ``leave`` bytes."""
        with self._ballast.open("wb", buffering=0) as file:
            while (left := self.free - leave) > 0:
                file.write(bytes(min(left, _BLOCK)))

    def make_room(self) -> None:
        """Give back what was taken."""
        self._ballast.unlink()

    def allow_writing(self, allowed: bool) -> None:
        """Mount it anew, read-only or not. Nobody may have a file open for writing then."""
        _run("mount", "-o", f"remount,{'rw' if allowed else 'ro'}", str(self.folder))


@contextmanager
def small_disk(folder: Path, size: int) -> Iterator[SmallDisk]:
    """A disk of ``size`` bytes at ``folder``, which is made."""
    folder.mkdir()
    _run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder))
    try:
        yield SmallDisk(folder)
    finally:
        _run("umount", "--lazy", str(folder))


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)

"""Where a database must not lie: on a network, write-ahead logging loses what two machines, or one cut line, write."""

import sys
from pathlib import Path

from monitor.errors import StoreUnavailable

#: File systems whose files are on another machine; those behind FUSE are named after their program.
_NETWORK = frozenset(
    {
        *("nfs", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "9p", "ceph", "glusterfs", "lustre"),
        *("davfs", "fuse.sshfs", "fuse.rclone", "fuse.davfs", "fuse.glusterfs", "fuse.s3fs", "fuse.gvfsd-fuse"),
        *("fuse.google-drive-ocamlfuse", "fuse.onedriver", "beegfs", "gpfs", "orangefs", "ocfs2", "gfs2"),
    }
)
_MOUNTS = Path("/proc/self/mountinfo")
_REMOTE_DRIVE = 4


def check_local(folder: Path, mounts: Path = _MOUNTS) -> None:
    """Raises StoreUnavailable where ``folder`` is on a network; what cannot be told counts as local."""
    kind = file_system(folder, mounts)
    if kind in _NETWORK:
        raise StoreUnavailable(
            f"{folder} is on a network ({kind}), where a database can be damaged: use a folder on a disk of this"
            " machine, with --data-dir."
        )


def file_system(folder: Path, mounts: Path = _MOUNTS) -> str:
    """The kind of file system that holds ``folder``, as Linux names it; empty where the system does not tell."""
    if sys.platform == "win32":
        return "smb" if _is_remote_drive(folder) else ""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
        place = folder.resolve()
    except OSError:
        return ""
    best, kind = -1, ""
    for line in lines:
        # 36 35 98:0 /root /mount/point options … - type source options
        before, _, after = line.partition(" - ")
        fields, described = before.split(" "), after.split(" ")
        if len(fields) < 5:
            continue
        point = Path(_unescaped(fields[4]))
        # Of two mounts on one point the later one is seen.
        if place.is_relative_to(point) and len(point.parts) >= best:
            best, kind = len(point.parts), described[0]
    return kind


def _unescaped(point: str) -> str:
    for code, character in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, character)
    return point


if sys.platform == "win32":
    import ctypes

    def _is_remote_drive(folder: Path) -> bool:
        root = folder.resolve().anchor
        return root.startswith("\\\\") or ctypes.windll.kernel32.GetDriveTypeW(root) == _REMOTE_DRIVE

"""Which program listens on a port of this machine, where that can be read without rights or waiting."""

from pathlib import Path

_LISTENS = "0A"


def who_listens(port: int, proc: Path = Path("/proc")) -> str:
    """The program's name and process, or “another program” where the system does not tell."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _inodes(proc / "net" / table, port)}
    sockets = {f"socket:[{inode}]" for inode in inodes}
    if sockets:
        for folder in proc.glob("[0-9]*"):
            if _holds(folder / "fd", sockets):
                return _named(folder)
    return "another program"


def _inodes(table: Path, port: int) -> list[str]:
    """The sockets that listen on the port, as the kernel's table has them."""
    try:
        lines = table.read_text("ascii").splitlines()[1:]
    except (OSError, UnicodeError):
        return []
    rows = [line.split() for line in lines]
    return [row[9] for row in rows if row[3] == _LISTENS and int(row[1].rpartition(":")[2], 16) == port]


def _holds(folder: Path, sockets: set[str]) -> bool:
    """Whether one of a process's open files is such a socket; other people's processes do not tell."""
    try:
        opened = list(folder.iterdir())
    except OSError:
        return False
    return any(_target(one) in sockets for one in opened)


def _target(opened: Path) -> str:
    try:
        return str(opened.readlink())
    except OSError:
        return ""  # closed meanwhile


def _named(folder: Path) -> str:
    try:
        name = (folder / "comm").read_text("utf-8", "replace").strip()
    except OSError:
        return "another program"
    return f"“{name}” (process {folder.name})"

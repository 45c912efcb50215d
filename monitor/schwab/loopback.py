"""Sockets at this machine's own address, which no other machine reaches; and who has the port when it is taken."""

import errno
import socket
import sys
from pathlib import Path
from typing import Final

from monitor.errors import Unusable

MOST_WAITING: Final = 8
_PLACES = {"127.0.0.1": ("127.0.0.1",), "::1": ("::1",), "localhost": ("127.0.0.1", "::1")}
_PASTE = "You can still sign in by pasting the address that the browser ends at."
_LISTENS = "0A"


def bound_sockets(host: str, port: int) -> list[socket.socket]:
    """Sockets that listen at a host of this machine, both of them for ``localhost``; no other port will do.

    Raises Unusable when the host is another machine, the port is taken, or the system forbids it.
    """
    places = _PLACES.get(host)
    if places is None:
        raise Unusable(f"The callback address is not on this machine, so no program can wait there. {_PASTE}")
    opened: list[socket.socket] = []
    try:
        for place in places:
            try:
                opened.append(_bound(place, port))
            except OSError as error:
                # Not every machine has IPv6.
                if not (opened and error.errno in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}):
                    raise
    except OSError as error:
        for one in opened:
            one.close()
        raise _no_place(port, error) from error
    return opened


def _bound(place: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in place else socket.AF_INET
    opened = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":
            # There, SO_REUSEADDR would let another program take the port away.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            # Here it only means that connections of the last listening, still ending, do not bar the next one.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        opened.bind((place, port))
        opened.listen(MOST_WAITING)
        opened.setblocking(False)
    except OSError:
        opened.close()
        raise
    return opened


def _no_place(port: int, error: OSError) -> Unusable:
    if error.errno == errno.EADDRINUSE:
        holder = who_listens(port)
        sentence = f"Port {port} is used by {holder}, so the browser cannot come back here. {_PASTE}"
    elif isinstance(error, PermissionError):
        sentence = f"This system does not let the program wait at port {port}. {_PASTE}"
    else:
        sentence = f"The program cannot wait at port {port} of this machine. {_PASTE}"
    return Unusable(sentence, f"{type(error).__name__} {error.errno}")


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

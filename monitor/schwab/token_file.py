"""The token file's place in a folder: the file, what was set aside, and what a killed program left half written."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from monitor.errors import BadData, Unusable
from monitor.schwab.sealing import MOST_BYTES, KeyKind, wanted_key
from monitor.whole_file import sweep, write_private

FILE_NAME: Final = "tokens.bin"


class TokenFile:
    """The file in ``folder``, as sealed bytes. Everything here raises OSError."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / FILE_NAME

    def read(self) -> bytes:
        """The file, or as much of it as tells that it is none of ours; empty when there is none."""
        try:
            return _read(self.path) or b"\0"  # a file of no length is a damaged one
        except FileNotFoundError:
            return b""

    def write(self, content: bytes) -> None:
        """The new file takes the place of the old one whole."""
        write_private(self.path, content)

    def set_aside(self) -> None:
        if self.path.exists():
            self.path.replace(self.path.with_name(f"{FILE_NAME}.bad"))

    def sweep(self) -> None:
        """Remove what was left half written."""
        sweep(self.path)

    def wanted_keys(self) -> set[str]:
        """The names of all keys that are needed from the password store to open what lies here."""
        return {name for path in self._all() for name in _key_names(path)}

    def erase(self) -> None:
        """Remove everything that may hold a sign-in."""
        trouble: OSError | None = None
        for path in list(self._all()):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                trouble = error
        if trouble is not None:
            raise trouble

    def _all(self) -> Iterator[Path]:
        for pattern in (FILE_NAME, f"{FILE_NAME}.bad*", f".{FILE_NAME}.*.part"):
            yield from self.path.parent.glob(pattern)


def kept_in(folder: Path) -> KeyKind | None:
    """What keeps the sign-in that is stored in a folder, by its header alone; None when none is stored.

    Raises BadData when the file is none that can be opened, Unusable when it cannot be read.
    """
    try:
        content = TokenFile(folder).read()
    except OSError as error:
        raise Unusable("The stored sign-in cannot be read.", str(error)) from error
    return wanted_key(content).kind if content else None


def _read(path: Path) -> bytes:
    """Raises OSError, also for what is no file: a pipe would wait for its other end for ever."""
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(handle, "rb") as file:
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            raise OSError(errno.EINVAL, "not a file", str(path))
        return file.read(MOST_BYTES + 1)


def _key_names(path: Path) -> Iterator[str]:
    try:
        key = wanted_key(_read(path))
    except (OSError, BadData):
        return
    if key.kind is KeyKind.KEYRING:
        yield key.name

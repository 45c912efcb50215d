"""A lock that one program at a time can hold; the system frees it when that program ends, however it ends."""

import errno
import os
import sys
from pathlib import Path

#: What the systems say when somebody else holds the lock; anything else means that it cannot be had at all.
_HELD = {errno.EACCES, errno.EAGAIN, errno.EDEADLK}


class FileLock:
    """The lock on the file ``path``, which is made if need be and never removed. No child process inherits it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle: int | None = None

    @property
    def held(self) -> bool:
        return self._handle is not None

    def take(self) -> bool:
        """Whether the lock is ours now. Raises OSError where the folder or its disk does not allow it."""
        if self._handle is not None:
            return True
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(handle)
        except OSError as error:
            os.close(handle)
            if error.errno in _HELD:
                return False
            raise
        self._handle = handle
        return True

    def release(self) -> None:
        """Let others have it; nothing happens when it is not ours."""
        if self._handle is not None:
            _unlock(self._handle)  # a child process that is just being started has this handle for another moment
            os.close(self._handle)
            self._handle = None


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)

    def _unlock(handle: int) -> None:
        msvcrt.locking(handle, msvcrt.LK_UNLCK, 1)
else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_UN)

"""Connections: the only one that writes, those that read, and the lock that keeps a second writer away."""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.errors import StoreUnavailable
from monitor.file_lock import FileLock

BUSY_MS = 5_000
_MIB = 1024 * 1024


def connect_writing(path: Path) -> sqlite3.Connection:
    """The connection that writes and does every checkpoint. Raises sqlite3.Error."""
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000, cached_statements=64
    )
    try:
        settle_writing(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def settle_writing(connection: sqlite3.Connection) -> None:
    """Make a connection the one that writes. Raises sqlite3.Error."""
    _settle(connection, "journal_mode = WAL", "wal_autocheckpoint = 0", f"journal_size_limit = {64 * _MIB}")
    _settle(connection, "foreign_keys = ON", "trusted_schema = OFF", "cell_size_check = ON")
    _settle(connection, "temp_store = MEMORY")


def connect_reading(path: Path) -> sqlite3.Connection:
    """A connection that cannot write. Raises sqlite3.Error."""
    uri = path.absolute().as_uri() + ("?immutable=1" if _at_rest(path) else "?mode=ro")
    connection = sqlite3.connect(uri, uri=True, isolation_level=None, check_same_thread=False, timeout=BUSY_MS / 1000)
    _settle(connection, "query_only = ON", "trusted_schema = OFF", "cell_size_check = ON")
    return connection


@contextmanager
def one_moment(connection: sqlite3.Connection) -> Iterator[None]:
    """What is read within is of one moment, however many questions it takes."""
    connection.execute("BEGIN")
    try:
        yield
    finally:
        if connection.in_transaction:
            connection.execute("COMMIT")


def _at_rest(path: Path) -> bool:
    """Whether nobody has the database open and its folder may only be read: SQLite could not make its log there."""
    others = [path.with_name(path.name + ending) for ending in ("-wal", "-shm")]
    return path.exists() and not os.access(path.parent, os.W_OK) and not any(other.exists() for other in others)


def empty_log(connection: sqlite3.Connection, patient: bool) -> None:
    """Move the log into the file and cut it to nothing; ``patient`` waits for who reads from it. Raises sqlite3.Error.

    What has been moved must not stay in the log: if that is ever cut short, its older pages come over the newer ones
    of the file, and rows are gone that a check does not miss.
    """
    connection.execute(f"PRAGMA busy_timeout = {BUSY_MS if patient else 0}")
    try:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")


def _settle(connection: sqlite3.Connection, *pragmas: str) -> None:
    for pragma in pragmas:
        connection.execute(f"PRAGMA {pragma}")


class WriterLock:
    """Held while this process writes. SQLite before 3.51.3 can lose pages when two connections write at once."""

    def __init__(self, path: Path) -> None:
        """Take the lock beside the database ``path``. Raises StoreUnavailable when another program holds it."""
        self._lock = FileLock(path.with_name(path.name + ".lock"))
        if not self._lock.take():
            raise StoreUnavailable(
                f"Another Market Monitor is recording into {path.parent}: close it, or use another folder."
            )

    def release(self) -> None:
        self._lock.release()


def in_use(path: Path) -> bool:
    """Whether a program has the database open for writing; nothing is made to find out."""
    file = path.with_name(path.name + ".lock")
    if not file.exists():
        return False
    lock = FileLock(file)
    try:
        return not lock.take()
    except OSError:
        return False
    finally:
        lock.release()


def same_file(path: Path, known: os.stat_result) -> bool:
    """Whether ``path`` is still the file that ``known`` describes."""
    try:
        return os.path.samestat(path.stat(), known)
    except OSError:
        return False


def size_of(file: Path) -> int:
    """Bytes on disk; 0 for a file that is not there, or not to be reached."""
    try:
        return file.stat().st_size
    except OSError:
        return 0

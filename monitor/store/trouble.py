"""What went wrong with the database, as one sentence for people."""

import sqlite3
from pathlib import Path

from monitor.errors import StoreUnavailable

_SENTENCES = {
    sqlite3.SQLITE_FULL: "The disk that holds {path} is full.",
    sqlite3.SQLITE_BUSY: "Another program has locked the database {path}.",
    sqlite3.SQLITE_LOCKED: "Another program has locked the database {path}.",
    sqlite3.SQLITE_READONLY: "The database {path} cannot be written: it is read-only.",
    sqlite3.SQLITE_PERM: "The database {path} cannot be written: permission is missing.",
    sqlite3.SQLITE_CANTOPEN: "The database {path} cannot be opened.",
    sqlite3.SQLITE_IOERR: "The disk that holds {path} reports an error.",
    sqlite3.SQLITE_CORRUPT: "The database {path} is damaged.",
    sqlite3.SQLITE_NOTADB: "{path} is not a database of Market Monitor.",
    sqlite3.SQLITE_INTERRUPT: "Reading from {path} took too long and was stopped.",
}


class FileMoved(Exception):
    """The database's file is no longer where it was opened: rows would be written into the void."""


def is_damage(error: BaseException) -> bool:
    """Whether SQLite found the file damaged, and not the disk or another program in its way."""
    return _kind(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def leaves_doubt(error: BaseException) -> bool:
    """Whether the file may not be what it seems after this failure: it was found damaged, or the disk fails."""
    return is_damage(error) or isinstance(error, OSError) or _kind(error) == sqlite3.SQLITE_IOERR


def _kind(error: BaseException) -> int:
    """SQLite's code without its upper bytes, which tell the variety of a failure; 0 for another failure."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def is_sound(connection: sqlite3.Connection) -> bool:
    """Whether a check of the whole file finds no damage; what keeps it from being made is none."""
    try:
        return connection.execute("PRAGMA quick_check(1)").fetchall() == [("ok",)]
    except sqlite3.Error as error:
        return not is_damage(error)


def sentence_of(error: Exception, path: Path) -> str:
    """The sentence for a failure of SQLite or of the disk."""
    if isinstance(error, FileMoved):
        return f"The database {path} was moved or deleted while it was in use."
    if isinstance(error, OSError):
        return f"The folder {path.parent} cannot be used: {error.strerror or error}."
    return _SENTENCES.get(_kind(error), "The database {path} does not work; the log says why.").format(path=path)


def unavailable(error: Exception, path: Path) -> StoreUnavailable:
    """The error to raise for a failure of SQLite or of the disk."""
    return StoreUnavailable(sentence_of(error, path), f"{type(error).__name__}: {error}", damaged=is_damage(error))


def counted(rows: int, others: int) -> str:
    """Words for so many rows and other entries; empty for none."""
    return " and ".join(
        f"{count} {what}" for count, what in ((rows, "recorded rows"), (others, "other entries")) if count
    )

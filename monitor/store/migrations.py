"""Whose database a file is, and bringing an older one up to date: whole steps or nothing."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from monitor.errors import StoreUnavailable
from monitor.ports import OpeningStep
from monitor.store.progress import Progress
from monitor.store.schema import APPLICATION_ID, STEPS, VERSION


def profile_name(sandbox: bool) -> str:
    """The word the database keeps for the world its rows come from."""
    return "sandbox" if sandbox else "live"


@dataclass(frozen=True, slots=True)
class Origin:
    """What a file says of itself: whether it is ours, its schema's version, and the profile that made it."""

    ours: bool
    version: int
    profile: str


def origin(connection: sqlite3.Connection) -> Origin:
    """Read where a database comes from; an empty one is ours, of version 0. Raises sqlite3.Error."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    marked = connection.execute("PRAGMA application_id").fetchone()[0] == APPLICATION_ID
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if not marked or version > VERSION:
        # A newer program may keep its profile elsewhere: its version alone is reason to stop.
        return Origin(marked or empty, version, "")
    row = connection.execute("SELECT value FROM about WHERE key = 'profile'").fetchone()
    return Origin(True, version, row[0] if row else "")


def check_origin(found: Origin, path: Path, sandbox: bool | None) -> None:
    """Raises StoreUnavailable for a foreign database, a newer one, or the other profile's (None accepts both)."""
    if not found.ours:
        raise StoreUnavailable(f"{path} is not a database of Market Monitor.")
    if found.version > VERSION:
        raise StoreUnavailable(f"{path} was made by a newer version of Market Monitor: update the program to use it.")
    if sandbox is None or not found.profile:
        return
    wanted = profile_name(sandbox)
    if found.profile != wanted:
        raise StoreUnavailable(f"{path} holds {found.profile} data; the {wanted} profile needs a folder of its own.")


def migrate(
    connection: sqlite3.Connection, sandbox: bool, progress: Progress | None = None, grows: Path | None = None
) -> None:
    """Take the steps that are missing, in one transaction; what they write goes to the file ``grows`` first.

    Raises sqlite3.Error, and OpeningStopped.
    """
    connection.execute("BEGIN IMMEDIATE")
    try:
        version = connection.execute("PRAGMA user_version").fetchone()[0]
        if version < VERSION:
            _take_steps(connection, version, profile_name(sandbox), progress or Progress(), grows)
        # Written even when it stands: that tells at once whether the file can be written at all.
        connection.execute(f"PRAGMA user_version = {VERSION}")
    except BaseException:
        if connection.in_transaction:  # SQLite has ended it already where it was interrupted, or the disk is full
            connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _take_steps(
    connection: sqlite3.Connection, version: int, profile: str, progress: Progress, grows: Path | None
) -> None:
    from sqlite_utils import Database  # takes 0.4 s to import, and only a database that is not up to date needs it

    db = Database(connection, execute_plugins=False)
    for done, step in enumerate(STEPS[version:]):
        if version:  # a new one is made at once
            progress.tell(_changing(done, VERSION - version), grows)
        step(db)
    db.execute("INSERT OR IGNORE INTO about VALUES ('profile', ?)", (profile,))
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")


def _changing(done: int, steps: int) -> OpeningStep:
    """A single step is over or not: how far it is nobody can tell."""
    return OpeningStep(
        f"Changing the database to version {VERSION}: step {done + 1} of {steps}…",
        done,
        steps if steps > 1 else 0,
        stopping="Stopping takes the change back: the database stays as it was, and the next start begins anew.",
    )

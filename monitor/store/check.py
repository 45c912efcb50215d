"""Checks of the database by SQLite itself, table by table: so they can be followed and stopped, and hold nothing up."""

import sqlite3
from collections.abc import Callable

import msgspec

from monitor.ports import DatabaseCheck
from monitor.store.about import CHECK_DUE, LAST_CHECK, fact, forget_fact, keep_fact
from monitor.store.trouble import is_damage

#: More would only repeat what the first ones say.
_MOST_PROBLEMS = 20


def problems_of(
    connection: sqlite3.Connection, full: bool, progress: Callable[[int, int, str], None], stopped: Callable[[], bool]
) -> tuple[str, ...] | None:
    """What SQLite finds wrong, at most a few of it; None when ``stopped()`` in between. Raises sqlite3.Error.

    ``progress(done, total, table)`` is told before each table. A check that is not ``full`` leaves out whether the
    indexes hold what their tables do.
    """
    kind = "integrity_check" if full else "quick_check"
    problems: list[str] = []
    try:
        tables = [name for (name,) in connection.execute(_TABLES)]
        for done, table in enumerate(tables):
            progress(done, len(tables), table)
            if stopped():
                return None
            found = [text for (text,) in connection.execute(f"PRAGMA {kind}({table})")]
            problems += [] if found == ["ok"] else found
            if len(problems) >= _MOST_PROBLEMS:
                break
    except sqlite3.DatabaseError as error:
        if not is_damage(error):
            raise
        problems.append(str(error))
    return tuple(problems[:_MOST_PROBLEMS])


class KeepCheck(msgspec.Struct, frozen=True):
    """The task that keeps what the newest check found, and that none is due any more."""

    check: DatabaseCheck

    def run(self, connection: sqlite3.Connection) -> None:
        keep_fact(connection, LAST_CHECK, msgspec.json.encode(self.check).decode())
        forget_fact(connection, CHECK_DUE)


def last_check(connection: sqlite3.Connection) -> DatabaseCheck | None:
    """What the newest check found, if there was one. Raises sqlite3.Error."""
    kept = fact(connection, LAST_CHECK)
    try:
        return msgspec.json.decode(kept, type=DatabaseCheck) if kept else None
    except msgspec.MsgspecError:
        return None  # of another version


# Those of the search index are tables like the others; what is only a view of them is not.
_TABLES = """
SELECT name FROM pragma_table_list WHERE schema = 'main' AND type IN ('table', 'shadow') ORDER BY name
"""

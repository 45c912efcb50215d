"""What a check-up tells of a database: where it comes from, what it holds, and whether SQLite finds it sound."""

import sqlite3
from dataclasses import dataclass
from pathlib import Path

from monitor.ports import DatabaseCheck
from monitor.store.about import OPEN, UNCLEAN, fact
from monitor.store.backup import backups_of
from monitor.store.check import last_check
from monitor.store.connect import in_use
from monitor.store.migrations import origin
from monitor.store.schema import TABLES

#: The first SQLite in which two connections that write at once cannot lose pages.
_SAFE_SQLITE = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What ``doctor`` tells of a database.

    ``problems`` is what SQLite's own check found, empty when the file is sound; only then are the rows counted and
    ``table_bytes`` measured, the latter only by a SQLite that can. ``backups`` are the files in ``backups/``, newest
    first. ``in_use`` says whether a program has it open for writing, ``open_since_ms`` when the one opened it that has
    not closed it yet, and ``unclean_ms`` when one was last found that never did. ``recovered`` is the sentence of the
    last time that something was saved of a damaged file.
    """

    path: Path
    profile: str
    schema_version: int
    sqlite_version: str
    sqlite_safe_for_two_writers: bool
    bytes: int
    rows: dict[str, int]
    problems: tuple[str, ...]
    table_bytes: dict[str, int]
    backups: tuple[Path, ...]
    in_use: bool
    open_since_ms: int | None
    unclean_ms: int | None
    last_check: DatabaseCheck | None
    recovered: str


def facts_of(connection: sqlite3.Connection, path: Path) -> StoreFacts:
    """Let SQLite check the file and count. Raises sqlite3.Error."""
    problems = _problems(connection)
    counts = {} if problems else {table: f"SELECT count(*) FROM {table}" for table in TABLES}
    found = origin(connection)
    return StoreFacts(
        path=path,
        profile=found.profile,
        schema_version=found.version,
        sqlite_version=sqlite3.sqlite_version,
        sqlite_safe_for_two_writers=sqlite3.sqlite_version_info >= _SAFE_SQLITE,
        bytes=path.stat().st_size,
        rows={table: connection.execute(sql).fetchone()[0] for table, sql in counts.items()},
        problems=problems,
        table_bytes={} if problems else _table_bytes(connection),
        backups=tuple(backups_of(path)),
        in_use=in_use(path),
        open_since_ms=_number(fact(connection, OPEN)),
        unclean_ms=_number(fact(connection, UNCLEAN)),
        last_check=last_check(connection),
        recovered=_recovered(connection),
    )


def _problems(connection: sqlite3.Connection) -> tuple[str, ...]:
    try:
        found = [text for (text,) in connection.execute("PRAGMA quick_check")]
    except sqlite3.DatabaseError as error:
        found = [str(error)]
    return () if found == ["ok"] else tuple(found)


def _table_bytes(connection: sqlite3.Connection) -> dict[str, int]:
    """Bytes on disk by table, with its indexes, the largest first; not every SQLite can tell."""
    try:
        rows = connection.execute(
            "SELECT tbl_name, sum(pgsize) FROM dbstat('main', 1) JOIN sqlite_master USING (name)"
            " GROUP BY tbl_name ORDER BY 2 DESC"
        ).fetchall()
    except sqlite3.OperationalError:
        return {}
    return dict(rows)


def _recovered(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT sentence FROM audit WHERE kind = 'recovery' ORDER BY id DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None

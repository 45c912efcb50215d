"""What a check-up tells of a database: where it comes from, what it holds, and whether SQLite finds it sound."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from monitor.clock import now_ms
from monitor.market.calendar import around_the_clock, sessions
from monitor.ports import DatabaseCheck, OpeningStep, Tier, TierUse
from monitor.store.about import OPEN, UNCLEAN, fact
from monitor.store.backup import backups_of
from monitor.store.check import last_check
from monitor.store.connect import in_use
from monitor.store.coverage import SeriesFacts, series_facts
from monitor.store.migrations import origin
from monitor.store.progress import Progress
from monitor.store.schema import TABLES
from monitor.store.tiers import ledger
from monitor.store.tiers.retention import used_by
from monitor.store.tiers.tables import TABLES as STREAMED
from monitor.store.tiers.usage import FileFacts, days_in_database, files_on_disk

#: The first SQLite in which two connections that write at once cannot lose pages.
_SAFE_SQLITE = (3, 51, 3)


@dataclass(frozen=True, slots=True)
class StoreFacts:
    """What ``doctor`` tells of a database.

    ``problems`` is what SQLite's own check found, empty when the file is sound; only then are the rows counted, those
    in files too (``tiers``), the files looked for, history read (``series``), and ``table_bytes`` measured, the
    last only by a SQLite that can. ``backups`` are the files in ``backups/``, newest first. ``in_use`` says whether a
    program has it open for writing, ``open_since_ms`` when the one opened it that has not closed it yet, and
    ``unclean_ms`` when one was last found that never did. ``recovered`` is the sentence of the last time that something
    was saved of a damaged file.
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
    tiers: tuple[TierUse, ...]
    files: FileFacts
    series: tuple[SeriesFacts, ...]


def facts_of(connection: sqlite3.Connection, path: Path, progress: Progress) -> StoreFacts:
    """Let SQLite check the file and count. Raises sqlite3.Error."""
    progress.tell(OpeningStep("Checking the database…"))
    problems = _problems(connection)
    found = origin(connection)
    rows: dict[str, int] = {}
    for table in () if problems else TABLES:
        progress.tell(OpeningStep("Counting the rows of the database…", len(rows), len(TABLES), table))
        (rows[table],) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()
    sizes = {} if problems else _table_bytes(connection)
    # The sandbox's market never closes.
    trading = around_the_clock if found.profile == "sandbox" else sessions
    return StoreFacts(
        path=path,
        profile=found.profile,
        schema_version=found.version,
        sqlite_version=sqlite3.sqlite_version,
        sqlite_safe_for_two_writers=sqlite3.sqlite_version_info >= _SAFE_SQLITE,
        bytes=path.stat().st_size,
        rows=rows,
        problems=problems,
        table_bytes=sizes,
        backups=tuple(backups_of(path)),
        in_use=in_use(path),
        open_since_ms=_number(fact(connection, OPEN)),
        unclean_ms=_number(fact(connection, UNCLEAN)),
        last_check=last_check(connection),
        recovered=_recovered(connection),
        tiers=() if problems else _tiers(connection, rows, sizes),
        files=FileFacts() if problems else files_on_disk(connection, path.parent),
        series=() if problems else tuple(series_facts(connection, trading, now_ms())),
    )


def _tiers(connection: sqlite3.Connection, rows: Mapping[str, int], sizes: Mapping[str, int]) -> tuple[TierUse, ...]:
    here = (
        TierUse(name, Tier.DATABASE, rows[name], sizes.get(name), *days_in_database(connection, table))
        for name, table in STREAMED.items()
        if rows[name]
    )
    return (*here, *used_by(ledger.files(connection, "state <> 'going'")))


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
            # By the number of pages: of a table the sum of their sizes is counted in 32 bits, which end at 4 GiB.
            "SELECT tbl_name, sum(pageno) * (SELECT page_size FROM pragma_page_size) FROM dbstat('main', 1)"
            " JOIN sqlite_master USING (name) GROUP BY tbl_name ORDER BY 2 DESC"
        ).fetchall()
    except sqlite3.OperationalError:
        return {}
    return dict(rows)


def _recovered(connection: sqlite3.Connection) -> str:
    row = connection.execute("SELECT sentence FROM audit WHERE kind = 'recovery' ORDER BY id DESC LIMIT 1").fetchone()
    return str(row[0]) if row else ""


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isdigit() else None

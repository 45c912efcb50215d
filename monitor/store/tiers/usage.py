"""What each table takes in each tier, counted."""

import sqlite3
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from monitor.ports import Tier, TierUse
from monitor.store.tiers import ledger, retention, tables
from monitor.store.tiers.places import WARM, files_in, in_bucket
from monitor.store.tiers.tables import TABLES, Streamed


@dataclass(frozen=True, slots=True)
class FileFacts:
    """How the ledger and the disk agree: places that the ledger names and that hold nothing, files here that it does
    not know, and how many are in a bucket, where nobody has looked."""

    missing: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    in_bucket: int = 0


def files_on_disk(connection: sqlite3.Connection, folder: Path) -> FileFacts:
    """Compare the ledger with what is in the data ``folder`` and in other folders. Raises sqlite3.Error."""
    places = [file.place for file in ledger.files(connection, "state <> 'going'")]
    known = {file.place for file in ledger.files(connection)}
    try:
        here = {f"{WARM}/{name}" for name in files_in(folder / WARM)}
    except OSError:  # then each is missing for whoever reads it, too
        here = set()
    elsewhere = [place for place in places if not in_bucket(place) and place not in here]
    missing = tuple(place for place in elsewhere if not _is_file(folder / place))
    return FileFacts(missing, tuple(sorted(here - known)), sum(map(in_bucket, places)))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False


def uses(connection: sqlite3.Connection) -> list[TierUse]:
    """The database's rows and the ledger's files. Raises sqlite3.Error."""
    here = [_in_database(connection, table) for table in TABLES.values()]
    return [use for use in here if use.rows] + retention.used_by(ledger.files(connection, "state <> 'going'"))


def _in_database(connection: sqlite3.Connection, table: Streamed) -> TierUse:
    rows = connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
    return TierUse(table.name, Tier.DATABASE, rows, _bytes(connection, table), *days_in_database(connection, table))


def days_in_database(connection: sqlite3.Connection, table: Streamed) -> tuple[date | None, date | None]:
    """The first and the last day of which the database has rows; None where it has none. Raises sqlite3.Error."""
    stamps = [tables.oldest_us(connection, table), _newest_us(connection, table)]
    first, last = (tables.day_of(us) if us is not None else None for us in stamps)
    return first, last


def _newest_us(connection: sqlite3.Connection, table: Streamed) -> int | None:
    where = " AND ".join(f"{name} = ?" for name in table.prefix)
    sql = f"SELECT received_us FROM {table.name} WHERE {where} ORDER BY received_us DESC LIMIT 1"
    found = [connection.execute(sql, run).fetchone()[0] for run in list(tables.runs(connection, table))]
    return max((us for us in found if 0 <= us < tables.LAST_US), default=None)


def _bytes(connection: sqlite3.Connection, table: Streamed) -> int | None:
    """Whole pages; None where this SQLite cannot tell."""
    try:
        # By the number of pages: the sum of their sizes is counted in 32 bits, which end at 4 GiB.
        row = connection.execute(
            "SELECT sum(pageno) * (SELECT page_size FROM pragma_page_size) FROM dbstat('main', 1)"
            " JOIN sqlite_master USING (name) WHERE tbl_name = ?",
            (table.name,),
        )
        return int(row.fetchone()[0] or 0)
    except sqlite3.OperationalError:
        return None

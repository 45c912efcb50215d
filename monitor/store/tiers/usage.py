"""What each table takes in each tier, counted."""

import sqlite3

from monitor.ports import Tier, TierUse
from monitor.store.tiers import ledger, retention, tables
from monitor.store.tiers.tables import TABLES, Streamed


def uses(connection: sqlite3.Connection) -> list[TierUse]:
    """The database's rows and the ledger's files. Raises sqlite3.Error."""
    here = [_in_database(connection, table) for table in TABLES.values()]
    return [use for use in here if use.rows] + retention.used_by(ledger.files(connection, "state <> 'going'"))


def _in_database(connection: sqlite3.Connection, table: Streamed) -> TierUse:
    rows = connection.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0]
    stamps = [tables.oldest_us(connection, table), _newest_us(connection, table)]
    first, last = (tables.day_of(us) if us is not None else None for us in stamps)
    return TierUse(table.name, Tier.DATABASE, rows, _bytes(connection, table), first, last)


def _newest_us(connection: sqlite3.Connection, table: Streamed) -> int | None:
    where = " AND ".join(f"{name} = ?" for name in table.prefix)
    sql = f"SELECT received_us FROM {table.name} WHERE {where} ORDER BY received_us DESC LIMIT 1"
    found = [connection.execute(sql, run).fetchone()[0] for run in list(tables.runs(connection, table))]
    return max((us for us in found if 0 <= us < tables.LAST_US), default=None)


def _bytes(connection: sqlite3.Connection, table: Streamed) -> int | None:
    """Whole pages; None where this SQLite cannot tell."""
    try:
        row = connection.execute("SELECT sum(pgsize) FROM dbstat WHERE name = ? AND aggregate = 1", (table.name,))
        return int(row.fetchone()[0] or 0)
    except sqlite3.OperationalError:
        return None

"""A database as the first version made it, with a row or more in every table."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sqlite_utils import Database

from monitor.store import schema

MINUTE_MS = 1_795_185_000_000
#: What a database of the first version holds, a row or more in every table.
FIRST_ROWS = f"""
PRAGMA application_id = {schema.APPLICATION_ID};
PRAGMA user_version = 1;
INSERT INTO about VALUES ('profile', 'sandbox');
INSERT INTO instrument VALUES (1, 'AAPL', 'Apple Inc', 'NASDAQ', 'EQUITY', 'NASDAQ_BOOK'), (2, '/ES', '', '', '', '');
INSERT INTO instrument_fts (rowid, symbol, description) SELECT id, symbol, description FROM instrument;
INSERT INTO quote VALUES (1, 11, 214, 214.5, 214.0, 100, 200, 10, 5000, 9, 8), (1, 12, NULL, 1.25, 3, 4, 5, 6, 7, 8, 9);
INSERT INTO trade VALUES (1, 11, 10, 214.25, 100, 5000, 0, 'ask');
INSERT INTO book VALUES (1, 'NASDAQ_BOOK', 11, 10, x'789c03000000000001');
INSERT INTO bar VALUES (1, 60, {MINUTE_MS}, 1, 2.5, 1, 2.0, 300, 'stream', 1, 5, 6);
INSERT INTO bar VALUES (1, 86400, 1795150800000, 1, 3, 0.5, 2, 90000, 'rest', 0, 5, 5);
INSERT INTO coverage VALUES (1, '1m', 100, 200, 'complete', 300);
INSERT INTO audit VALUES (1, 5, 'sign-in', 'Signed in.');
INSERT INTO watchlist VALUES (1, 'Tech');
INSERT INTO watchlist_symbol VALUES (1, 0, 'AAPL');
"""
FIRST_TABLES = ("about", "instrument", "quote", "trade", "book", "bar", "coverage", "audit", "watchlist")


def make_first_version(path: Path) -> None:
    """The file ``path``, in a folder that is made."""
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        schema.STEPS[0](Database(connection, execute_plugins=False))
        connection.executescript(FIRST_ROWS)
        connection.commit()


def content(path: Path, tables: tuple[str, ...] = FIRST_TABLES) -> dict[str, list[tuple[object, ...]]]:
    """Every row with the columns that the first version had."""
    with closing(sqlite3.connect(path)) as connection:
        found = {table: connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2").fetchall() for table in tables}
    bars = [row for row in found["bar"] if row[8] != "computed"]  # longer ones are made of them
    return found | {"coverage": [row[:6] for row in found["coverage"]], "bar": bars}

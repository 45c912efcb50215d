"""The tables, as numbered steps that take a database from one version to the next; docs/storage.md explains them.

A step is never edited once released: a change of the schema is a new step at the end of STEPS.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from monitor.store.views import VIEWS

if TYPE_CHECKING:
    from sqlite_utils import Database

#: Marks the file as ours, in its header ("MkMo").
APPLICATION_ID = 0x4D6B4D6F

# ANY keeps a number as it was sent: 214 stays 214 and 214.0 stays 214.0. WITHOUT ROWID keeps each instrument's rows
# together and in order, so that reading a range is one run over the file; books, which are large, come to have one.
_TABLES = """
CREATE TABLE about (
    key TEXT PRIMARY KEY, value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE instrument (
    id INTEGER PRIMARY KEY,
    symbol TEXT NOT NULL UNIQUE,
    description TEXT NOT NULL DEFAULT '',
    exchange TEXT NOT NULL DEFAULT '',
    asset_type TEXT NOT NULL DEFAULT '',
    book_services TEXT NOT NULL DEFAULT ''
) STRICT;

CREATE TABLE quote (
    instrument_id INTEGER NOT NULL, received_us INTEGER NOT NULL,
    bid ANY, ask ANY, last ANY, bid_size ANY, ask_size ANY, last_size ANY, volume ANY,
    quote_time INTEGER, trade_time INTEGER,
    PRIMARY KEY (instrument_id, received_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE trade (
    instrument_id INTEGER NOT NULL, received_us INTEGER NOT NULL,
    time INTEGER NOT NULL, price ANY NOT NULL, size ANY NOT NULL, volume ANY, unseen ANY NOT NULL, side TEXT NOT NULL,
    PRIMARY KEY (instrument_id, received_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE book (
    instrument_id INTEGER NOT NULL, venue TEXT NOT NULL, received_us INTEGER NOT NULL,
    time INTEGER NOT NULL, levels BLOB NOT NULL,
    PRIMARY KEY (instrument_id, venue, received_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE bar (
    instrument_id INTEGER NOT NULL, interval_s INTEGER NOT NULL, start_ms INTEGER NOT NULL,
    open ANY NOT NULL, high ANY NOT NULL, low ANY NOT NULL, close ANY NOT NULL, volume ANY NOT NULL,
    source TEXT NOT NULL, revision INTEGER NOT NULL DEFAULT 0,
    first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL,
    PRIMARY KEY (instrument_id, interval_s, start_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE coverage (
    instrument_id INTEGER NOT NULL, series TEXT NOT NULL, from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL, state TEXT NOT NULL, noted_ms INTEGER NOT NULL,
    PRIMARY KEY (instrument_id, series, from_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
    id INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, kind TEXT NOT NULL, sentence TEXT NOT NULL
) STRICT;

CREATE TABLE watchlist (
    id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE watchlist_symbol (
    watchlist_id INTEGER NOT NULL REFERENCES watchlist (id) ON DELETE CASCADE,
    position INTEGER NOT NULL, symbol TEXT NOT NULL,
    PRIMARY KEY (watchlist_id, position)
) STRICT, WITHOUT ROWID;
"""


def _first_tables(db: "Database") -> None:
    db.executescript(_TABLES)
    db.table("instrument").enable_fts(["symbol", "description"])


_STREAM_TABLES = """
CREATE TABLE quote_detail (
    instrument_id INTEGER NOT NULL, received_us INTEGER NOT NULL, details TEXT NOT NULL,
    PRIMARY KEY (instrument_id, received_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE screener (
    name TEXT NOT NULL, received_us INTEGER NOT NULL, service TEXT NOT NULL, time INTEGER NOT NULL, rows TEXT NOT NULL,
    PRIMARY KEY (name, received_us)
) STRICT, WITHOUT ROWID;

CREATE TABLE activity (
    id INTEGER PRIMARY KEY, received_us INTEGER NOT NULL, account TEXT NOT NULL, kind TEXT NOT NULL, text TEXT NOT NULL
) STRICT;

CREATE TABLE headline (
    id INTEGER PRIMARY KEY, received_us INTEGER NOT NULL, time INTEGER NOT NULL, story TEXT NOT NULL,
    text TEXT NOT NULL, symbols TEXT NOT NULL, source TEXT NOT NULL, teaser TEXT NOT NULL
) STRICT;

CREATE TABLE gap (
    service TEXT NOT NULL, symbol TEXT NOT NULL, from_ms INTEGER NOT NULL, to_ms INTEGER,
    cause TEXT NOT NULL, sentence TEXT NOT NULL,
    PRIMARY KEY (service, symbol, from_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE quarantine (
    id INTEGER PRIMARY KEY, received_us INTEGER NOT NULL, kind TEXT NOT NULL, reason TEXT NOT NULL, raw TEXT NOT NULL
) STRICT;
"""


def _stream_tables(db: "Database") -> None:
    db.executescript(_STREAM_TABLES)


# A bar that is replaced leaves its old values behind, whoever replaces it. How many bars a day has is kept beside them:
# counting the minutes of a year anew takes seconds.
_HISTORY_TABLES = """
ALTER TABLE coverage ADD COLUMN until_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE coverage ADD COLUMN attempts INTEGER NOT NULL DEFAULT 0;

CREATE TABLE bar_day (
    instrument_id INTEGER NOT NULL, interval_s INTEGER NOT NULL, day_ms INTEGER NOT NULL,
    streamed INTEGER NOT NULL, fetched INTEGER NOT NULL, computed INTEGER NOT NULL,
    PRIMARY KEY (instrument_id, interval_s, day_ms)
) STRICT, WITHOUT ROWID;

CREATE TABLE bar_revision (
    instrument_id INTEGER NOT NULL, interval_s INTEGER NOT NULL, start_ms INTEGER NOT NULL, revision INTEGER NOT NULL,
    open ANY NOT NULL, high ANY NOT NULL, low ANY NOT NULL, close ANY NOT NULL, volume ANY NOT NULL,
    source TEXT NOT NULL, replaced_ms INTEGER NOT NULL,
    PRIMARY KEY (instrument_id, interval_s, start_ms, revision)
) STRICT, WITHOUT ROWID;

CREATE TRIGGER bar_revised AFTER UPDATE ON bar WHEN new.revision > old.revision BEGIN
    INSERT OR IGNORE INTO bar_revision VALUES (
        old.instrument_id, old.interval_s, old.start_ms, old.revision,
        old.open, old.high, old.low, old.close, old.volume, old.source, new.last_seen
    );
END;
"""


def _history_tables(db: "Database") -> None:
    from monitor.store.bar_days import count_all

    db.executescript(_HISTORY_TABLES)
    count_all(db.conn)


# A snapshot that could not be taken has a row too, without contracts.
_CHAIN_TABLES = """
CREATE TABLE chain_schedule (
    instrument_id INTEGER PRIMARY KEY, every_minutes INTEGER NOT NULL, days INTEGER, since_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE chain (
    id INTEGER PRIMARY KEY, instrument_id INTEGER NOT NULL, slot_ms INTEGER NOT NULL,
    state TEXT NOT NULL, sentence TEXT NOT NULL, taken_ms INTEGER, contracts INTEGER NOT NULL,
    underlying_price ANY, interest_rate ANY, dividend_yield ANY, is_delayed INTEGER,
    UNIQUE (instrument_id, slot_ms)
) STRICT;

CREATE TABLE option_quote (
    chain_id INTEGER NOT NULL, contract TEXT NOT NULL, expiry TEXT NOT NULL, strike ANY NOT NULL, side TEXT NOT NULL,
    bid ANY, ask ANY, last ANY, mark ANY, bid_size ANY, ask_size ANY, last_size ANY, volume ANY, open_interest ANY,
    volatility ANY, delta ANY, gamma ANY, theta ANY, vega ANY, rho ANY, theoretical_value ANY,
    quote_time INTEGER, trade_time INTEGER, multiplier ANY,
    expiration_type TEXT NOT NULL, settlement_type TEXT NOT NULL, non_standard INTEGER,
    PRIMARY KEY (chain_id, contract)
) STRICT, WITHOUT ROWID;
"""


def _chain_tables(db: "Database") -> None:
    db.executescript(_CHAIN_TABLES)


def _views(db: "Database") -> None:
    db.executescript(VIEWS)


# Numbers are never given twice: a reader sees by the newest whether rows have moved while it read.
_TIER_TABLES = """
CREATE TABLE tier_file (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    table_name TEXT NOT NULL, day TEXT NOT NULL, part INTEGER NOT NULL,
    tier TEXT NOT NULL, place TEXT NOT NULL, state TEXT NOT NULL,
    rows INTEGER NOT NULL, bytes INTEGER NOT NULL, checksum TEXT NOT NULL,
    first_us INTEGER NOT NULL, last_us INTEGER NOT NULL, moved_ms INTEGER NOT NULL,
    UNIQUE (table_name, day, part)
) STRICT;

CREATE TABLE tier_symbol (
    file_id INTEGER NOT NULL, symbol TEXT NOT NULL, rows INTEGER NOT NULL,
    PRIMARY KEY (file_id, symbol)
) STRICT, WITHOUT ROWID;
"""


def _tier_tables(db: "Database") -> None:
    db.executescript(_TIER_TABLES)


# Longer bars are kept beside the minutes and days they are made of. Those of what is here already are made later, in
# slices: that takes minutes, and nobody should wait for it.
_ROLLUP_TABLES = """
CREATE TABLE rollup_due (
    instrument_id INTEGER PRIMARY KEY, from_ms INTEGER NOT NULL
) STRICT;

INSERT INTO rollup_due SELECT id, 0 FROM instrument WHERE EXISTS (SELECT 1 FROM bar WHERE instrument_id = id);
"""


def _rollup_tables(db: "Database") -> None:
    db.executescript(_ROLLUP_TABLES)


# Packed minutes; ``start_ms >> 31`` is the stretch, as in ``minute_packs``.
_SAME = " AND ".join(f"old.{name} IS new.{name}" for name in ("open", "high", "low", "close", "volume", "source"))
_PACK_TABLE = f"""
CREATE TABLE minute_pack (
    instrument_id INTEGER NOT NULL, stretch INTEGER NOT NULL, bars BLOB NOT NULL,
    PRIMARY KEY (instrument_id, stretch)
) STRICT;

CREATE TRIGGER minute_added AFTER INSERT ON bar WHEN new.interval_s = 60 BEGIN
    DELETE FROM minute_pack WHERE instrument_id = new.instrument_id AND stretch = new.start_ms >> 31;
END;

CREATE TRIGGER minute_revised AFTER UPDATE ON bar WHEN new.interval_s = 60 AND NOT ({_SAME}) BEGIN
    DELETE FROM minute_pack WHERE instrument_id = new.instrument_id AND stretch = new.start_ms >> 31;
END;

CREATE TRIGGER minute_deleted AFTER DELETE ON bar WHEN old.interval_s = 60 BEGIN
    DELETE FROM minute_pack WHERE instrument_id = old.instrument_id AND stretch = old.start_ms >> 31;
END;
"""


def _pack_table(db: "Database") -> None:
    db.executescript(_PACK_TABLE)


# A row without a rowid sends what it has above a kilobyte to a page of its own, however little that is: a deep book
# took three times its size. An ordinary row may fill a page. They are copied in the order in which they are read.
_BOOK_ROWS = """
CREATE TABLE book_with_rowid (
    instrument_id INTEGER NOT NULL, venue TEXT NOT NULL, received_us INTEGER NOT NULL,
    time INTEGER NOT NULL, levels BLOB NOT NULL,
    PRIMARY KEY (instrument_id, venue, received_us)
) STRICT;

INSERT INTO book_with_rowid SELECT * FROM book ORDER BY instrument_id, venue, received_us;
DROP TABLE book;
PRAGMA legacy_alter_table = ON;
ALTER TABLE book_with_rowid RENAME TO book;
PRAGMA legacy_alter_table = OFF;
"""


def _book_rows(db: "Database") -> None:
    # The older way to rename looks at no views: those of the books find their table again afterwards.
    db.executescript(_BOOK_ROWS)


# By symbol and not by instrument: what a person drew does not hang on anything that can be fetched again.
_DRAWING_TABLE = """
CREATE TABLE drawing (
    symbol TEXT NOT NULL, id TEXT NOT NULL, kind TEXT NOT NULL, anchors TEXT NOT NULL,
    colour TEXT NOT NULL, width INTEGER NOT NULL, dash TEXT NOT NULL,
    place INTEGER NOT NULL, text TEXT NOT NULL, locked INTEGER NOT NULL, hidden INTEGER NOT NULL,
    PRIMARY KEY (symbol, id)
) STRICT, WITHOUT ROWID;
"""


def _drawing_table(db: "Database") -> None:
    db.executescript(_DRAWING_TABLE)


# By symbol, as drawings are. What an alert told stays when the alert is gone.
_ALERT_TABLES = """
CREATE TABLE alert (
    id TEXT PRIMARY KEY, symbol TEXT NOT NULL, price REAL NOT NULL, direction TEXT NOT NULL,
    again INTEGER NOT NULL, rearm REAL NOT NULL, note TEXT NOT NULL, active INTEGER NOT NULL,
    created_ms INTEGER NOT NULL, fired_ms INTEGER, seen_ms INTEGER, seen_price ANY, spent TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE alert_firing (
    symbol TEXT NOT NULL, at_ms INTEGER NOT NULL, alert_id TEXT NOT NULL, direction TEXT NOT NULL,
    line REAL NOT NULL, price ANY NOT NULL, missed INTEGER NOT NULL, note TEXT NOT NULL,
    PRIMARY KEY (symbol, at_ms, alert_id, direction)
) STRICT, WITHOUT ROWID;
"""


def _alert_tables(db: "Database") -> None:
    db.executescript(_ALERT_TABLES)


def _alert_shown(db: "Database") -> None:
    # Until now only a window had alerts fire, and it showed them.
    db.execute("ALTER TABLE alert_firing ADD COLUMN shown INTEGER NOT NULL DEFAULT 1")


STEPS: tuple[Callable[["Database"], None], ...] = (
    _first_tables,
    _stream_tables,
    _history_tables,
    _chain_tables,
    _views,
    _tier_tables,
    _rollup_tables,
    _pack_table,
    _book_rows,
    _drawing_table,
    _alert_tables,
    _alert_shown,
)
VERSION = len(STEPS)
TABLES = (
    *("instrument", "quote", "quote_detail", "trade", "bar", "bar_day", "bar_revision", "book", "screener", "activity"),
    *(
        "chain",
        "option_quote",
        "chain_schedule",
        "rollup_due",
        "headline",
        "coverage",
        "gap",
        "quarantine",
        "audit",
        "watchlist",
        "watchlist_symbol",
        "drawing",
        "alert",
        "alert_firing",
        "tier_file",
        "tier_symbol",
    ),
)

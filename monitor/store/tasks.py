"""What the writer may be asked to do besides appending rows: small orders that each know their SQL."""

import logging
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from msgspec import Struct

from monitor.analysis.coverage import Answer, Asked, paint
from monitor.analysis.ranges import missing
from monitor.errors import BadData, MonitorError, StoreUnavailable
from monitor.market.bar import Bar, Interval
from monitor.market.gap import Gap
from monitor.market.instrument import Instrument
from monitor.store import bar_days
from monitor.store.chain_rows import SaveChain
from monitor.store.insert import UNFIT, Insert
from monitor.store.rollups import roll

_log = logging.getLogger(__name__)


class Task(Protocol):
    """Runs in the writer's transaction. Raises sqlite3.Error, and BadData for what the person got wrong."""

    def run(self, connection: sqlite3.Connection) -> None: ...


_INSTRUMENT = """
INSERT INTO instrument (id, symbol, description, exchange, asset_type) VALUES (?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    description = iif(excluded.description = '', description, excluded.description),
    exchange = iif(excluded.exchange = '', exchange, excluded.exchange),
    asset_type = iif(excluded.asset_type = '', asset_type, excluded.asset_type)
"""
# The search index is kept here and not by triggers: those would need a trusted schema, which no file deserves.
_UNINDEX = """
INSERT INTO instrument_fts (instrument_fts, rowid, symbol, description)
SELECT 'delete', id, symbol, description FROM instrument WHERE id = ?
"""
_INDEX = """
INSERT INTO instrument_fts (rowid, symbol, description) SELECT id, symbol, description FROM instrument WHERE id = ?
"""


class SaveInstruments(Struct, frozen=True, tag=True):
    """Instruments with their ids; an empty fact does not replace a known one."""

    instruments: list[tuple[int, Instrument]]

    def run(self, connection: sqlite3.Connection) -> None:
        for number, i in self.instruments:
            connection.execute(_UNINDEX, (number,))
            connection.execute(_INSTRUMENT, (number, i.symbol, i.description, i.exchange, i.asset_type))
            connection.execute(_INDEX, (number,))


def know_instruments(connection: sqlite3.Connection, ids: Mapping[str, int]) -> None:
    """Save those that a program numbered without their numbers reaching the database."""
    for symbol, number in ids.items():
        if connection.execute("SELECT 1 FROM instrument WHERE id = ?", (number,)).fetchone() is None:
            SaveInstruments([(number, Instrument(symbol))]).run(connection)


class NoteBookService(Struct, frozen=True, tag=True):
    """That a service has sent a book of the instrument."""

    instrument_id: int
    service: str

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "UPDATE instrument SET book_services = trim(book_services || ' ' || ?2)"
            " WHERE id = ?1 AND instr(book_services, ?2) = 0",
            (self.instrument_id, self.service),
        )


_COLUMNS = "open", "high", "low", "close", "volume"
_OLD, _NEW = (f"({', '.join(table + '.' + name for name in _COLUMNS)})" for table in ("bar", "excluded"))
_EQUAL = f"{_OLD} IS {_NEW}"
# Equal values keep the digits that are there; a bar computed here never replaces one of Schwab's.
_BAR = Insert(
    f"INSERT INTO bar (instrument_id, interval_s, start_ms, {', '.join(_COLUMNS)}, source, first_seen, last_seen)",
    width=11,
    tail=f"""
ON CONFLICT (instrument_id, interval_s, start_ms) DO UPDATE SET
    {", ".join(f"{name} = iif({_EQUAL}, bar.{name}, excluded.{name})" for name in _COLUMNS)},
    source = iif({_EQUAL} AND bar.source NOT IN ('computed', 'import'), bar.source, excluded.source),
    revision = bar.revision + ({_EQUAL} = 0),
    last_seen = excluded.last_seen
WHERE excluded.source <> 'computed' OR bar.source = 'computed'
""",
)


class SaveBars(Struct, frozen=True, tag=True):
    """New or revised bars, seen at ``seen_ms``."""

    bars: tuple[Bar, ...]
    ids: dict[str, int]
    seen_ms: int

    def run(self, connection: sqlite3.Connection) -> None:
        for (symbol, interval), bars in series_of(self.bars).items():
            key, seen = (self.ids[symbol], int(interval)), (self.seen_ms, self.seen_ms)
            rows = [(*key, b.start, b.open, b.high, b.low, b.close, b.volume, str(b.source), *seen) for b in bars]
            _BAR.run_sifted(connection, rows)
            starts = np.array([b.start for b in bars if 0 <= b.start < bar_days.LATEST_MS], np.int64)
            bar_days.count(connection, bar_days.days_of(*key, np.sort(starts)))
            if interval in (Interval.M1, Interval.DAY):
                roll(connection, key[0], symbol, interval, starts, self.seen_ms)


def series_of(bars: Iterable[Bar]) -> dict[tuple[str, Interval], list[Bar]]:
    """The bars of each symbol and interval."""
    found: dict[tuple[str, Interval], list[Bar]] = {}
    for bar in bars:
        found.setdefault((bar.symbol, bar.interval), []).append(bar)
    return found


_TOUCHED = "instrument_id = ? AND series = ? AND from_ms <= ? AND to_ms >= ?"


class SaveCoverage(Struct, frozen=True, tag=True):
    """What was asked of the source, and what came of it; an answered range is never taken back."""

    instrument_id: int
    series: str
    start_ms: int
    end_ms: int
    state: str
    noted_ms: int
    until_ms: int = 0
    attempts: int = 0

    def run(self, connection: sqlite3.Connection) -> None:
        key = self.instrument_id, self.series
        touched = (*key, self.end_ms, self.start_ms)
        rows = connection.execute(
            "SELECT from_ms, to_ms, state, noted_ms, until_ms, attempts FROM coverage"
            f" WHERE {_TOUCHED} ORDER BY state = 'complete', noted_ms",
            touched,
        ).fetchall()
        new = (self.start_ms, self.end_ms, self.state, self.noted_ms, self.until_ms, self.attempts)
        ledger: list[Asked] = []
        for start, end, state, *rest in [*rows, new]:
            if state in set(Answer):
                ledger = paint(ledger, Asked(start, end, Answer(state), *rest))
        connection.execute(f"DELETE FROM coverage WHERE {_TOUCHED}", touched)
        connection.executemany("INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?)", [(*key, *a) for a in ledger])


def forget_coverage(connection: sqlite3.Connection, number: int, series: str, start: int, end: int) -> None:
    """Take [start, end) out of the ledger; what was answered before and after it stands. Raises sqlite3.Error."""
    touched = "instrument_id = ? AND series = ? AND from_ms < ? AND to_ms > ?"
    values = number, series, end, start
    rows = connection.execute(
        f"SELECT from_ms, to_ms, state, noted_ms, until_ms, attempts FROM coverage WHERE {touched}", values
    ).fetchall()
    connection.execute(f"DELETE FROM coverage WHERE {touched}", values)
    connection.executemany(
        "INSERT INTO coverage VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        [
            (number, series, from_ms, to_ms, *rest)
            for first, last, *rest in rows
            for from_ms, to_ms in missing([(start, end)], first, last)
        ],
    )


_GAP = """
INSERT INTO gap (service, symbol, from_ms, to_ms, cause, sentence) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO UPDATE SET to_ms = excluded.to_ms, cause = excluded.cause, sentence = excluded.sentence
"""


class SaveGap(Struct, frozen=True, tag=True):
    """A hole that begins, or what is known of it by now."""

    gap: Gap

    def run(self, connection: sqlite3.Connection) -> None:
        g = self.gap
        connection.execute(_GAP, (g.service, g.symbol, g.from_ms, g.to_ms, g.cause.value, g.sentence))


class CloseGaps(Struct, frozen=True, tag=True):
    """The end, at ``at_ms``, of the holes that a program left open when it was killed."""

    at_ms: int

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE gap SET to_ms = max(from_ms, ?) WHERE to_ms IS NULL", (self.at_ms,))


class SaveAudit(Struct, frozen=True, tag=True):
    """One line of the audit."""

    at_ms: int
    kind: str
    sentence: str

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "INSERT INTO audit (at_ms, kind, sentence) VALUES (?, ?, ?)", (self.at_ms, self.kind, self.sentence)
        )


#: What comes with the stream, and can wait in a file.
Recorded = SaveInstruments | NoteBookService | SaveBars | SaveCoverage | SaveChain | SaveGap | CloseGaps | SaveAudit


_BAR_WEIGHT, _INSTRUMENT_WEIGHT, _TASK_WEIGHT = 320, 700, 700


def weight_of(task: Task) -> int:
    """About what a task that waits takes in memory, in bytes: an answer with history brings thousands of bars."""
    if isinstance(task, SaveBars):
        return _TASK_WEIGHT + _BAR_WEIGHT * len(task.bars)
    if isinstance(task, SaveInstruments):
        return _TASK_WEIGHT + _INSTRUMENT_WEIGHT * len(task.instruments)
    return _TASK_WEIGHT


@dataclass(frozen=True, slots=True)
class CreateWatchlist:
    """A new list with its symbols."""

    name: str
    symbols: Sequence[str]

    def run(self, connection: sqlite3.Connection) -> None:
        _check_free(connection, self.name)
        cursor = connection.execute("INSERT INTO watchlist (name) VALUES (?)", (self.name,))
        _put_symbols(connection, cursor.lastrowid, self.symbols)


@dataclass(frozen=True, slots=True)
class RenameWatchlist:
    """Another name for a list."""

    old: str
    new: str

    def run(self, connection: sqlite3.Connection) -> None:
        number = _watchlist_id(connection, self.old)
        if self.new != self.old:
            _check_free(connection, self.new)
        connection.execute("UPDATE watchlist SET name = ? WHERE id = ?", (self.new, number))


@dataclass(frozen=True, slots=True)
class RemoveWatchlist:
    """Away with a list; what was recorded of its symbols stays."""

    name: str

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("DELETE FROM watchlist WHERE id = ?", (_watchlist_id(connection, self.name),))


@dataclass(frozen=True, slots=True)
class SetSymbols:
    """A list's symbols, in a new order."""

    name: str
    symbols: Sequence[str]

    def run(self, connection: sqlite3.Connection) -> None:
        number = _watchlist_id(connection, self.name)
        connection.execute("DELETE FROM watchlist_symbol WHERE watchlist_id = ?", (number,))
        _put_symbols(connection, number, self.symbols)


def _check_free(connection: sqlite3.Connection, name: str) -> None:
    if not name:
        raise BadData("A watchlist needs a name.")
    if connection.execute("SELECT 1 FROM watchlist WHERE name = ?", (name,)).fetchone():
        raise BadData(f"There is a watchlist “{name}” already.")


def _watchlist_id(connection: sqlite3.Connection, name: str) -> int:
    row = connection.execute("SELECT id FROM watchlist WHERE name = ?", (name,)).fetchone()
    if row is None:
        raise BadData(f"There is no watchlist “{name}”.")
    return int(row[0])


def _put_symbols(connection: sqlite3.Connection, number: int | None, symbols: Sequence[str]) -> None:
    rows = [(number, position, symbol) for position, symbol in enumerate(dict.fromkeys(symbols))]
    connection.executemany("INSERT INTO watchlist_symbol VALUES (?, ?, ?)", rows)


def run_apart(connection: sqlite3.Connection, task: Any) -> Exception | None:
    """Run one task so that one that cannot be done leaves the others of its transaction alone; gives why it was not.

    Raises sqlite3.Error where it is the disk's fault.
    """
    connection.execute("SAVEPOINT task")
    outcome: Exception | None = None
    try:
        task.run(connection)
    except (MonitorError, *UNFIT) as error:
        connection.execute("ROLLBACK TO task")
        _log.warning("%s was not done: %s", type(task).__name__, error)
        known = isinstance(error, MonitorError)
        outcome = error if known else StoreUnavailable("The database cannot hold that.", str(error))
    connection.execute("RELEASE task")
    return outcome

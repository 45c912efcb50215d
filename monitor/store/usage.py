"""What recording has cost so far: rows a day counted on some of the symbols, and the room that is left on the disk."""

import shutil
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date, time, timedelta
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from monitor.analysis.coverage import trading_of
from monitor.analysis.rates import BYTES_A_CONTRACT, Counted, Rows, measured
from monitor.clock import now_ms
from monitor.market.book import BookService
from monitor.market.calendar import Phase, Trading, at_new_york, from_ms, sessions
from monitor.ports import Recorded
from monitor.store.reader import Reader

#: Trading days that are looked at: today and those before it.
_DAYS = 4
_DAYS_SEARCHED = 10
#: Of more symbols so many are counted, evenly chosen: the rows of a day are read one by one for that.
_MOST_SYMBOLS = 40
_SAMPLE = 200
#: Where rows differ in size: the column that makes the difference, and what a row takes by the bytes in it and besides,
#: with its key and what pages leave empty (``python -m benchmarks.row_sizes``).
_SIZES = {Rows.BOOK: ("levels", 1.1, 72), Rows.DETAIL: ("details", 1.25, 0)}


class StoredUsage:
    """Implements Usage."""

    def __init__(
        self, reader: Reader, path: Path, trading: Trading = sessions, now_ms: Callable[[], int] = now_ms
    ) -> None:
        """``trading`` are the hours of shares; the sandbox's market never closes."""
        self._reader = reader
        self._path = path
        self._trading = trading
        self._now_ms = now_ms

    async def recorded(self) -> Recorded:
        now = self._now_ms()
        return await self._reader.ask(lambda connection: _recorded(connection, self._path, self._trading, now))


class _Day(NamedTuple):
    """A New York day, its bounds in ms."""

    day: date
    start: int
    end: int


def _recorded(connection: sqlite3.Connection, path: Path, trading: Trading, now_ms: int) -> Recorded:
    days = _recent(now_ms, trading)
    today = from_ms(now_ms).date()
    counts: list[Counted] = []
    size: defaultdict[date, float] = defaultdict(float)
    streamed: set[date] = set()  # bars alone may have been downloaded later
    for rows in Rows:
        active = _active(connection, rows, days[-1].start)
        step = max(1, -(-len(active) // _MOST_SYMBOLS))
        chosen = active[::step]
        found = [
            each
            for number, symbol in chosen
            for each in _COUNT[rows](connection, rows, number, days, trading_of(symbol, trading), today)
        ]
        counts += found
        for each in found:
            size[each.day] += each.bytes * len(active) / len(chosen)
        streamed |= {each.day for each in found if rows is not Rows.BAR}
    for day in days:
        if contracts := _contracts_of(connection, day):
            size[day.day] += contracts * BYTES_A_CONTRACT
            streamed.add(day.day)
    return Recorded(
        rates=measured(counts),
        days=tuple(size[day.day] for day in days if day.day in streamed - {today}),
        today=size[today],
        contracts=_newest_contracts(connection),
        free_bytes=shutil.disk_usage(path.parent).free,
    )


def _recent(now_ms: int, trading: Trading) -> list[_Day]:
    """Today, and the trading days before it, newest first."""
    today = from_ms(now_ms).date()
    before = (today - timedelta(days=number) for number in range(1, _DAYS_SEARCHED))
    days = [today, *(day for day in before if trading(day))][:_DAYS]
    return [_Day(day, *(at_new_york(each, time(0)) for each in (day, day + timedelta(days=1)))) for day in days]


# ------------------------------------------------------------------------------------------ one symbol


def _active(connection: sqlite3.Connection, rows: Rows, since_ms: int) -> list[tuple[int, str]]:
    """The instruments with rows since then: a seek each, for the tables may hold millions of rows."""
    if rows is Rows.BAR:
        there = "SELECT 1 FROM bar_day WHERE instrument_id = instrument.id AND interval_s = 60 AND day_ms >= ?"
        values: tuple[int, ...] = (since_ms,)
    elif rows is Rows.BOOK:
        seek = "SELECT 1 FROM book WHERE instrument_id = instrument.id AND venue = '{}' AND received_us >= ?"
        there = " UNION ALL ".join(seek.format(venue.value) for venue in BookService)
        values = (since_ms * 1000,) * len(BookService)
    else:
        there = f"SELECT 1 FROM {rows.value} WHERE instrument_id = instrument.id AND received_us >= ?"
        values = (since_ms * 1000,)
    return connection.execute(
        f"SELECT id, symbol FROM instrument WHERE EXISTS ({there}) ORDER BY id", values
    ).fetchall()


def _count_received(
    connection: sqlite3.Connection, rows: Rows, number: int, days: Sequence[_Day], trading: Trading, _: date
) -> Iterator[Counted]:
    """By the time of receipt; a book's rows are those of all of its services."""
    keys = [f"instrument_id = {number}"]
    if rows is Rows.BOOK:
        keys = [f"{keys[0]} AND venue = '{venue.value}'" for venue in BookService]
    size = _size_of(connection, rows, keys)
    for day in days:
        regular = [each for each in trading(day.day) if each.phase is Phase.REGULAR]
        marks = sorted({day.start, day.end, *(ms for each in regular for ms in (each.start, each.end))})
        total = inside = covered = 0
        for start, end in pairwise(marks):
            found, first, last = _span(connection, rows, keys, start, end)
            total += found
            if found and any(each.start <= start < each.end for each in regular):
                inside += found
                covered += (last - first) // 1000
        if total:
            yield Counted(rows, day.day, total, inside, covered, sum(s.end - s.start for s in regular), size)


def _span(
    connection: sqlite3.Connection, rows: Rows, keys: Sequence[str], start: int, end: int
) -> tuple[int, int, int]:
    """How many rows came in [start, end) ms, and when the first and the last did, µs."""
    found = [
        connection.execute(
            f"SELECT count(*), min(received_us), max(received_us) FROM {rows.value}"
            f" WHERE {key} AND received_us >= ? AND received_us < ?",
            (start * 1000, end * 1000),
        ).fetchone()
        for key in keys
    ]
    some = [each for each in found if each[0]]
    if not some:
        return 0, 0, 0
    return sum(each[0] for each in some), min(each[1] for each in some), max(each[2] for each in some)


def _size_of(connection: sqlite3.Connection, rows: Rows, keys: Sequence[str]) -> float:
    """The mean bytes of the newest rows, where they differ from symbol to symbol; else 0."""
    if rows not in _SIZES:
        return 0.0
    column, share, more = _SIZES[rows]
    newest = " UNION ALL ".join(
        f"SELECT * FROM (SELECT length({column}) AS size FROM {rows.value} WHERE {key}"
        f" ORDER BY received_us DESC LIMIT {_SAMPLE})"
        for key in keys
    )
    mean = connection.execute(f"SELECT avg(size) FROM ({newest})").fetchone()[0]
    return mean * share + more if mean else 0.0


def _count_bars(
    connection: sqlite3.Connection, rows: Rows, number: int, days: Sequence[_Day], trading: Trading, today: date
) -> Iterator[Counted]:
    """Minutes are counted by day already; what today has is no measure of a day."""
    for day in days:
        row = connection.execute(
            "SELECT streamed + fetched + computed FROM bar_day"
            " WHERE instrument_id = ? AND interval_s = 60 AND day_ms = ?",
            (number, day.start),
        ).fetchone()
        if row and row[0]:
            session = sum(each.end - each.start for each in trading(day.day) if each.phase is Phase.REGULAR)
            yield Counted(rows, day.day, row[0], 0, 0 if day.day == today else session, session)


_COUNT = {rows: _count_bars if rows is Rows.BAR else _count_received for rows in Rows}


# ------------------------------------------------------------------------------------------ chains

_WITH_CHAINS = "FROM instrument WHERE EXISTS (SELECT 1 FROM chain WHERE instrument_id = instrument.id)"


def _contracts_of(connection: sqlite3.Connection, day: _Day) -> int:
    """The contracts of all snapshots of a day."""
    taken = "SELECT sum(contracts) FROM chain WHERE instrument_id = instrument.id AND slot_ms >= ? AND slot_ms < ?"
    return int(connection.execute(f"SELECT total(({taken})) {_WITH_CHAINS}", (day.start, day.end)).fetchone()[0])


def _newest_contracts(connection: sqlite3.Connection) -> dict[str, int]:
    newest = (
        "SELECT contracts FROM chain WHERE instrument_id = instrument.id AND contracts > 0"
        " ORDER BY slot_ms DESC LIMIT 1"
    )
    return {
        symbol: contracts
        for symbol, contracts in connection.execute(f"SELECT symbol, ({newest}) {_WITH_CHAINS}")
        if contracts
    }

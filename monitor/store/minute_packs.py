"""Minutes kept a second time, packed, so that years of them are an array at once.

``minute_pack`` holds the minutes of an instrument that begin in one stretch of 25 days, once that is over. A trigger
drops the pack when any of its minutes changes, whoever changes it; the next long read has it made anew.
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Iterator
from functools import partial

import numpy as np

from monitor.clock import now_ms
from monitor.errors import MonitorError
from monitor.market.bar import BAR_DTYPE, BarSeries
from monitor.store.minute_codec import MINUTE_MS, SOURCES, Minutes, decode, encode
from monitor.store.writer import Writer

_log = logging.getLogger(__name__)

#: A stretch is the ms since 1970 in which all but the last 31 bits are the same; SQL says ``start_ms >> 31``.
_BITS = 31
_STRETCH_MS = 1 << _BITS
#: So many minutes read row by row were worth packing.
WORTH_PACKING = 20_000
_ROWS_AT_ONCE = 65_536
_MINUTE = "instrument_id = ? AND interval_s = 60 AND start_ms >= ?"
_SOURCE = "CASE source " + " ".join(f"WHEN '{name}' THEN {place}" for place, name in enumerate(SOURCES)) + " ELSE 0 END"
_COLUMNS = "start_ms, open, high, low, close, volume"
_ROWS, _TOLD_ROWS = (
    f"SELECT {columns} FROM bar WHERE {_MINUTE} AND start_ms < ? ORDER BY start_ms LIMIT ?"
    for columns in (_COLUMNS, f"{_COLUMNS}, {_SOURCE}")
)
_TOLD_DTYPE = np.dtype([*((name, BAR_DTYPE[name]) for name in BAR_DTYPE.names or ()), ("source", np.uint8)])
_PACK = "SELECT bars FROM minute_pack WHERE instrument_id = ? AND stretch = ?"


def read_minutes(connection: sqlite3.Connection, number: int, start_ms: int, end_ms: int) -> tuple[BarSeries, bool]:
    """The minutes of an instrument that begin in [start_ms, end_ms); and whether packing them would be worth it.

    Raises sqlite3.Error.
    """
    parts, by_row = [np.empty(0, BAR_DTYPE)], 0
    running_ms = _stretch_of(now_ms()) << _BITS
    for (bars, _), packed in minutes_of(connection, number, start_ms, end_ms, told=False):
        parts.append(bars)
        if not packed:
            by_row += int(np.searchsorted(bars["start"], running_ms))
    return np.concatenate(parts), by_row >= WORTH_PACKING


def minutes_of(
    connection: sqlite3.Connection, number: int, start_ms: int, end_ms: int, *, told: bool
) -> Iterator[tuple[Minutes, bool]]:
    """The minutes that begin in [start_ms, end_ms), ascending, in pieces, and whether each piece was packed.

    Each piece is a read of its own. Sources are all the first unless they are to be ``told``. Raises sqlite3.Error.
    """
    found = connection.execute(
        "SELECT stretch FROM minute_pack WHERE instrument_id = ? AND stretch >= ? AND stretch < ? ORDER BY 1",
        (number, -(-start_ms >> _BITS), end_ms >> _BITS),
    ).fetchall()
    at = start_ms
    for (stretch,) in found:
        begin = stretch << _BITS
        yield from _by_row(connection, number, at, begin, told)
        at = begin + _STRETCH_MS
        minutes = _packed(connection, number, stretch)
        if minutes is None:  # dropped meanwhile
            yield from _by_row(connection, number, begin, at, told)
        else:
            yield minutes, True
    yield from _by_row(connection, number, at, end_ms, told)


def _packed(connection: sqlite3.Connection, number: int, stretch: int) -> Minutes | None:
    row = connection.execute(_PACK, (number, stretch)).fetchone()
    try:
        return decode(row[0]) if row else None
    except ValueError as error:  # the minutes themselves are still there
        _log.warning("packed minutes cannot be read: %s", error)
        return None


def _by_row(
    connection: sqlite3.Connection, number: int, start: int, end: int, told: bool
) -> Iterator[tuple[Minutes, bool]]:
    """At least one piece, which may be empty, where the range is not."""
    size = _ROWS_AT_ONCE
    while start < end and size == _ROWS_AT_ONCE:
        rows = connection.execute(_TOLD_ROWS if told else _ROWS, (number, start, end, _ROWS_AT_ONCE))
        found = np.fromiter(rows, _TOLD_DTYPE if told else BAR_DTYPE)
        size = len(found)
        bars = found[list(BAR_DTYPE.names or ())].astype(BAR_DTYPE) if told else found
        yield (bars, found["source"].copy() if told else np.zeros(size, np.uint8)), False
        start = int(bars["start"][-1]) + 1 if size else end


def pack(number: int, connection: sqlite3.Connection, go_on: Callable[[], None]) -> int:
    """Pack the minutes of an instrument in every stretch that is over; gives how many stretches were.

    Each is a transaction of its own; ``go_on`` is called after each. Raises sqlite3.Error.
    """
    packed, start = 0, _first_from(connection, number, 0)
    while start is not None and (stretch := _stretch_of(start)) < _stretch_of(now_ms()):
        end = (stretch + 1) << _BITS
        if connection.execute(_PACK, (number, stretch)).fetchone() is None:
            connection.execute("BEGIN IMMEDIATE")
            try:
                packed += _pack(connection, number, stretch)
            except BaseException:
                connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
            go_on()
        start = _first_from(connection, number, end)
    return packed


def _pack(connection: sqlite3.Connection, number: int, stretch: int) -> int:
    begin = stretch << _BITS
    parts = [minutes for minutes, _ in _by_row(connection, number, begin, begin + _STRETCH_MS, told=True)]
    bars, sources = (np.concatenate(part) for part in zip(*parts, strict=True))
    if np.any(bars["start"] % MINUTE_MS):
        return 0  # they begin at other times than minutes do
    connection.execute("INSERT INTO minute_pack VALUES (?, ?, ?)", (number, stretch, encode(bars, sources)))
    return 1


def _first_from(connection: sqlite3.Connection, number: int, start_ms: int) -> int | None:
    sql = f"SELECT start_ms FROM bar WHERE {_MINUTE} ORDER BY start_ms LIMIT 1"
    found: tuple[int] | None = connection.execute(sql, (number, start_ms)).fetchone()
    return found[0] if found else None


def _stretch_of(ms: int) -> int:
    return ms >> _BITS


class Packing:
    """Has minutes packed, an instrument at a time, on the writer's thread between its batches. Used on the loop."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer
        self._wanted: set[int] = set()
        self._task: asyncio.Task[None] | None = None

    def want(self, number: int) -> None:
        """Pack the minutes of this instrument, soon."""
        self._wanted.add(number)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._wanted:
                number = self._wanted.pop()
                packed = await self._writer.lend(partial(pack, number))
                _log.debug("%d stretches of minutes of instrument %d are packed", packed, number)
        except (MonitorError, sqlite3.Error) as error:  # they are read row by row, as before
            _log.info("minutes were not packed: %s", error)
        finally:
            self._task = None

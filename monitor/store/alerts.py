"""The person's alerts and the ledger of what they told: kept through the writer, on disk when a call returns."""

import logging
import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from monitor.market.alert import Alert, Direction, Firing
from monitor.store.reader import Reader
from monitor.store.writer import Writer

_log = logging.getLogger(__name__)

_COLUMNS = "id, symbol, price, direction, again, rearm, note, active, created_ms, fired_ms, seen_ms, seen_price, spent"
_FIRING_COLUMNS = "alert_id, symbol, at_ms, direction, line, price, missed, note"


class StoredAlerts:
    """Implements Alerts."""

    def __init__(self, reader: Reader, writer: Writer) -> None:
        self._reader = reader
        self._writer = writer

    async def all(self) -> list[Alert]:
        return await self._reader.ask(_all_alerts)

    async def keep(
        self,
        put: Sequence[Alert],
        removed: Sequence[str] = (),
        firings: Sequence[Firing] = (),
        *,
        shown: bool = True,
    ) -> None:
        await self._writer.perform(KeepAlerts(tuple(put), tuple(removed), tuple(firings), shown))

    async def unshown(self) -> list[Firing]:
        return await self._reader.ask(_unshown)

    async def note_shown(self) -> None:
        await self._writer.perform(NoteShown())

    async def firings(self, symbol: str, limit: int = 500) -> list[Firing]:
        return await self._reader.ask(lambda connection: _firings_of(connection, symbol, limit))


@dataclass(frozen=True, slots=True)
class KeepAlerts:
    """New or changed alerts, those that are no more, and what was told; the same firing twice is one."""

    put: Sequence[Alert]
    removed: Sequence[str]
    firings: Sequence[Firing]
    shown: bool = True

    def run(self, connection: sqlite3.Connection) -> None:
        connection.executemany("DELETE FROM alert WHERE id = ?", [(each,) for each in self.removed])
        connection.executemany(
            f"INSERT OR REPLACE INTO alert ({_COLUMNS}) VALUES ({', '.join('?' * 13)})", [_row(a) for a in self.put]
        )
        connection.executemany(
            f"INSERT OR IGNORE INTO alert_firing ({_FIRING_COLUMNS}, shown) VALUES ({', '.join('?' * 9)})",
            [
                (f.alert, f.symbol, f.at_ms, f.direction.value, f.line, f.price, f.missed, f.note, self.shown)
                for f in self.firings
            ],
        )


@dataclass(frozen=True, slots=True)
class NoteShown:
    """A window has told everything that fired without one."""

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE alert_firing SET shown = 1 WHERE shown = 0")


def _row(alert: Alert) -> tuple[object, ...]:
    return (
        alert.id,
        alert.symbol,
        alert.price,
        alert.direction.value,
        alert.again,
        alert.rearm,
        alert.note,
        alert.active,
        alert.created_ms,
        alert.fired_ms,
        alert.seen_ms,
        alert.seen_price,
        " ".join(sorted(alert.spent)),
    )


def _all_alerts(connection: sqlite3.Connection) -> list[Alert]:
    """Rows that are no alerts, such as those of a kind this version does not know, stay where they are."""
    found = []
    for row in connection.execute(f"SELECT {_COLUMNS} FROM alert ORDER BY created_ms, id").fetchall():
        try:
            found.append(_alert(*row))
        except ValueError as error:
            _log.warning("the alert %s of %s cannot be used: %s", *row[:2], error)
    return found


def _alert(number: str, symbol: str, price: float, direction: str, again: int, *rest: Any) -> Alert:
    """Raises ValueError."""
    rearm, note, active, created_ms, fired_ms, seen_ms, seen_price, spent = rest
    return Alert(
        number,
        symbol,
        price,
        Direction(direction),
        bool(again),
        rearm,
        note,
        bool(active),
        created_ms,
        fired_ms,
        seen_ms,
        seen_price,
        frozenset(map(Direction, spent.split())),
    )


def _firings_of(connection: sqlite3.Connection, symbol: str, limit: int) -> list[Firing]:
    rows = connection.execute(
        f"SELECT {_FIRING_COLUMNS} FROM alert_firing WHERE symbol = ? ORDER BY at_ms DESC LIMIT ?", (symbol, limit)
    ).fetchall()
    return _firings(reversed(rows))


def _unshown(connection: sqlite3.Connection) -> list[Firing]:
    return _firings(connection.execute(f"SELECT {_FIRING_COLUMNS} FROM alert_firing WHERE NOT shown ORDER BY at_ms"))


def _firings(rows: Iterable[tuple[Any, ...]]) -> list[Firing]:
    """Rows that are none are passed over."""
    found = []
    for number, name, at_ms, direction, line, price, missed, note in rows:
        try:
            found.append(Firing(number, name, at_ms, Direction(direction), line, price, bool(missed), note))
        except ValueError as error:
            _log.warning("what the alert %s of %s told cannot be shown: %s", number, name, error)
    return found

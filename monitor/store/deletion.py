"""Deleting history: bars, their revisions and what the ledger says of their time, with a line in the audit."""

import json
import sqlite3
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from monitor.clock import now_ms
from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.ports import AuditEntry
from monitor.store import bar_days
from monitor.store.reader import Reader
from monitor.store.rollups import roll_without
from monitor.store.tasks import SaveAudit, forget_coverage
from monitor.store.writer import Writer

AUDIT_KIND = "deletion"
_IN_RANGE = "instrument_id = ? AND interval_s = ? AND start_ms >= ? AND start_ms < ?"
# Longer bars that are made here are no history: they are there as long as what they are made of.
_HISTORY = f"(interval_s = {int(Interval.M1)} OR source <> 'computed')"
_COUNT = f"""
SELECT count(*) FROM instrument JOIN bar ON instrument_id = id
WHERE symbol IN (SELECT value FROM json_each(?)) AND {_IN_RANGE.removeprefix("instrument_id = ? AND ")} AND {_HISTORY}
"""


class StoredDeletion:
    """Implements HistoryDeletion. ``on_audit(entry)`` hears of each symbol whose bars are gone."""

    def __init__(
        self,
        reader: Reader,
        writer: Writer,
        on_audit: Callable[[AuditEntry], None] = lambda _: None,
        now_ms: Callable[[], int] = now_ms,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._on_audit = on_audit
        self._now_ms = now_ms

    async def count(self, symbols: Sequence[str], interval: Interval, start_ms: int, end_ms: int) -> int:
        values = json.dumps(list(symbols)), int(interval), start_ms, end_ms
        (found,) = await self._reader.ask(lambda connection: connection.execute(_COUNT, values).fetchone())
        return int(found)

    async def delete(self, symbols: Sequence[str], interval: Interval, start_ms: int, end_ms: int) -> int:
        # What was recorded before and still waits, in memory or beside the database, would come back afterwards.
        await self._writer.flushed()
        deleted = 0
        for symbol in symbols:  # a transaction each, so that what streams in does not wait for all of them
            task = DeleteHistory(symbol, interval, start_ms, end_ms, self._now_ms())
            await self._writer.perform(task)
            deleted += task.deleted
            if task.deleted:
                self._on_audit(AuditEntry(task.at_ms, AUDIT_KIND, task.sentence))
        return deleted


@dataclass(slots=True)
class DeleteHistory:
    """Bars of one symbol that start in [start_ms, end_ms).

    Once it has run, ``deleted`` counts them, and ``first_ms`` and ``last_ms`` are the starts of the first and the last.

    The audit's line goes to disk with it: neither is ever there without the other.
    """

    symbol: str
    interval: Interval
    start_ms: int
    end_ms: int
    at_ms: int
    deleted: int = field(default=0, init=False)
    first_ms: int = field(default=0, init=False)
    last_ms: int = field(default=0, init=False)

    @property
    def sentence(self) -> str:
        """What the audit says."""
        ends = self.first_ms, self.last_ms
        first, last = (f"{from_ms(min(max(ms, 0), bar_days.LATEST_MS)):%Y-%m-%d}" for ms in ends)
        days = f"of {first}" if first == last else f"from {first} to {last}"
        bars = "bar" if self.deleted == 1 else "bars"
        return f"{self.deleted:,} {bars} ({self.interval.label}) of {self.symbol} {days}."

    def run(self, connection: sqlite3.Connection) -> None:
        row = connection.execute("SELECT id FROM instrument WHERE symbol = ?", (self.symbol,)).fetchone()
        if row is None:
            return
        series = row[0], int(self.interval)
        stretch = self.start_ms, self.end_ms
        found = f"SELECT json_group_array(start_ms) FROM bar WHERE {_IN_RANGE} AND {_HISTORY}"
        starts: list[int] = json.loads(connection.execute(found, (*series, *stretch)).fetchone()[0])
        self.first_ms, self.last_ms = min(starts, default=0), max(starts, default=0)
        deletion = f"DELETE FROM bar WHERE {_IN_RANGE} AND {_HISTORY}"
        self.deleted = connection.execute(deletion, (*series, *stretch)).rowcount
        connection.execute(f"DELETE FROM bar_revision WHERE {_IN_RANGE}", (*series, *stretch))
        bar_days.recount(connection, *series, *stretch)
        roll_without(connection, row[0], self.symbol, self.interval, starts, self.at_ms)
        forget_coverage(connection, row[0], self.interval.label, *stretch)
        if self.deleted:
            SaveAudit(self.at_ms, AUDIT_KIND, self.sentence).run(connection)

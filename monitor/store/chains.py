"""The schedules of chain snapshots on disk, and what became of their moments."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from monitor.clock import now_ms
from monitor.errors import BadData
from monitor.market.chain_schedule import EVERY_MINUTES, ChainSchedule, ChainSlot, SlotState
from monitor.ports import KeptSchedule
from monitor.store.reader import Reader
from monitor.store.writer import Writer


class StoredChainSchedules:
    """Implements ChainSchedules."""

    def __init__(
        self, reader: Reader, writer: Writer, number_of: Callable[[str], int], now_ms: Callable[[], int] = now_ms
    ) -> None:
        """``number_of`` gives an instrument's number, a new one where it has none yet."""
        self._reader = reader
        self._writer = writer
        self._number_of = number_of
        self._now_ms = now_ms

    async def all(self) -> list[KeptSchedule]:
        return await self._reader.ask(_all)

    async def put(self, schedule: ChainSchedule) -> None:
        """Raises BadData for a schedule that cannot be kept."""
        if schedule.every_minutes not in EVERY_MINUTES or (schedule.days is not None and schedule.days < 0):
            raise BadData("Snapshots can be 1, 5, 10, 15, 30 or 60 minutes apart.")
        await self._writer.perform(_PutSchedule(self._number_of(schedule.symbol), schedule, self._now_ms()))

    async def remove(self, symbol: str) -> None:
        await self._writer.perform(_RemoveSchedule(symbol))

    async def slots(self, symbol: str, limit: int) -> list[ChainSlot]:
        return await self._reader.ask(lambda connection: _slots(connection, symbol, limit))


@dataclass(frozen=True, slots=True)
class _PutSchedule:
    instrument_id: int
    schedule: ChainSchedule
    now_ms: int

    def run(self, connection: sqlite3.Connection) -> None:
        s = self.schedule
        connection.execute(
            "INSERT OR REPLACE INTO chain_schedule VALUES (?, ?, ?, ?)",
            (self.instrument_id, s.every_minutes, s.days, self.now_ms),
        )


@dataclass(frozen=True, slots=True)
class _RemoveSchedule:
    symbol: str

    def run(self, connection: sqlite3.Connection) -> None:
        connection.execute(
            "DELETE FROM chain_schedule WHERE instrument_id = (SELECT id FROM instrument WHERE symbol = ?)",
            (self.symbol,),
        )


_ALL = """
SELECT symbol, every_minutes, days, since_ms,
       ifnull((SELECT max(slot_ms) FROM chain WHERE chain.instrument_id = chain_schedule.instrument_id), 0)
FROM chain_schedule JOIN instrument ON instrument.id = instrument_id ORDER BY symbol
"""


def _all(connection: sqlite3.Connection) -> list[KeptSchedule]:
    return [
        KeptSchedule(ChainSchedule(symbol, every, days), since_ms, newest_ms)
        for symbol, every, days, since_ms, newest_ms in connection.execute(_ALL)
    ]


def _slots(connection: sqlite3.Connection, symbol: str, limit: int) -> list[ChainSlot]:
    rows = connection.execute(
        "SELECT slot_ms, state, sentence, taken_ms, contracts FROM chain"
        " WHERE instrument_id = (SELECT id FROM instrument WHERE symbol = ?) ORDER BY slot_ms DESC LIMIT ?",
        (symbol, limit),
    )
    return [ChainSlot(symbol, slot, SlotState(state), *rest) for slot, state, *rest in rows]

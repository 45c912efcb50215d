"""Imports: bars of a file into the archive, marked as imported, beside Schwab's own and never over them unasked."""

import os
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO, TextIO

import numpy as np

from monitor.errors import BadData
from monitor.market.bar import Bar, Interval
from monitor.ports import ImportPreview, ImportRequest, ImportResult, RejectedLine
from monitor.store import bar_days
from monitor.store.bar_csv import BarCsv
from monitor.store.reader import Reader
from monitor.store.recording import Recording
from monitor.store.rollups import roll
from monitor.store.tasks import series_of
from monitor.store.writer import Writer

#: Bars of a transaction, so that what streams in does not wait for a whole file.
_BARS_AT_ONCE = 10_000
_REJECTED_SHOWN = 200
_LOOK_EVERY = 1000


class StoredImporter:
    """Implements BarImporter."""

    def __init__(self, reader: Reader, writer: Writer, recording: Recording, now_ms: Callable[[], int]) -> None:
        self._reader = reader
        self._writer = writer
        self._recording = recording
        self._now_ms = now_ms

    async def preview(self, request: ImportRequest, cancelled: Callable[[], bool]) -> ImportPreview | None:
        """As BarImporter says."""
        return await self._reader.ask(
            lambda _: looked_into(request, lambda: cancelled() or self._reader.closing), limit_seconds=None
        )

    async def run(
        self, request: ImportRequest, progress: Callable[[int, int], None], cancelled: Callable[[], bool]
    ) -> ImportResult:
        """As BarImporter says."""
        taken = kept = rejections = 0
        series: Counter[tuple[str, Interval]] = Counter()
        stopped = False
        with _opened(request.path) as (file, raw):
            size = os.fstat(raw.fileno()).st_size
            lines = iter(await self._reader.ask(lambda _: BarCsv(file, request), limit_seconds=None))
            try:
                while not (stopped := cancelled()):
                    chunk = await self._reader.ask(lambda _: list(islice(lines, _BARS_AT_ONCE)), limit_seconds=None)
                    if not chunk:
                        break
                    bars = [item for item in chunk if isinstance(item, Bar)]
                    rejections += len(chunk) - len(bars)
                    ids = {symbol: self._recording.number_of(symbol) for symbol in {bar.symbol for bar in bars}}
                    task = ImportBars(bars, ids, self._now_ms(), request.replaces)
                    await self._writer.perform(task)
                    taken, kept = taken + task.taken, kept + len(bars) - task.taken
                    series.update((bar.symbol, bar.interval) for bar in bars)
                    progress(min(raw.tell(), size), size)
            finally:
                symbols = tuple(sorted({symbol for symbol, _ in series}))
                if taken:
                    self._recording.record_audit("import", _sentence(taken, symbols, request.path))
        intervals = tuple(sorted({interval for _, interval in series}))
        return ImportResult(taken, kept, rejections, symbols, intervals, stopped)


# Bars with equal numbers stay what they are, digit for digit.
_VALUES = ("open", "high", "low", "close", "volume")
_OLD, _NEW = (f"({', '.join(f'{table}.{name}' for name in _VALUES)})" for table in ("bar", "excluded"))
_IMPORT = f"""
INSERT INTO bar (instrument_id, interval_s, start_ms, {", ".join(_VALUES)}, source, first_seen, last_seen)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (instrument_id, interval_s, start_ms) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _VALUES)},
    source = excluded.source, revision = bar.revision + 1, last_seen = excluded.last_seen
WHERE {_OLD} IS NOT {_NEW} AND (bar.source IN ('import', 'computed') {{also}})
"""


@dataclass(slots=True)
class ImportBars:
    """Bars of a file; ``taken`` counts, once it has run, those that are new or took the place of others."""

    bars: list[Bar]
    ids: dict[str, int]
    seen_ms: int
    replaces: bool
    taken: int = field(default=0, init=False)

    def run(self, connection: sqlite3.Connection) -> None:
        sql = _IMPORT.format(also="OR true" if self.replaces else "")
        rows = (
            (
                *(self.ids[b.symbol], int(b.interval), b.start, b.open, b.high, b.low, b.close, b.volume),
                *(b.source.value, self.seen_ms, self.seen_ms),
            )
            for b in self.bars
        )
        self.taken = connection.executemany(sql, rows).rowcount if self.bars else 0
        for (symbol, interval), found in series_of(self.bars).items():
            starts = np.array([bar.start for bar in found], np.int64)
            bar_days.count(connection, bar_days.days_of(self.ids[symbol], int(interval), np.sort(starts)))
            if interval in (Interval.M1, Interval.DAY):
                roll(connection, self.ids[symbol], symbol, interval, starts, self.seen_ms)


def looked_into(request: ImportRequest, cancelled: Callable[[], bool]) -> ImportPreview | None:
    """What the file holds, without a database; None when it was cancelled. Raises MonitorError as BarImporter says."""
    found: Counter[tuple[str, Interval]] = Counter()
    rejected: list[RejectedLine] = []
    rejections = 0
    first: int | None = None
    last: int | None = None
    with _opened(request.path) as (file, _):
        lines = BarCsv(file, request)
        for number, item in enumerate(lines):
            if number % _LOOK_EVERY == 0 and cancelled():
                return None
            if isinstance(item, RejectedLine):
                rejections += 1
                if len(rejected) < _REJECTED_SHOWN:
                    rejected.append(item)
                continue
            found[item.symbol, item.interval] += 1
            first = item.start if first is None else min(first, item.start)
            last = item.start if last is None else max(last, item.start)
    return ImportPreview(
        bars=found.total(),
        symbols=tuple(sorted({symbol for symbol, _ in found})),
        intervals=tuple(sorted({interval for _, interval in found})),
        first_ms=first,
        last_ms=last,
        rejected=tuple(rejected),
        rejections=rejections,
        needs_zone=lines.naive,
    )


@contextmanager
def _opened(path: Path) -> Iterator[tuple[TextIO, BinaryIO]]:
    """The file as text, and beneath it as bytes. Raises BadData where it cannot be read."""
    try:
        with path.open("rb") as raw, TextIOWrapper(raw, "utf-8-sig", errors="replace", newline="") as file:
            yield file, raw
    except OSError as error:
        raise BadData(f"{path} cannot be read: {error.strerror or error}.") from error


def _sentence(taken: int, symbols: tuple[str, ...], path: Path) -> str:
    of = ", ".join(symbols) if len(symbols) <= 5 else f"{len(symbols)} symbols"
    return f"{taken:,} {'bar' if taken == 1 else 'bars'} of {of} from {path}."

"""The file beside an export: what is in it, from where, and what is missing in it and why."""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from monitor import __version__
from monitor.analysis.ranges import missing
from monitor.clock import now_ms
from monitor.market.bar import BarSource, Interval
from monitor.market.gap import Gap
from monitor.ports import ExportRequest, Zone
from monitor.store.archive import read_coverage, read_gaps
from monitor.store.csv_text import time_text
from monitor.store.rollups import built_from

#: How the streamer's names of the services begin, or end, that bring a kind of data.
_SERVICES = {"bars": "CHART_", "quotes": "LEVELONE_", "trades": "LEVELONE_", "book": "_BOOK"}
_LATEST_MS = 2**62


@dataclass(slots=True)
class Written:
    """What became of an export: its rows, where its bars, or the parts of those made for it, came from, what is left
    out because it could not be read, in sentences; and the instruments whose minutes should be packed.
    """

    rows: int = 0
    bars: Counter[str] = field(default_factory=Counter)
    parts: Counter[str] = field(default_factory=Counter)
    troubles: list[str] = field(default_factory=list)
    to_pack: list[int] = field(default_factory=list)

    def take_trouble(self, sentence: str) -> None:
        if sentence not in self.troubles:
            self.troubles.append(sentence)


def notes(connection: sqlite3.Connection, request: ExportRequest, written: Written) -> bytes:
    """The content of the file beside the export, as JSON."""
    zone = request.layout.zone
    (profile,) = connection.execute("SELECT value FROM about WHERE key = 'profile'").fetchone() or ("",)
    about: dict[str, Any] = {
        "file": request.out.name,
        "what": request.what,
        "symbols": sorted(set(request.symbols)),
        "from": time_text(request.start_ms, zone) if request.start_ms > 0 else None,
        "to": time_text(request.end_ms, zone) if request.end_ms < _LATEST_MS else None,
        "zone": _ZONES[zone],
        "rows": written.rows,
    }
    if request.out.suffix.lower() == ".csv":
        about["decimal"] = request.layout.decimal.value
    if request.what == "bars":
        about |= {"interval": request.interval.label, "hours": request.hours.value}
        about["sources"] = {source.value: written.bars[source.value] for source in BarSource}
        base = built_from(request.interval)
        if request.interval is not base:
            parts = written.parts or _parts(connection, request, base)
            counts = {source.value: parts[source.value] for source in BarSource}
            about["computed_from"] = {"interval": base.label, **counts}
    about["gaps"] = list(_gaps(connection, request))
    if written.troubles:
        about["left_out"] = written.troubles
    about |= {"profile": profile, "program": f"Market Monitor {__version__}", "made_at": time_text(now_ms(), zone)}
    return (json.dumps(about, indent=1, ensure_ascii=False) + "\n").encode()


def _parts(connection: sqlite3.Connection, request: ExportRequest, base: Interval) -> Counter[str]:
    """The bars on disk that those of the range were made of when they came, by source."""
    found: Counter[str] = Counter()
    sql = (
        "SELECT source, count(*) FROM bar JOIN instrument ON id = instrument_id"
        " WHERE symbol = ? AND interval_s = ? AND start_ms >= ? AND start_ms < ? GROUP BY source"
    )
    for symbol in set(request.symbols):
        found.update(dict(connection.execute(sql, (symbol, int(base), request.start_ms, request.end_ms))))
    return found


_ZONES = {Zone.NEW_YORK: "America/New_York", Zone.UTC: "UTC", Zone.LOCAL: "this machine's"}


def _gaps(connection: sqlite3.Connection, request: ExportRequest) -> Iterator[dict[str, str | None]]:
    """The holes in the range, symbol by symbol; of bars what history has not filled, of options what was missed."""
    zone, start, end = request.layout.zone, request.start_ms, request.end_ms
    for symbol in sorted(set(request.symbols)):
        if request.what == "options":
            yield from _missed(connection, symbol, request)
            continue
        covered = read_coverage(connection, symbol, built_from(request.interval)) if request.what == "bars" else []
        for gap in read_gaps(connection, symbol, start, end):
            if _SERVICES[request.what] not in gap.service:
                continue
            for first, last in _open(gap, covered, start, end):
                yield {
                    "symbol": symbol,
                    "service": gap.service,
                    "from": time_text(first, zone),
                    "to": time_text(last, zone) if last < _LATEST_MS else None,
                    "cause": gap.cause.value,
                    "sentence": gap.sentence,
                }


def _open(gap: Gap, covered: list[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    first, last = max(gap.from_ms, start), min(gap.to_ms if gap.to_ms is not None else _LATEST_MS, end)
    return missing(covered, first, last)


def _missed(connection: sqlite3.Connection, symbol: str, request: ExportRequest) -> Iterator[dict[str, str | None]]:
    rows = connection.execute(
        "SELECT slot_ms, state, sentence FROM chain JOIN instrument ON instrument.id = instrument_id"
        " WHERE symbol = ? AND slot_ms >= ? AND slot_ms < ? AND state IN ('missed', 'partial') ORDER BY slot_ms",
        (symbol, request.start_ms, request.end_ms),
    )
    for slot_ms, state, sentence in rows:
        yield {
            "symbol": symbol,
            "slot": time_text(slot_ms, request.layout.zone),
            "cause": state,
            "sentence": sentence,
        }

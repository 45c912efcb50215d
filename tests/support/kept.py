"""What a client of the sandbox owes its disk: the truth log, worked out anew as rows and compared with the database."""

import json
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from monitor.schwab.wire import EQUITY_FIELDS, FOREX_FIELDS, FUTURE_FIELDS, FUTURE_OPTION_FIELDS, OPTION_FIELDS
from monitor.store.book_levels import as_json

Item = dict[str, Any]

LEVEL_ONE = {
    "LEVELONE_EQUITIES": EQUITY_FIELDS,
    "LEVELONE_OPTIONS": OPTION_FIELDS,
    "LEVELONE_FUTURES": FUTURE_FIELDS,
    "LEVELONE_FUTURES_OPTIONS": FUTURE_OPTION_FIELDS,
    "LEVELONE_FOREX": FOREX_FIELDS,
}
_NAMES = {
    service: {str(number): name for number, name in enumerate(names, start=1)}
    | {"delayed": "delayed", "assetMainType": "asset_type", "assetSubType": "asset_subtype", "cusip": "cusip"}
    for service, names in LEVEL_ONE.items()
}
_COLUMNS = ("bid", "ask", "last", "bid_size", "ask_size", "last_size", "volume", "quote_time", "trade_time")
#: Where a minute's start is, and its five values follow one another from field 2 on.
_START = {"CHART_EQUITY": "7", "CHART_FUTURES": "1"}
_RANKED = {
    "symbol": "symbol",
    "description": "description",
    "lastPrice": "last",
    "netChange": "net_change",
    "netPercentChange": "net_percent_change",
    "marketShare": "market_share",
    "totalVolume": "total_volume",
    "volume": "volume",
    "trades": "trades",
}
_SPOILT_WORDS = ("perhaps", "nothing of the kind")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f]")
_FUTURE_MS = 3_600_000
#: A frame that is so much older than the newest is not late: the streamer's clock was set back.
_LATE_MS = 5_000
#: Symbols of frames that are nobody's data.
NOBODYS = "ZZZ"


class Row(NamedTuple):
    """What one item becomes: its values as JSON, so that 214 is not 214.0."""

    table: str
    key: str
    values: str


def _row(table: str, key: str, *values: Any) -> Row:
    return Row(table, key, json.dumps(values, sort_keys=True))


@dataclass
class Frame:
    """A data frame that was handed to a connection, with the market's time of it."""

    service: str
    sent_ms: int
    items: list[Item]


@dataclass
class Line:
    """One connection as the truth log tells of it; ``keys`` are (market ms, service, key, whether it is owed)."""

    number: int
    opened_ms: int = 0
    frames: list[Frame] = field(default_factory=list)
    received: int = 0  # of the frames, as far as rows prove it
    doubtful: int | None = None  # where the frames that did not arrive begin: those before it leave no rows
    newest_beat: int = 0
    keys: list[tuple[int, str, str, bool]] = field(default_factory=list)
    closed: str = ""

    @property
    def missing(self) -> list[Frame]:
        """What did not arrive."""
        return [] if self.doubtful is None else self.frames[self.doubtful :]

    @property
    def proven_ms(self) -> int:
        """Until when, by the market's clock, nothing can have been missed: the newest frame that may have arrived."""
        return max((self.newest_beat, *(frame.sent_ms for frame in self.frames[: self.doubtful])))


def read_truth(file: Path) -> tuple[list[Line], Counter[str]]:
    """The connections in the order of their logins, and how often each kind of frame was nobody's data."""
    lines: dict[int, Line] = {}
    injected: Counter[str] = Counter()
    with file.open() as text:
        for entry in map(json.loads, text):
            line = lines.setdefault(entry["connection"], Line(entry["connection"]))
            match entry:
                case {"opened": _}:
                    line.opened_ms = entry["at"]
                case {"handed": True}:
                    for part in entry["frame"]["data"]:
                        line.frames.append(Frame(part["service"], part["timestamp"], part["content"]))
                case {"command": command, "service": service, "keys": keys, "market": moment}:
                    line.keys += [(moment, service, key, command != "UNSUBS") for key in keys]
                case {"heartbeat": moment}:
                    line.newest_beat = moment
                case {"injected": kind}:
                    injected[kind] += 1
                case {"closed": how}:
                    line.closed = how
    return sorted((line for line in lines.values() if line.opened_ms), key=lambda line: line.opened_ms), injected


class Merging:
    """Turns frames into rows: Level 1 items are changes on the wire and states on disk."""

    def __init__(self) -> None:
        self._states: dict[tuple[str, str], Item] = defaultdict(dict)
        self._before: dict[str, tuple[int, list[Item]]] = {}
        self._newest: dict[str, int] = {}  # when the newest frame of each Level 1 service was sent

    def connected(self) -> None:
        """Numbered messages that come twice in a row count once, on one connection, which has a time of its own."""
        self._before.clear()
        self._newest.clear()

    def rows(self, frame: Frame) -> list[Row]:
        """Those of one frame, in its order."""
        if frame.service in LEVEL_ONE:
            late = self._is_late(frame)
            return [row for item in frame.items if (row := self._quote(frame.service, item, late))]
        items = [item for item in frame.items if not any(map(_is_spoilt, item.values()))]
        if frame.service.endswith("_BOOK"):
            return [_book(frame.service, item) for item in items]
        if frame.service.startswith("SCREENER"):
            return [_screener(frame.service, item) for item in items]
        if frame.service in _START:
            return []
        twice = self._before.get(frame.service) == (frame.sent_ms, items)
        self._before[frame.service] = frame.sent_ms, items
        if twice:
            return []
        return [_headline(item) if frame.service == "NEWS_HEADLINE" else _activity(item) for item in items]

    def _is_late(self, frame: Frame) -> bool:
        """Whether a newer frame came before it; one that is much older begins the count anew."""
        newest = self._newest.get(frame.service, 0)
        if not newest - _LATE_MS <= frame.sent_ms < newest:
            self._newest[frame.service] = frame.sent_ms
        return frame.sent_ms < newest

    def _quote(self, service: str, item: Item, late: bool) -> Row | None:
        """The state after a change; what is older than the state is a row of its own, and only fills what is empty."""
        names = _NAMES[service]
        known = {names[number]: value for number, value in item.items() if number in names}
        if any(isinstance(value, list | dict) or value in _SPOILT_WORDS for value in known.values()):
            return None
        changed = {name: _plain(value) for name, value in known.items() if value is not None}
        state = self._states[service, item["key"]]
        told = state | changed
        if state and (late or _is_older(state, changed)):
            state |= {name: value for name, value in changed.items() if name not in state}
        else:
            state |= changed
        details = {name: value for name, value in changed.items() if name not in _COLUMNS}
        kept = None if service == "LEVELONE_EQUITIES" else details or None
        return _row("quote", item["key"], [told.get(name) for name in _COLUMNS], kept)


def _is_older(state: Item, changed: Item) -> bool:
    """A day's volume only grows: a smaller one without a newer print was told before what is known already."""
    volume, before = changed.get("volume"), state.get("volume")
    if not volume or before is None or volume >= before:
        return False
    time, time_before = changed.get("trade_time"), state.get("trade_time")
    return time is None or (time_before is not None and time <= time_before)


def _plain(value: Any) -> Any:
    return _CONTROL.sub("", value) if isinstance(value, str) else value


def _is_spoilt(value: Any) -> bool:
    """Whether the sandbox put it in the place of what belongs there."""
    match value:
        case None | "perhaps" | "nothing of the kind" | [float()]:
            return True
        case {"text": _}:
            return len(value) == 1
        case _:
            return False


def _book(service: str, item: Item) -> Row:
    sides = [
        [
            [
                level["0"],
                level["1"],
                level.get("2", 0),
                [[maker["0"], maker["1"], maker.get("2", 0)] for maker in level.get("3", [])],
            ]
            for level in item.get(side, [])
        ]
        for side in ("2", "3")
    ]
    return _row("book", item["key"], service, item.get("1", 0), sides)


def _screener(service: str, item: Item) -> Row:
    rows = []
    for row in item.get("4", []):
        named = {
            _RANKED[name]: _plain(value) for name, value in row.items() if name in _RANKED and value not in ("", None)
        }
        if isinstance(percent := named.get("net_percent_change"), float):
            named["net_percent_change"] = float(Decimal(repr(percent)).scaleb(2))
        elif percent is not None:
            named["net_percent_change"] = percent * 100
        rows.append(named)
    return _row("screener", item["key"], service, item.get("1", 0), rows)


def _activity(item: Item) -> Row:
    return _row("activity", "", *(_plain(item.get(number, "")) for number in "123"))


def _headline(item: Item) -> Row:
    texts = (_plain(item.get(number, "")) for number in ("5", "4"))
    symbols = " ".join(item.get("7") or [item["key"]])
    return _row("headline", "", item.get("1", 0), *texts, symbols, *(_plain(item.get(n, "")) for n in ("9", "10")))


def bars_of(frame: Frame) -> Iterator[tuple[tuple[str, int], list[Any]]]:
    """(symbol, start) and values of each minute that a client keeps: those that begin much later are mistakes."""
    if frame.service in _START:
        for item in frame.items:
            start = item[_START[frame.service]]
            if not any(map(_is_spoilt, item.values())) and start <= frame.sent_ms + _FUTURE_MS:
                yield (item["key"], start), [item[number] for number in "23456"]


class Disk:
    """The rows of a collector's database."""

    def __init__(self, database: Path) -> None:
        self._database = database

    def ask(self, question: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True)) as connection:
            return connection.execute(question).fetchall()

    def streamed(self) -> list[tuple[int, Row]]:
        """Every row with the time at which its item was received (µs), in that order."""
        found: list[tuple[int, Row]] = []
        for symbol, received, *values, details in self.ask(
            f"SELECT symbol, q.received_us, {', '.join(_COLUMNS)}, details FROM quote q"  # noqa: S608
            " JOIN instrument ON id = q.instrument_id LEFT JOIN quote_detail d USING (instrument_id, received_us)"
        ):
            found.append((received, _row("quote", symbol, values, json.loads(details) if details else None)))
        for symbol, received, venue, time, levels in self.ask(
            "SELECT symbol, received_us, venue, time, levels FROM book JOIN instrument ON id = instrument_id"
        ):
            found.append((received, _row("book", symbol, venue, time, json.loads(as_json(levels)))))
        for name, received, service, time, rows in self.ask(
            "SELECT name, received_us, service, time, rows FROM screener"
        ):
            found.append((received, _row("screener", name, service, time, json.loads(rows))))
        for received, *values in self.ask("SELECT received_us, account, kind, text FROM activity"):
            found.append((received, _row("activity", "", *values)))
        for received, *values in self.ask(
            "SELECT received_us, time, story, text, symbols, source, teaser FROM headline"
        ):
            found.append((received, _row("headline", "", *values)))
        return sorted(found)

    def bars(self) -> dict[tuple[str, int], tuple[list[Any], str]]:
        """Values and source of each minute, by symbol and start."""
        rows = self.ask(
            "SELECT symbol, start_ms, open, high, low, close, volume, source FROM bar"
            " JOIN instrument ON id = instrument_id WHERE interval_s = 60"
        )
        return {(symbol, start): (values, source) for symbol, start, *values, source in rows}

    def holes(self) -> list[tuple[str, str, int, int | None]]:
        """Service, symbol, begin and end (ms) of each hole on record."""
        return self.ask("SELECT service, symbol, from_ms, to_ms FROM gap")

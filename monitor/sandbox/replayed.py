"""The market of a replay: quotes, books and bars as far as the tape was played, for REST to tell the same story."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any

from monitor.market.bar import Interval
from monitor.market.book import BookService
from monitor.market.calendar import CHICAGO, Phase, Session, at_new_york, from_ms, phase_at, to_ms
from monitor.sandbox.commands import CHART, LEVEL_ONE
from monitor.sandbox.exchange import Candle, LevelOne, Listing
from monitor.sandbox.tape import Tape
from monitor.sandbox.venue import Venue

_MICS = {"Q": "XNAS", "N": "XNYS", "P": "ARCX", "Z": "BATS"}


class ReplayedExchange:
    """An Exchange made of the frames before ``position()``; nothing is known of those after it but the symbols."""

    def __init__(self, tape: Tape, position: Callable[[], int]) -> None:
        self._tape = tape
        self._position = position
        self._listings = {symbol: _listing(tape, symbol) for symbol in tape.symbols()}
        self._forget()

    def now_ms(self) -> int:
        """The time stamp of the newest frame played."""
        return self._tape.stamps[max(self._position() - 1, 0)]

    def listings(self) -> Sequence[Listing]:
        return list(self._listings.values())

    def listing(self, symbol: str) -> Listing | None:
        return self._listings.get(symbol)

    def level_one(self, symbol: str, at_ms: int) -> LevelOne:  # noqa: ARG002
        """All Level 1 changes played so far, merged; the tape has one present, whatever ``at_ms`` says."""
        self._catch_up()
        return dict(self._quotes.get(symbol, {}))

    def book(self, symbol: str, service: BookService, at_ms: int) -> dict[str, Any] | None:  # noqa: ARG002
        return self.last_item(service.value, symbol)

    def candle(self, symbol: str, start_ms: int) -> Candle | None:
        self._catch_up()
        return self._minutes.get(symbol, {}).get(start_ms)

    def candles(self, symbol: str, interval: Interval, start_ms: int, end_ms: int, extended: bool) -> list[Candle]:
        """The minute bars played so far, joined to the interval asked for."""
        self._catch_up()
        joined: dict[int, Candle] = {}
        for minute in self._minutes.get(symbol, {}).values():
            if not (extended or not interval.intraday or phase_at(minute.start) is Phase.REGULAR):
                continue
            start = _interval_start(minute.start, interval)
            held = joined.get(start)
            joined[start] = _join(held, minute) if held else minute._replace(start=start)
        return [joined[start] for start in sorted(joined) if start_ms <= start < end_ms]

    def contracts(self, symbol: str, at_ms: int) -> list[dict[str, Any]]:  # noqa: ARG002
        """No tape holds option chains."""
        return []

    def sessions(self, day: str) -> tuple[Session, ...]:
        """A replay is open around the clock: it plays whenever somebody watches."""
        moment = date.fromisoformat(day)
        midnights = (at_new_york(each, time(0)) for each in (moment, moment + timedelta(days=1)))
        return (Session(Phase.REGULAR, *midnights),)

    @property
    def venues(self) -> Mapping[str, Venue]:
        """A tape is played as it is, whatever its services."""
        return {}

    def last_item(self, service: str, symbol: str) -> dict[str, Any] | None:
        """The newest item of a service played for a symbol."""
        self._catch_up()
        index = self._newest.get((service, symbol))
        if index is None:
            return None
        items = reversed(self._tape.items(index))
        return next((item for item in items if item.get("key") == symbol), None)

    def _forget(self) -> None:
        self._known = 0
        self._quotes: dict[str, LevelOne] = {}
        self._minutes: dict[str, dict[int, Candle]] = {}
        self._newest: dict[tuple[str, str], int] = {}

    def _catch_up(self) -> None:
        """Takes in the frames played since the last question; a tape that began anew is taken in from its start."""
        position = self._position()
        if position < self._known:
            self._forget()
        for index in range(self._known, position):
            content = self._tape.contents[index]
            for key in content.keys:
                self._newest[content.service, key] = index
            if content.service in (LEVEL_ONE, CHART):
                for item in self._tape.items(index):
                    self._take_in(content.service, item)
        self._known = position

    def _take_in(self, service: str, item: dict[str, Any]) -> None:
        symbol = item["key"]
        if service == LEVEL_ONE:
            self._quotes.setdefault(symbol, {}).update({n: v for n, v in item.items() if n.isdigit()})
        else:
            candle = Candle(item["7"], *(item[n] for n in "23456"))
            self._minutes.setdefault(symbol, {})[candle.start] = candle


def _listing(tape: Tape, symbol: str) -> Listing:
    """What the tape's first whole quote of a symbol says of it."""
    first = tape.snapshots.get(symbol, {})
    services = tape.services_of(symbol)
    letter = str(first.get("13", "Q"))
    return Listing(
        symbol,
        str(first.get("15", symbol)),
        letter,
        str(first.get("25", "")),
        _MICS.get(letter, ""),
        str(first.get("assetMainType", "EQUITY")),
        str(first.get("assetSubType", "")),
        str(first.get("cusip", "")),
        next((book for book in BookService if book.value in services), None),
    )


def _interval_start(ms: int, interval: Interval) -> int:
    """The start of the bar a minute belongs to; days and longer begin at midnight US Central."""
    if interval.intraday:
        return ms // interval.milliseconds * interval.milliseconds
    day = from_ms(ms).date()
    if interval is Interval.WEEK:
        day = date.fromordinal(day.toordinal() - day.weekday())
    elif interval is Interval.MONTH:
        day = day.replace(day=1)
    return to_ms(datetime.combine(day, time(0), CHICAGO))


def _join(held: Candle, minute: Candle) -> Candle:
    volume = held.volume + minute.volume
    return Candle(held.start, held.open, max(held.high, minute.high), min(held.low, minute.low), minute.close, volume)

"""GET /pricehistory: which windows may be asked for, and how deep the answer goes (PROTOCOL 4.2)."""

import asyncio
from collections.abc import Iterator
from datetime import date, time, timedelta
from typing import Any, NamedTuple

from aiohttp import web

from monitor.market.bar import Interval
from monitor.market.calendar import Phase, at_new_york, from_ms
from monitor.sandbox.answers import Refusal, answer_text
from monitor.sandbox.exchange import Candle, Exchange
from monitor.sandbox.jackson import encode
from monitor.sandbox.venue import Venue


class PeriodRule(NamedTuple):
    """What may be asked with one periodType."""

    periods: tuple[int, ...]
    period: int
    frequency_types: tuple[str, ...]
    frequency_type: str


_RULES = {
    "day": PeriodRule((1, 2, 3, 4, 5, 10), 10, ("minute",), "minute"),
    "month": PeriodRule((1, 2, 3, 6), 1, ("daily", "weekly"), "weekly"),
    "year": PeriodRule((1, 2, 3, 5, 10, 15, 20), 1, ("daily", "weekly", "monthly"), "monthly"),
    "ytd": PeriodRule((1,), 1, ("daily", "weekly"), "weekly"),
}
_INTERVALS = {
    ("minute", 1): Interval.M1,
    ("minute", 5): Interval.M5,
    ("minute", 15): Interval.M15,
    ("minute", 30): Interval.M30,
    ("daily", 1): Interval.DAY,
    ("weekly", 1): Interval.WEEK,
    ("monthly", 1): Interval.MONTH,
}
_MINUTE_DAYS = 48
_LONGER_MINUTES_DAYS = 274
#: Ten-minute bars are asked of the market as five-minute ones and joined here.
_TEN_MINUTES_MS = 600_000
#: No parameter is a number beyond this; as a time it is the year 2109.
_LARGEST = 2**42


class Window(NamedTuple):
    """What was asked for: whole New York days from ``first`` to ``last``, both included."""

    first: date
    last: date
    interval: Interval
    tens: bool
    extended: bool


class History:
    """Answers with candles of one market."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/marketdata/v1/pricehistory", self.candles)]

    async def candles(self, request: web.Request) -> web.Response:
        """The candles of the window; fewer, without a word, where the market's memory is shorter."""
        symbol = request.query.get("symbol", "")
        if not symbol:
            raise Refusal(400, "symbol is required", {"parameter": "symbol"})
        window = self._window(request)
        if self._exchange.listing(symbol) is None and self._future(symbol) is None:
            raise Refusal(404)
        first, texts = None, []
        for stretch in _stretches(self._reachable(window)):
            if candles := self._fetch(symbol, stretch):
                first = first or candles[0]
                texts.append(_text(candles))
            await asyncio.sleep(0)  # the streamer's turn: a long history takes a while
        head: dict[str, Any] = {"symbol": symbol, "empty": first is None}
        if _flag(request, "needPreviousClose") and (before := self._close_before(symbol, window, first)):
            head |= {"previousClose": before.close, "previousCloseDate": before.start}
        return answer_text(encode(head)[:-1] + b',"candles":[' + b",".join(texts) + b"]}")

    def _window(self, request: web.Request) -> Window:
        query = request.query
        period_type = query.get("periodType", "day")
        rule = _RULES.get(period_type)
        if rule is None:
            raise _invalid("periodType")
        kind = query.get("frequencyType", rule.frequency_type)
        frequency = _integer(request, "frequency", 1)
        tens = (kind, frequency) == ("minute", 10)
        interval = Interval.M5 if tens else _INTERVALS.get((kind, frequency))
        period = _integer(request, "period", rule.period)
        if kind not in rule.frequency_types or interval is None:
            raise _invalid("frequencyType")
        if period not in rule.periods:
            raise _invalid("period")
        last = self._last_day(request)
        start = _integer(request, "startDate", 0)
        first = from_ms(start).date() if start else self._days_back(last, period_type, period)
        return Window(first, last, interval, tens, _flag(request, "needExtendedHoursData"))

    def _last_day(self, request: web.Request) -> date:
        """The day of ``endDate``; without one, the business day before today."""
        today = from_ms(self._exchange.now_ms()).date()
        if end := _integer(request, "endDate", 0):
            return min(from_ms(end).date(), today)
        return self._trading_day_before(today)

    def _days_back(self, last: date, period_type: str, period: int) -> date:
        match period_type:
            case "day":
                first = last
                for _ in range(period - 1):
                    first = self._trading_day_before(first)
                return first
            case "month":
                month = last.year * 12 + last.month - 1 - period
                return date(month // 12, month % 12 + 1, min(last.day, 28))
            case "year":
                return date(last.year - period, last.month, min(last.day, 28))
            case _:
                return date(last.year, 1, 1)

    def _trading_day_before(self, day: date) -> date:
        for _ in range(10):
            day -= timedelta(days=1)
            if any(s.phase is Phase.REGULAR for s in self._exchange.sessions(day.isoformat())):
                break
        return day

    def _reachable(self, window: Window) -> Window:
        """The part of the window that the market still remembers."""
        if not window.interval.intraday:
            return window
        today = from_ms(self._exchange.now_ms()).date()
        depth = _MINUTE_DAYS if window.interval is Interval.M1 else _LONGER_MINUTES_DAYS
        return window._replace(first=max(window.first, today - timedelta(days=depth)))

    def _fetch(self, symbol: str, window: Window) -> list[Candle]:
        start, end = _midnight(window.first), _midnight(window.last + timedelta(days=1))
        if (future := self._future(symbol)) is not None:
            bars = future.history(symbol, window.interval, start, min(end, self._exchange.now_ms()))
            candles = [Candle(*bar) for bar in bars]
        else:
            candles = self._exchange.candles(symbol, window.interval, start, end, window.extended)
        return _joined(candles) if window.tens else candles

    def _future(self, symbol: str) -> Venue | None:
        """The venue of a future's bars; None for everything else."""
        bars = self._exchange.venues.get("CHART_FUTURES") if symbol.startswith("/") else None
        return bars if bars and bars.fields(symbol, self._exchange.now_ms()) is not None else None

    def _close_before(self, symbol: str, window: Window, candle: Candle | None) -> Candle | None:
        """The daily candle of the day before the first candle of an answer."""
        first = max(from_ms(candle.start).date(), window.first) if candle else window.first
        start, end = _midnight(first - timedelta(days=12)), _midnight(first)
        if self._future(symbol) is not None:
            return None
        days = self._exchange.candles(symbol, Interval.DAY, start, end, False)
        return days[-1] if days else None


def _stretches(window: Window) -> Iterator[Window]:
    """The window in parts that are quickly answered: days of minutes, years of days."""
    length = timedelta(days=1 if window.interval.intraday else 366)
    first = window.first
    while first <= window.last:
        yield window._replace(first=first, last=min(first + length - timedelta(days=1), window.last))
        first += length


def _text(candles: list[Candle]) -> bytes:
    """The candles as they stand in the list of an answer, without its brackets."""
    rows = [
        {"open": c.open, "high": c.high, "low": c.low, "close": c.close, "volume": c.volume, "datetime": c.start}
        for c in candles
    ]
    return encode(rows)[1:-1]


def _midnight(day: date) -> int:
    return at_new_york(day, time(0))


def _joined(fives: list[Candle]) -> list[Candle]:
    tens: dict[int, Candle] = {}
    for c in fives:
        start = c.start // _TEN_MINUTES_MS * _TEN_MINUTES_MS
        if held := tens.get(start):
            volume = held.volume + c.volume
            tens[start] = Candle(start, held.open, max(held.high, c.high), min(held.low, c.low), c.close, volume)
        else:
            tens[start] = c._replace(start=start)
    return list(tens.values())


def _integer(request: web.Request, name: str, default: int) -> int:
    text = request.query.get(name, "")
    try:
        value = int(text) if text else default
    except ValueError:
        raise _invalid(name) from None
    if not 0 <= value < _LARGEST:
        raise _invalid(name)
    return value


def _flag(request: web.Request, name: str) -> bool:
    return request.query.get(name, "").lower() == "true"


def _invalid(parameter: str) -> Refusal:
    return Refusal(400, f"Invalid value for {parameter}", {"parameter": parameter})

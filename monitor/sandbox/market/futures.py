"""LEVELONE_FUTURES and CHART_FUTURES: a few products, each with its root symbol and its next contracts."""

import re
from datetime import date, time, timedelta
from typing import NamedTuple

import numpy as np

from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.sandbox.exchange import Candle
from monitor.sandbox.feed import CHART_DELAY_MS
from monitor.sandbox.market.chance import Floats
from monitor.sandbox.market.round_the_clock import Tape, last_traded, session_start, traded
from monitor.sandbox.market.sessions import MINUTE_MS
from monitor.sandbox.market.wander import Wander
from monitor.sandbox.venue import Bar, Delivery, Fields, Venue

_LETTERS = "FGHJKMNQUVXZ"
_SHOWN = 4
#: Trading moves on to the next contract so long before the last day.
_ROLL = timedelta(days=8)
#: How much dearer a contract is that ends a year later.
_CARRY = 0.03
_SYMBOL = re.compile(r"(/[A-Z]{2})(?:([FGHJKMNQUVXZ])(\d\d))?")


class Product(NamedTuple):
    """What all contracts of a product have in common."""

    root: str
    description: str
    exchange_name: str
    price: float
    daily: float  # standard deviation of a day's change
    tick: float
    multiplier: float
    volume: float  # on a day, of the active contract
    months: str  # letters of the months that are listed
    hours: str


PRODUCTS = {
    product.root: product
    for product in (
        Product("/ES", "E-mini S&P 500 Index Futures", "XCME", 6850, 0.008, 0.25, 50, 1.4e6, "HMUZ", "r-17001600d"),
        Product("/NQ", "E-mini Nasdaq-100 Index Futures", "XCME", 25200, 0.011, 0.25, 20, 6e5, "HMUZ", "r-17001600d"),
        Product("/CL", "Light Sweet Crude Oil Futures", "XNYM", 61, 0.018, 0.01, 1000, 3e5, _LETTERS, "-17001600d"),
        Product("/GC", "Gold Futures", "XCEC", 4200, 0.010, 0.10, 100, 2e5, "GJMQVZ", "-17001600d"),
    )
}


class Contract(NamedTuple):
    """One contract on a day: its own symbol, and whether it is the one that is traded most."""

    product: Product
    symbol: str
    expires: date
    active: bool
    ahead_years: float  # of the active one

    @property
    def expires_ms(self) -> int:
        return at_new_york(self.expires, time(0))


def contract(key: str, today: date) -> Contract | None:
    """The contract of a symbol; a root alone is the active one. None for what is not listed."""
    match = _SYMBOL.fullmatch(key)
    product = PRODUCTS.get(match[1]) if match else None
    if product is None or match is None:
        return None
    listed = _listed(product, today)
    return listed[0] if match[2] is None else next((each for each in listed if each.symbol == key), None)


def _listed(product: Product, today: date) -> list[Contract]:
    """The next contracts, the active one first."""
    found: list[Contract] = []
    year, month = today.year, today.month
    while len(found) < _SHOWN:
        letter = _LETTERS[month - 1]
        ends = _third_friday(year, month)
        if letter in product.months and ends - _ROLL > today:
            first = found[0].expires if found else ends
            symbol = f"{product.root}{letter}{year % 100:02d}"
            found.append(Contract(product, symbol, ends, not found, (ends - first).days / 365))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found


def _third_friday(year: int, month: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(4 - first.weekday()) % 7 + 14)


class Futures:
    """The prices of every contract under one seed."""

    def __init__(self, seed: int, real_hours: bool) -> None:
        self._real_hours = real_hours
        self._wanders = {root: Wander(seed, root, product.daily) for root, product in PRODUCTS.items()}
        self._tapes: dict[str, Tape] = {}

    def moment(self, at_ms: int) -> int:
        """The moment whose prices stand: the present, or the last one with trading."""
        return last_traded(at_ms) if self._real_hours else at_ms

    def tape(self, of: Contract) -> Tape:
        """Candles and figures of a contract."""
        if of.symbol not in self._tapes:
            self._tapes[of.symbol] = Tape(lambda seconds: self._path(of, seconds))
        return self._tapes[of.symbol]

    def price(self, of: Contract, at_ms: int) -> float:
        return float(self._path(of, np.array([at_ms // 1000]))[0])

    def _path(self, of: Contract, seconds: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Floats:
        product = of.product
        worth = product.price * (1 + _CARRY * of.ahead_years) * self._wanders[product.root].over(seconds)
        return np.asarray(np.round(np.rint(worth / product.tick) * product.tick, 4))

    def volume(self, of: Contract, at_ms: int) -> int:
        """Contracts traded in the session so far."""
        daily = of.product.volume if of.active else of.product.volume * 0.02
        return traded(daily, session_start(at_ms), at_ms)

    def candle(self, of: Contract, start_ms: int) -> Candle:
        """One minute."""
        return Candle(start_ms, *self.tape(of).minute(start_ms), max(self._volume_in(of, start_ms, MINUTE_MS), 1))

    def candles(self, of: Contract, interval: Interval, start_ms: int, end_ms: int) -> list[Candle]:
        """Bars that start in [start_ms, end_ms) and are whole; days are not kept."""
        step = interval.milliseconds
        if not interval.intraday:
            return []
        first = -(-start_ms // step) * step
        last = end_ms // step * step
        bars = (bar for bar in self.tape(of).bars(first, last, step) if self.moment(bar[0]) == bar[0])
        return [Candle(*bar, max(self._volume_in(of, bar[0], step), 1)) for bar in bars]

    def _volume_in(self, of: Contract, start_ms: int, step_ms: int) -> int:
        return self.volume(of, start_ms + step_ms - 1) - self.volume(of, start_ms)


class FutureQuotes(Venue):
    """LEVELONE_FUTURES."""

    service = "LEVELONE_FUTURES"
    delivery = Delivery.CHANGES
    asset_type = "FUTURE"

    def __init__(self, futures: Futures) -> None:
        self._futures = futures

    def fields(self, key: str, at_ms: int) -> Fields | None:
        """Fields 1 to 40 of a contract; a root has those of its active one."""
        at = self._futures.moment(at_ms)
        of = contract(key, from_ms(at).date())
        if of is None:
            return None
        product, tick = of.product, of.product.tick
        last, day = self._futures.price(of, at), self._futures.tape(of).day(at)
        second = at // 1000
        low = last - tick * (second % 2)
        change = round(last - day.close, 4)
        bid_time, ask_time, trade_time = (second * 1000 - late for late in (second * 7 % 400, second * 3 % 700, 120))
        settled = at_new_york(from_ms(session_start(at)).date(), time(0))
        return {
            "1": round(low, 4),
            "2": round(low + tick, 4),
            "3": last,
            "4": 1 + second * 13 % 90,
            "5": 1 + second * 29 % 110,
            "6": "?",
            "7": "?",
            "8": self._futures.volume(of, at),
            "9": 1 + second % 5,
            "10": max(bid_time, ask_time),
            "11": trade_time,
            "12": day.high,
            "13": day.low,
            "14": day.close,
            "15": "@",
            "16": f"{product.description},{of.expires:%b-%Y},ETH",
            "17": "?",
            "18": day.open,
            "19": change,
            "20": round(100 * change / day.close, 8),
            "21": product.exchange_name,
            "22": "Normal" if at == at_ms else "Closed",
            "23": int(product.volume * (1.4 if of.active else 0.1)),
            "24": last,
            "25": tick,
            "26": tick * product.multiplier,
            "27": product.root,
            "28": "D,D",
            "29": f"GLBX(de=1640;0=-17001600;1={product.hours}-15551640;7=d-16401555)",
            "30": False,
            "31": product.multiplier,
            "32": of.active,
            "33": day.close,
            "34": of.symbol if of.active else _listed(product, from_ms(at).date())[0].symbol,
            "35": of.expires_ms,
            "36": "Unknown",
            "37": ask_time,
            "38": bid_time,
            "39": at == at_ms,
            "40": settled,
        }


class FutureBars(Venue):
    """CHART_FUTURES."""

    service = "CHART_FUTURES"
    delivery = Delivery.SEQUENCE

    def __init__(self, futures: Futures) -> None:
        self._futures = futures

    def fields(self, key: str, at_ms: int) -> Fields | None:
        """The newest finished minute."""
        start = (at_ms - CHART_DELAY_MS) // MINUTE_MS * MINUTE_MS - MINUTE_MS
        return self._bar(key, self._futures.moment(start) // MINUTE_MS * MINUTE_MS)

    def history(self, key: str, interval: Interval, start_ms: int, end_ms: int) -> list[Bar]:
        """Bars of minutes; a root has those of the contract that is active on the last day."""
        of = contract(key, from_ms(end_ms - 1).date())
        return [] if of is None else [*self._futures.candles(of, interval, start_ms, end_ms)]

    def since(self, key: str, after_ms: int, until_ms: int) -> list[Fields]:
        """The minutes whose bars were sent in (after, until]."""
        first, last = ((ms - CHART_DELAY_MS) // MINUTE_MS * MINUTE_MS for ms in (after_ms, until_ms))
        starts = (start for start in range(first, last, MINUTE_MS) if self._futures.moment(start) == start)
        return [bar for start in starts if (bar := self._bar(key, start)) is not None]

    def _bar(self, key: str, start: int) -> Fields | None:
        of = contract(key, from_ms(start).date())
        if of is None:
            return None
        bar = self._futures.candle(of, start)
        return {str(n): value for n, value in enumerate(bar, start=1)}

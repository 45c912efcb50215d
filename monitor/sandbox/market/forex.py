"""LEVELONE_FOREX: currency pairs, each the worth of one currency in another, so that they agree with each other."""

from typing import NamedTuple

import numpy as np

from monitor.sandbox.market.chance import Floats
from monitor.sandbox.market.round_the_clock import Tape, last_traded, session_start, traded
from monitor.sandbox.market.wander import Wander
from monitor.sandbox.venue import Delivery, Fields, Venue

_YEAR_REACH = 0.06


class Currency(NamedTuple):
    """What a currency is worth in dollars, how much that changes in a day, and how descriptions call it."""

    worth: float
    daily: float
    name: str


_CURRENCIES = {
    "USD": Currency(1.0, 0.0, "USDollar"),
    "EUR": Currency(1.085, 0.004, "Euro"),
    "GBP": Currency(1.27, 0.0045, "GBPound"),
    "JPY": Currency(1 / 156, 0.005, "Yen"),
    "CHF": Currency(1.12, 0.0045, "SwissFranc"),
    "CAD": Currency(0.715, 0.0035, "CanDollar"),
    "AUD": Currency(0.655, 0.005, "AusDollar"),
}


class Forex(Venue):
    """Every pair of the currencies above, written ``EUR/USD``."""

    service = "LEVELONE_FOREX"
    delivery = Delivery.CHANGES
    asset_type = "FOREX"

    def __init__(self, seed: int, real_hours: bool) -> None:
        self._real_hours = real_hours
        self._wanders = {code: Wander(seed, f"forex {code}", each.daily) for code, each in _CURRENCIES.items()}
        self._tapes: dict[str, Tape] = {}

    def fields(self, key: str, at_ms: int) -> Fields | None:
        """Fields 1 to 29 of a pair."""
        base, _, other = key.partition("/")
        if base not in _CURRENCIES or other not in _CURRENCIES or base == other:
            return None
        at = last_traded(at_ms) if self._real_hours else at_ms
        digits = 3 if other == "JPY" else 5
        last = float(self._path(base, other, np.array([at // 1000]))[0])
        tape = self._tapes.setdefault(key, Tape(lambda seconds: self._path(base, other, seconds)))
        day, second = tape.day(at), at // 1000
        half = 0.00006 * last * (1 + second % 3 / 4)
        return {
            "1": round(last - half, digits),
            "2": round(last + half, digits),
            "3": last,
            "4": 100_000 * (10 + second * 13 % 40),
            "5": 100_000 * (10 + second * 29 % 40),
            "6": 10_000 * traded(150_000, session_start(at), at),
            "7": 10_000 * (1 + second % 3),
            "8": second * 1000,
            "9": second * 1000,
            "10": day.high,
            "11": day.low,
            "12": day.close,
            "13": "!",
            "14": f"{_CURRENCIES[base].name}/{_CURRENCIES[other].name} Spot",
            "15": day.open,
            "16": round(last - day.close, 6),
            "17": 0,
            "18": "GFT",
            "19": 2,
            "20": "Unknown",
            "21": 0,
            "22": 0,
            "23": "",
            "24": "",
            "25": False,
            "26": "",
            "27": round(day.close * (1 + _YEAR_REACH), digits),
            "28": round(day.close * (1 - _YEAR_REACH), digits),
            "29": last,
        }

    def _path(self, base: str, other: str, seconds: "np.ndarray[tuple[int], np.dtype[np.int64]]") -> Floats:
        above, below = (_CURRENCIES[code].worth * self._wanders[code].over(seconds) for code in (base, other))
        return np.asarray(np.round(above / below, 4 if other == "JPY" else 6))

"""LEVELONE_FUTURES_OPTIONS: options on the futures, such as ``./ESZ26C6900`` or gold's ``./OGZ26C4200``."""

import re
from datetime import time

import numpy as np

from monitor.market.calendar import at_new_york, from_ms
from monitor.sandbox.market.futures import PRODUCTS, Contract, Futures, contract
from monitor.sandbox.market.pricing import valued
from monitor.sandbox.venue import Delivery, Fields, Venue

_SYMBOL = re.compile(r"\./([A-Z]{2})([FGHJKMNQUVXZ])(\d\d)([CP])(\d+(?:\.\d+)?)")
_UNDERLYING = {"ES": "/ES", "NQ": "/NQ", "LO": "/CL", "OG": "/GC"}
_YEAR_MS = 365 * 86_400_000
_REACH = 0.5


class FutureOptions(Venue):
    """Every strike within reach of the listed contracts."""

    service = "LEVELONE_FUTURES_OPTIONS"
    delivery = Delivery.CHANGES
    asset_type = "FUTURE_OPTION"

    def __init__(self, futures: Futures) -> None:
        self._futures = futures

    def fields(self, key: str, at_ms: int) -> Fields | None:
        """Fields 1 to 31 of an option."""
        match = _SYMBOL.fullmatch(key)
        if match is None or match[1] not in _UNDERLYING:
            return None
        at = self._futures.moment(at_ms)
        of = contract(f"{_UNDERLYING[match[1]]}{match[2]}{match[3]}", from_ms(at).date())
        call, strike = match[4] == "C", float(match[5])
        if of is None or abs(strike / of.product.price - 1) > _REACH:
            return None
        day = self._futures.tape(of).day(at)
        last, opened, high, low, close = (
            _worth(of, price, strike, call, at)
            for price in (self._futures.price(of, at), day.open, day.high, day.low, day.close)
        )
        if not call:
            high, low = low, high
        second, step = at // 1000, of.product.tick
        bid = max(round(last - step * (1 + second % 2), 4), 0.0)
        return {
            "1": bid,
            "2": round(last + step, 4),
            "3": last,
            "4": 1 + second * 13 % 40,
            "5": 1 + second * 29 % 40,
            "6": "?",
            "7": "?",
            "8": second % 86_400 // 60,
            "9": 1 + second % 3,
            "10": second * 1000,
            "11": second * 1000 - 500,
            "12": high,
            "13": low,
            "14": close,
            "15": "?",
            "16": f"{of.product.description.removesuffix('s')} Options,{of.expires:%b-%Y}",
            "17": opened,
            "18": int(1000 * _nearness(strike, of.product.price)),
            "19": last,
            "20": step,
            "21": step * of.product.multiplier,
            "22": of.product.multiplier,
            "23": close,
            "24": of.symbol,
            "25": strike,
            "26": of.expires_ms,
            "27": "A",
            "28": match[4],
            "29": "Normal" if at == at_ms else "Closed",
            "30": "@",
            "31": PRODUCTS[of.product.root].exchange_name,
        }


def _worth(of: Contract, price: float, strike: float, call: bool, at_ms: int) -> float:
    years = max((at_new_york(of.expires, time(16)) - at_ms) / _YEAR_MS, 1 / 8760)
    volatility = np.array([of.product.daily * np.sqrt(252)])
    value = float(valued(price, np.array([strike]), years, volatility, 0.0, call).price[0])
    return round(round(value / of.product.tick) * of.product.tick, 4)


def _nearness(strike: float, price: float) -> float:
    return float(np.exp(-abs(strike / price - 1) * 20))

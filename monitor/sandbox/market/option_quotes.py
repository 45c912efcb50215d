"""LEVELONE_OPTIONS and OPTIONS_BOOK: the contracts that /chains lists, one at a time and as they move."""

import re
from collections.abc import Callable
from datetime import date
from functools import cache
from hashlib import blake2b
from typing import Any

from monitor.market.calendar import from_ms
from monitor.sandbox.exchange import LevelOne
from monitor.sandbox.market.facts import whole
from monitor.sandbox.market.options import OptionMarket
from monitor.sandbox.market.sessions import midnight
from monitor.sandbox.market.universe import Company, universe
from monitor.sandbox.venue import Delivery, Fields, Venue

Contract = dict[str, Any]
_SYMBOL = re.compile(r"([A-Z0-9]{1,6}) *(\d{6})([CP])\d{8}")
_NOT_COMPUTED = -999.0
_REMEMBERED = 64
_VENUES = (
    *("NSDQ", "MEMX", "NYSE", "BATS", "PACX", "BOSX", "S", "XBXO", "MIAX"),
    *("CBOE", "ISEX", "EDGX", "PHLX", "GMNI", "AMEX", "MERC", "G"),
)
_LEVELS = 6


class Options:
    """The contract of a symbol at a moment; one side of an expiry is worked out at a time, once a second."""

    def __init__(self, market: OptionMarket, level_one: Callable[[str, int], LevelOne]) -> None:
        self._market = market
        self._level_one = level_one
        self._sides: dict[tuple[str, date, bool, int], dict[str, Contract]] = {}

    def contract(self, key: str, at_ms: int) -> tuple[Company, Contract, LevelOne] | None:
        """The company, the contract as /chains has it, and the company's Level 1; None for what is not listed."""
        match = _SYMBOL.fullmatch(key)
        name = _roots().get(match[1]) if match else None
        if match is None or name is None:
            return None
        try:
            day = date(2000 + int(match[2][:2]), int(match[2][2:4]), int(match[2][4:]))
        except ValueError:
            return None
        at = at_ms // 1000 * 1000
        company, state = universe()[name], self._level_one(name, at)
        place = (name, day, match[3] == "C", at)
        if place not in self._sides:
            if len(self._sides) >= _REMEMBERED:
                self._sides.pop(next(iter(self._sides)))
            side = self._market.side(company, state, at, day, match[3] == "C")
            self._sides[place] = {contract["symbol"]: contract for contract in side}
        found = self._sides[place].get(key)
        return None if found is None else (company, found, state)


@cache
def _roots() -> dict[str, str]:
    """Which name the contracts of a root are on."""
    names = {symbol.lstrip("$").replace("/", ""): symbol for symbol in universe()}
    return names | {"SPXW": "$SPX"}


class OptionQuotes(Venue):
    """LEVELONE_OPTIONS."""

    service = "LEVELONE_OPTIONS"
    delivery = Delivery.CHANGES
    asset_type = "OPTION"

    def __init__(self, options: Options) -> None:
        self._options = options

    def fields(self, key: str, at_ms: int) -> Fields | None:
        """Fields 1 to 55 of a contract; the Greeks are -999, and the theoretical value -1, where there are none."""
        found = self._options.contract(key, at_ms)
        if found is None:
            return None
        company, c, state = found
        day = date.fromisoformat(c["expirationDate"][:10])
        theoretical = -1.0 if c["theoreticalOptionValue"] == _NOT_COMPUTED else c["theoreticalOptionValue"]
        prices = (c["bid"], c["ask"], c["last"], c["highPrice"], c["lowPrice"], c["closePrice"])
        fields: Fields = {"1": c["description"]} | {str(n): price for n, price in enumerate(prices, start=2)}
        fields |= {"8": c["totalVolume"], "9": c["openInterest"], "10": c["volatility"], "11": c["intrinsicValue"]}
        fields |= {"12": day.year, "13": c["multiplier"], "14": 2, "15": c["openPrice"], "16": c["bidSize"]}
        fields |= {"17": c["askSize"], "18": c["lastSize"], "19": c["netChange"], "20": c["strikePrice"]}
        fields |= {"21": c["putCall"][0], "22": company.listing.symbol, "23": day.month, "24": c["deliverableNote"]}
        fields |= {"25": c["timeValue"], "26": day.day, "27": c["daysToExpiration"]}
        greeks = (c["delta"], c["gamma"], c["theta"], c["vega"], c["rho"])
        fields |= {str(n): value for n, value in enumerate(greeks, start=28)}
        fields |= {"33": "Normal", "34": theoretical, "35": state["3"], "36": c["expirationType"], "37": c["mark"]}
        fields |= {"38": c["quoteTimeInLong"], "39": c["tradeTimeInLong"], "40": "O", "41": "OPR"}
        fields |= {"42": c["lastTradingDay"], "43": c["settlementType"], "44": c["percentChange"]}
        fields |= {"45": c["markChange"], "46": c["markPercentChange"], "47": 0, "48": c["pennyPilot"]}
        fields |= {"49": c["optionRoot"], "50": c["high52Week"], "51": c["low52Week"]}
        return fields | {"52": 0, "53": 0, "54": 0, "55": c["exerciseType"]}


class OptionBooks(Venue):
    """OPTIONS_BOOK: the option exchanges at and behind the best bid and ask."""

    service = "OPTIONS_BOOK"
    delivery = Delivery.WHOLE

    def __init__(self, options: Options) -> None:
        self._options = options

    def fields(self, key: str, at_ms: int) -> Fields | None:
        """Book time, bids and asks; the best levels have Level 1's prices and sizes."""
        found = self._options.contract(key, at_ms)
        if found is None:
            return None
        contract = found[1]
        time = contract["quoteTimeInLong"]
        since_midnight = time - midnight(from_ms(time).date())
        sides = (("bid", "bidSize", -1), ("ask", "askSize", 1))
        bids, asks = (_side(key, contract[p], contract[s], way, since_midnight) for p, s, way in sides)
        return {"1": time, "2": bids, "3": asks}


def _side(key: str, best: float, size: int, way: int, since_midnight: int) -> list[dict[str, Any]]:
    """One side, best first: every exchange stands at one level, by its own habit."""
    step = 0.01 if best < 3 else 0.05
    draws = blake2b(f"{key} {way} {best}".encode(), digest_size=len(_VENUES)).digest()
    levels: list[dict[str, Any]] = []
    for depth in range(_LEVELS):
        price = round(best + way * depth * step, 2)
        standing = [(venue, draw) for venue, draw in zip(_VENUES, draws, strict=True) if draw % _LEVELS == depth]
        if price <= 0 or not (standing or depth == 0):
            continue
        makers = [(venue, 1 + draw // 3, since_midnight - draw * 9) for venue, draw in standing]
        if depth == 0:
            makers = [(_VENUES[draws[0] % 4], size, since_midnight)]
        makers.sort(key=lambda maker: -maker[1])
        levels.append(
            {
                "0": whole(price),
                "1": sum(maker[1] for maker in makers),
                "2": len(makers),
                "3": [{"0": venue, "1": count, "2": time} for venue, count, time in makers],
            }
        )
    return levels

"""SCREENER_EQUITY and SCREENER_OPTION: who trades or moves most, among shares and among option contracts."""

import asyncio
from collections.abc import Callable
from typing import Any, NamedTuple

from monitor.market.calendar import from_ms
from monitor.sandbox.exchange import Candle, LevelOne, Listing
from monitor.sandbox.market.expiries import expiries
from monitor.sandbox.market.options import OptionMarket
from monitor.sandbox.market.sessions import MINUTE_MS
from monitor.sandbox.market.universe import universe
from monitor.sandbox.movers import MEMBERS, SHARES_A_TRADE
from monitor.sandbox.venue import Delivery, Fields, Venue

Row = dict[str, Any]
_SHOWN = 10
#: A new image comes at most this often.
_EVERY_MS = 10_000
_FREQUENCIES = ("0", "1", "5", "10", "30", "60")
_OPTION_SIDES = {"OPTION_CALL": (True,), "OPTION_PUT": (False,), "OPTION_ALL": (True, False)}
_OPTION_NAMES = ("SPY", "QQQ", "NVDA", "TSLA", "AAPL", "AMD")
_OPTION_EXPIRIES = 2
_CONTRACTS_A_TRADE = 6
_ORDERS: dict[str, Callable[[Row], float]] = {
    "VOLUME": lambda row: -row["volume"],
    "TRADES": lambda row: -row["trades"],
    "PERCENT_CHANGE_UP": lambda row: -row["netPercentChange"],
    "PERCENT_CHANGE_DOWN": lambda row: row["netPercentChange"],
    "AVERAGE_PERCENT_VOLUME": lambda row: -row["ofAverage"],
}


class Asked(NamedTuple):
    """What a key asks for: ``NASDAQ_VOLUME_30``."""

    prefix: str
    sort: str
    minutes: int


def asked(key: str, prefixes: tuple[str, ...]) -> Asked | None:
    """The parts of a key; None where one of them does not exist."""
    prefix = next((p for p in sorted(prefixes, key=len, reverse=True) if key.startswith(f"{p}_")), None)
    if prefix is None:
        return None
    sort, _, minutes = key.removeprefix(f"{prefix}_").rpartition("_")
    return Asked(prefix, sort, int(minutes)) if sort in _ORDERS and minutes in _FREQUENCIES else None


class _Screener(Venue):
    """What both screeners have in common: one image each ten seconds, out of rows that are worked out before."""

    delivery = Delivery.WHOLE

    def __init__(self, prefixes: tuple[str, ...]) -> None:
        self._prefixes = prefixes
        self._image = 0
        self._rows: list[Row] = []
        self._told: dict[str, Fields | None] = {}
        self._work: asyncio.Task[None] | None = None

    def prepare(self, at_ms: int) -> None:
        """Works out the rows of everything, once for each image, beside what else is to be done."""
        image = at_ms // _EVERY_MS
        if image != self._image and (self._work is None or self._work.done()):
            self._work = asyncio.create_task(self._renew(image))

    async def _renew(self, image: int) -> None:
        rows = await self._work_out(image * _EVERY_MS)
        self._rows, self._image = rows, image
        self._told.clear()

    def fields(self, key: str, at_ms: int) -> Fields | None:  # noqa: ARG002
        """Fields 1 to 4; the items are the ten that lead."""
        if key not in self._told:
            self._told[key] = self._leading(key)
        return self._told[key]

    def _leading(self, key: str) -> Fields | None:
        wanted = asked(key, self._prefixes)
        if wanted is None or not self._rows:
            return None
        time = self._image * _EVERY_MS
        rows = [self._during(row, wanted.minutes, time) for row in self._rows if self._belongs(row, wanted.prefix)]
        total = sum(row["volume"] for row in rows)
        leading = sorted(rows, key=_ORDERS[wanted.sort])[:_SHOWN]
        return {"1": time, "2": wanted.sort, "3": wanted.minutes, "4": [_item(row, total) for row in leading]}

    async def _work_out(self, at_ms: int) -> list[Row]:
        raise NotImplementedError

    def _belongs(self, row: Row, prefix: str) -> bool:
        raise NotImplementedError

    def _during(self, row: Row, minutes: int, at_ms: int) -> Row:
        """The row with the volume of the last minutes; 0 minutes are the whole day."""
        raise NotImplementedError


class EquityScreener(_Screener):
    """SCREENER_EQUITY."""

    service = "SCREENER_EQUITY"

    def __init__(self, level_one: Callable[[str, int], LevelOne], candle: Callable[[str, int], Candle | None]) -> None:
        super().__init__(tuple(prefix for prefix in MEMBERS if not prefix.startswith("OPTION")))
        self._level_one = level_one
        self._candle = candle

    async def _work_out(self, at_ms: int) -> list[Row]:
        rows = []
        for company in universe().values():
            state = self._level_one(company.listing.symbol, at_ms)
            rows.append(_row(company.listing, state, company.volume))
            await asyncio.sleep(0)
        return rows

    def _belongs(self, row: Row, prefix: str) -> bool:
        return MEMBERS[prefix](row["listing"])

    def _during(self, row: Row, minutes: int, at_ms: int) -> Row:
        if not minutes:
            return row
        newest = at_ms // MINUTE_MS * MINUTE_MS
        bars = (self._candle(row["symbol"], newest - n * MINUTE_MS) for n in range(1, minutes + 1))
        volume = int(sum(bar.volume for bar in bars if bar is not None))
        average = row["average"] * minutes / 390
        return row | {"volume": volume, "trades": volume // SHARES_A_TRADE, "ofAverage": _share(volume, average)}


class OptionScreener(_Screener):
    """SCREENER_OPTION: the nearest contracts on a few names that are traded much."""

    service = "SCREENER_OPTION"

    def __init__(self, market: OptionMarket, level_one: Callable[[str, int], LevelOne]) -> None:
        super().__init__(tuple(_OPTION_SIDES))
        self._market = market
        self._level_one = level_one

    async def _work_out(self, at_ms: int) -> list[Row]:
        rows = []
        for name in _OPTION_NAMES:
            state = self._level_one(name, at_ms)
            for expiry in expiries(from_ms(at_ms).date(), True)[:_OPTION_EXPIRIES]:
                for call in (True, False):
                    side = self._market.side(universe()[name], state, at_ms, expiry.day, call)
                    rows += [_contract_row(contract, call) for contract in side]
                    await asyncio.sleep(0)
        return rows

    def _belongs(self, row: Row, prefix: str) -> bool:
        return row["call"] in _OPTION_SIDES[prefix]

    def _during(self, row: Row, minutes: int, at_ms: int) -> Row:
        """A chain tells no minutes: the part of the day's volume that falls on them evenly, a little up and down."""
        if not minutes:
            return row
        wave = 1 + (at_ms // MINUTE_MS * 7 + row["volume"]) % 11 / 20
        volume = int(row["volume"] * wave * minutes / 390)
        return row | {"volume": volume, "trades": volume // _CONTRACTS_A_TRADE}


def _row(listing: Listing, state: LevelOne, average: int) -> Row:
    volume, change, close = int(state.get("8", 0)), float(state["18"]), float(state["12"])
    return {
        "listing": listing,
        "average": average,
        "symbol": listing.symbol,
        "description": listing.description,
        "lastPrice": state["3"],
        "netChange": state["18"],
        "netPercentChange": round(change / close, 8),
        "volume": volume,
        "trades": volume // SHARES_A_TRADE,
        "ofAverage": _share(volume, average),
    }


def _contract_row(contract: Row, call: bool) -> Row:
    volume = contract["totalVolume"]
    return {
        "call": call,
        "symbol": contract["symbol"],
        "description": contract["description"],
        "lastPrice": contract["last"],
        "netChange": contract["netChange"],
        "netPercentChange": round(contract["percentChange"] / 100, 8),
        "volume": volume,
        "trades": volume // _CONTRACTS_A_TRADE,
        "ofAverage": _share(volume, contract["openInterest"]),
    }


def _item(row: Row, total: int) -> Row:
    named = ("symbol", "description", "lastPrice", "netChange", "netPercentChange")
    share = round(100 * _share(row["volume"], total), 8)
    counts = {"marketShare": share, "totalVolume": total, "volume": row["volume"], "trades": row["trades"]}
    return {name: row[name] for name in named} | counts


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0

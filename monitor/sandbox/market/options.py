"""Option chains: every contract on a name, priced off its Level 1 and written as /chains writes them (PROTOCOL 4.3)."""

from datetime import UTC, date, datetime, time
from typing import Any, NamedTuple

import numpy as np

from monitor.market.calendar import at_new_york, from_ms, is_trading_day, sessions
from monitor.sandbox.exchange import LevelOne
from monitor.sandbox.market.chance import Floats, stream
from monitor.sandbox.market.days import DailyMarket, axis
from monitor.sandbox.market.expiries import WEEKLY_VOLUME, Expiry, expiries, strikes
from monitor.sandbox.market.pricing import Valued, smile, valued
from monitor.sandbox.market.universe import Company

_YEAR_MS = 365 * 86_400_000
_NOT_COMPUTED = -999.0
#: Symbols below this price, and averages that nobody writes options on, have none.
_CHEAPEST, _WITHOUT = 3.0, {"$COMPX", "SHY", "AGG"}


class Underlying(NamedTuple):
    """What the contracts are priced off, at one moment."""

    company: Company
    at_ms: int
    today: date
    spot: float
    close: float
    open: float
    volatility: float  # a year's
    dividend: float  # as a yield
    elapsed: float  # part of today's regular session that is over
    quote_time: int


class OptionMarket:
    """The option contracts of every name under one seed."""

    def __init__(self, seed: int, daily: DailyMarket) -> None:
        self._seed = seed
        self._daily = daily

    def contracts(self, company: Company, state: LevelOne, at_ms: int) -> list[dict[str, Any]]:
        """All contracts, calls before puts within an expiry; empty for a name without options."""
        u = self._underlying(company, state, at_ms)
        return [
            contract
            for expiry in _listed(company, state, u.today)
            for call in (True, False)
            for contract in self._side(u, expiry, call)
        ]

    def side(self, company: Company, state: LevelOne, at_ms: int, day: date, call: bool) -> list[dict[str, Any]]:
        """The calls or the puts that end on ``day``; empty when none do."""
        u = self._underlying(company, state, at_ms)
        ends = [expiry for expiry in _listed(company, state, u.today) if expiry.day == day]
        return self._side(u, ends[0], call) if ends else []

    def _underlying(self, company: Company, state: LevelOne, at_ms: int) -> Underlying:
        today = from_ms(at_ms).date()
        spot, close = float(state["3"]), float(state["12"])
        place = max(axis().before(today), 0)
        sigma = float(self._daily.of(company.listing.symbol).sigma[place])
        opened = float(state["17"]) or close
        return Underlying(
            company,
            at_ms,
            today,
            spot,
            close,
            opened,
            sigma * float(np.sqrt(252)),
            company.dividend / spot,
            _elapsed(today, at_ms),
            int(state["34"]),
        )

    def _side(self, u: Underlying, expiry: Expiry, call: bool) -> list[dict[str, Any]]:
        """The calls or the puts of one expiry."""
        ends = at_new_york(expiry.day, time(16))
        years = max((ends - u.at_ms) / _YEAR_MS, 1 / 8760)
        # The grid follows the close before, so that it stays the same all day.
        grid = strikes(u.close, u.volatility * float(np.sqrt(years + 0.02)))
        iv = smile(u.spot, grid, years, u.volatility, u.company.is_index)
        now = valued(u.spot, grid, years, iv, u.dividend, call)
        before = valued(u.close, grid, years + 1 / 365, iv, u.dividend, call)
        opening = valued(u.open, grid, years, iv, u.dividend, call)
        common = _common(u, expiry, call, ends)
        columns = self._prices(u, expiry, call, grid, now, before, opening) | _greeks(now, iv)
        columns |= _names(u, common["optionRoot"], expiry, call, grid)
        keys, rows = list(columns), zip(*(column.tolist() for column in columns.values()), strict=True)
        return [_ordered(dict(zip(keys, row, strict=True)) | common) for row in rows]

    def _prices(
        self, u: Underlying, expiry: Expiry, call: bool, grid: Floats, now: Valued, before: Valued, opening: Valued
    ) -> dict[str, "np.ndarray[Any, Any]"]:
        count, side = len(grid), 1.0 if call else -1.0
        random = stream(self._seed, u.company.listing.symbol, "options", expiry.day, call, u.today)
        close, first = _minted(before.price), _minted(opening.price)
        bid, ask = _quoted(now.price, random.uniform(0.6, 1.6, count))
        mark = np.round((bid + ask) / 2, 2)
        nearness = np.exp(-np.abs(np.log(grid / u.close)) / (u.volatility * 0.15)) / (1 + (expiry.day - u.today).days)
        busy = u.company.volume if not u.company.is_index else 4e7
        daily_volume = busy * 0.01 * nearness * np.exp(random.standard_normal(count))
        open_interest = (busy * 0.004 * nearness**0.5 * np.exp(random.standard_normal(count))).astype(int)
        volume = (daily_volume * u.elapsed).astype(int)
        traded = volume > 0
        last = np.where(traded, np.clip(_minted(now.price), bid, ask), np.where(open_interest > 0, close, 0.0))
        intrinsic = side * (u.spot - grid)
        net = np.where(last > 0, last - close, 0.0)
        age = random.integers(200, 60_000, count)
        sizes = random.integers(1, 120, (2, count))
        high = np.maximum(last, first) * random.uniform(1.0, 1.15, count)
        low = np.minimum(last, first) * random.uniform(0.85, 1.0, count)
        year_high, year_low = last * random.uniform(1.2, 3, count), last * random.uniform(0.2, 0.8, count)
        cents = {
            "bid": bid,
            "ask": ask,
            "last": last,
            "mark": mark,
            "highPrice": np.where(traded, high, 0.0),
            "lowPrice": np.where(traded, low, 0.0),
            "openPrice": np.where(traded, first, 0.0),
            "closePrice": close,
            "netChange": net,
            "percentChange": _percent(net, close),
            "markChange": mark - close,
            "markPercentChange": _percent(mark - close, close),
            "intrinsicValue": intrinsic,
            "extrinsicValue": last - intrinsic,
            "timeValue": np.where(last > 0, last, mark) - np.maximum(intrinsic, 0.0),
            "breakEven": grid + side * mark,
            "high52Week": np.where(open_interest > 0, np.maximum(year_high, high), 0.0),
            "low52Week": np.where(open_interest > 0, np.minimum(year_low, low), 0.0),
        }
        return {name: np.round(column, 2) for name, column in cents.items()} | {
            "bidSize": sizes[0],
            "askSize": sizes[1],
            "bidAskSize": np.array([f"{b}X{a}" for b, a in sizes.T.tolist()]),
            "lastSize": np.where(last > 0, random.integers(1, 20, count), 0),
            "totalVolume": volume,
            "openInterest": open_interest,
            "tradeTimeInLong": np.where(traded, u.quote_time - age, np.where(last > 0, _yesterday(u) - age, 0)),
            "quoteTimeInLong": np.full(count, u.quote_time),
            "inTheMoney": intrinsic > 0,
            "ssid": random.integers(10**8, 2 * 10**8, count),
        }


def _listed(company: Company, state: LevelOne, today: date) -> list[Expiry]:
    """The expiries of a name; none where nobody writes options on it."""
    if company.listing.symbol in _WITHOUT or float(state["12"]) < _CHEAPEST:
        return []
    return expiries(today, company.is_index or company.volume >= WEEKLY_VOLUME)


def _common(u: Underlying, expiry: Expiry, call: bool, ends: int) -> dict[str, Any]:
    """What all contracts of one side of an expiry have in common."""
    symbol = u.company.listing.symbol
    root = _root(symbol, expiry)
    index = u.company.is_index
    return {
        "putCall": "CALL" if call else "PUT",
        "exchangeName": "OPR",
        "theoreticalVolatility": 29.0,
        "optionDeliverablesList": [
            {
                "symbol": symbol,
                "assetType": "INDEX" if index else "STOCK",
                "deliverableUnits": 100.0,
                "currencyType": None,
            }
        ],
        "expirationDate": f"{datetime.fromtimestamp(ends / 1000, UTC):%Y-%m-%dT%H:%M:%S}.000+00:00",
        "daysToExpiration": (expiry.day - u.today).days,
        "expirationType": expiry.kind,
        "lastTradingDay": at_new_york(expiry.day, time(20)),
        "multiplier": 100.0,
        "settlementType": "A" if index and expiry.kind == "S" else "P",
        "deliverableNote": f"100 {root}",
        "optionRoot": root,
        "exerciseType": "E" if index else "A",
        "nonStandard": False,
        "mini": False,
        "pennyPilot": True,
    }


def _names(u: Underlying, root: str, expiry: Expiry, call: bool, grid: Floats) -> dict[str, "np.ndarray[Any, Any]"]:
    letter = "C" if call else "P"
    name = u.company.listing.symbol
    osi = [f"{root:<6}{expiry.day:%y%m%d}{letter}{round(strike * 1000):08d}" for strike in grid.tolist()]
    described = [f"{name} {expiry.day:%m/%d/%Y} {strike:.2f} {letter}" for strike in grid.tolist()]
    return {"symbol": np.array(osi), "description": np.array(described), "strikePrice": grid}


def _root(symbol: str, expiry: Expiry) -> str:
    """``BRKB`` for BRK/B, ``SPXW`` for the weekly contracts of $SPX."""
    root = symbol.lstrip("$").replace("/", "")
    return "SPXW" if root == "SPX" and expiry.kind != "S" else root


def _greeks(now: Valued, iv: Floats) -> dict[str, "np.ndarray[Any, Any]"]:
    """Rounded as chains round them; far from the price they cannot be computed and are all -999."""
    far = (np.abs(now.delta) < 0.0005) | (np.abs(now.delta) > 0.9995)
    columns = {
        "volatility": iv * 100,
        "delta": now.delta,
        "gamma": now.gamma,
        "theta": now.theta,
        "vega": now.vega,
        "rho": now.rho,
        "theoreticalOptionValue": now.price,
    }
    return {name: np.where(far, _NOT_COMPUTED, np.round(column, 3)) for name, column in columns.items()}


def _quoted(price: Floats, wide: Floats) -> tuple[Floats, Floats]:
    """Bids and asks around theoretical prices, in the steps options are quoted in."""
    step = np.where(price < 3, 0.01, 0.05)
    half = np.maximum(price * 0.008 * wide, step / 2)
    bid = np.floor((price - half) / step) * step
    return np.maximum(np.round(bid, 2), 0.0), np.round(np.ceil((price + half) / step) * step, 2)


def _minted(price: Floats) -> Floats:
    return np.maximum(np.round(price, 2), 0.01)


def _percent(change: Floats, of: Floats) -> Floats:
    return np.asarray(100 * change / of)


def _elapsed(today: date, at_ms: int) -> float:
    """How much of the regular session is over: all of it on days without one, whose chains show the last volumes."""
    if not is_trading_day(today):
        return 1.0
    _, regular, _ = sessions(today)
    return min(max((at_ms - regular.start) / (regular.end - regular.start), 0.0), 1.0)


def _yesterday(u: Underlying) -> int:
    return at_new_york(axis().days[max(axis().before(u.today), 0)], time(16))


#: The order in which Schwab writes a contract.
_ORDER = (
    *("putCall", "symbol", "description", "exchangeName", "bid", "ask", "last", "mark", "bidSize", "askSize"),
    *("bidAskSize", "lastSize", "highPrice", "lowPrice", "openPrice", "closePrice", "totalVolume"),
    *("tradeTimeInLong", "quoteTimeInLong", "netChange", "volatility", "delta", "gamma", "theta", "vega", "rho"),
    *("openInterest", "timeValue", "theoreticalOptionValue", "theoreticalVolatility", "optionDeliverablesList"),
    *("strikePrice", "expirationDate", "daysToExpiration", "expirationType", "lastTradingDay", "multiplier"),
    *("settlementType", "deliverableNote", "percentChange", "markChange", "markPercentChange", "intrinsicValue"),
    *("extrinsicValue", "optionRoot", "exerciseType", "high52Week", "low52Week", "breakEven", "ssid"),
    *("nonStandard", "inTheMoney", "mini", "pennyPilot"),
)


def _ordered(contract: dict[str, Any]) -> dict[str, Any]:
    return {key: contract[key] for key in _ORDER}

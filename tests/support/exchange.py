"""A small market that stands still unless a test moves it: the sandbox's protocol without the simulator."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from monitor.market.bar import Interval
from monitor.market.book import BookService
from monitor.market.calendar import CHICAGO, Phase, Session, from_ms, sessions
from monitor.sandbox.exchange import Candle, LevelOne, Listing
from monitor.sandbox.venue import Venue

#: Wednesday 2026-10-07, 10:30:30 New York.
NOW = 1_791_383_430_000
MINUTE = 60_000

LISTINGS = (
    Listing("AAPL", "Apple Inc", "Q", "NASDAQ", "XNAS", "EQUITY", "COE", "037833100", BookService.NASDAQ),
    Listing("F", "Ford Motor Co", "N", "NYSE", "XNYS", "EQUITY", "COE", "345370860", BookService.NYSE),
    Listing("SPY", "SPDR S&P 500 ETF", "P", "NYSE Arca", "ARCX", "EQUITY", "ETF", "78462F103", BookService.NYSE),
    Listing("$SPX", "S&P 500 INDEX", "0", "Index", "", "INDEX", "", "", None),
)


class StillExchange:
    """Quotes, books and bars that follow from ``now`` alone; ``moves`` sets Level 1 fields by hand."""

    def __init__(self, now: int = NOW) -> None:
        self.now = now
        self.moves: LevelOne = {}

    def now_ms(self) -> int:
        return self.now

    def listings(self) -> Sequence[Listing]:
        return LISTINGS

    def listing(self, symbol: str) -> Listing | None:
        return next((listing for listing in LISTINGS if listing.symbol == symbol), None)

    def level_one(self, symbol: str, at_ms: int) -> LevelOne:
        listing = _listed(symbol)
        state: LevelOne = {"1": 214.0, "2": 214.02, "3": 214.01, "8": 69_783_235, "10": 215.5, "11": 213.0}
        state |= {"12": 213.5, "13": listing.exchange, "15": listing.description, "17": 213.25, "18": 0.51}
        state |= {
            "19": 237.49,
            "20": 164.075,
            "25": listing.exchange_name,
            "32": "Normal",
            "35": at_ms - 500,
            "42": 0.2,
        }
        return state | self.moves

    def book(self, symbol: str, service: BookService, at_ms: int) -> dict[str, Any] | None:
        if _listed(symbol).book_service is not service:
            return None
        bid, ask = self.level_one(symbol, at_ms)["1"], self.level_one(symbol, at_ms)["2"]
        sides = {side: [_level(price)] for side, price in (("2", bid), ("3", ask))}
        return {"key": symbol, "1": at_ms} | sides

    def candle(self, symbol: str, start_ms: int) -> Candle | None:
        _listed(symbol)
        return Candle(start_ms, 214.0, 214.5, 213.5, 214.25, start_ms // MINUTE % 1000)

    def candles(self, symbol: str, interval: Interval, start_ms: int, end_ms: int, extended: bool) -> list[Candle]:
        step = interval.milliseconds
        first = -(-start_ms // step) * step
        starts = range(first, min(end_ms, self.now), step)
        if not interval.intraday:
            starts = [start + 5 * 3_600_000 for start in starts]  # midnight US Central in summer
            return [Candle(start, 214.0, 214.5, 213.5, 214.25, 1000) for start in starts if start < end_ms]
        wanted = {Phase.PRE, Phase.REGULAR, Phase.POST} if extended else {Phase.REGULAR}
        found = []
        for start in starts:
            day = sessions(from_ms(start).date())
            if any(s.phase in wanted and s.start <= start < s.end for s in day):
                found.append(Candle(start, 214.0, 214.5, 213.5, 214.25, 1000))
        return found

    def contracts(self, symbol: str, at_ms: int) -> list[dict[str, Any]]:
        if symbol not in ("AAPL", "$SPX"):
            return []
        strikes = (205.0, 210.0, 215.0, 220.0)
        days = (("2026-10-09", 2, "W"), ("2026-10-16", 9, "S"))
        return [_contract(symbol, side, strike, *day) for day in days for strike in strikes for side in ("CALL", "PUT")]

    @property
    def venues(self) -> Mapping[str, Venue]:
        return {}

    def sessions(self, day: str) -> tuple[Session, ...]:
        return sessions(date.fromisoformat(day))


def chicago_date(ms: int) -> date:
    """The day a daily candle belongs to."""
    return from_ms(ms, CHICAGO).date()


def _contract(root: str, side: str, strike: float, day: str, left: int, kind: str) -> dict[str, Any]:
    symbol = f"{root.removeprefix('$'):<6}{day[2:].replace('-', '')}{side[0]}{round(strike * 1000):08d}"
    return {
        "putCall": side,
        "symbol": symbol,
        "strikePrice": strike,
        "expirationDate": f"{day}T20:00:00.000+00:00",
        "daysToExpiration": left,
        "expirationType": kind,
        "settlementType": "P",
        "optionRoot": root.removeprefix("$"),
        "nonStandard": False,
        "inTheMoney": (strike < 214.01) == (side == "CALL"),
    }


def _listed(symbol: str) -> Listing:
    """As the simulated market, this one knows no other symbols. Raises KeyError."""
    return {listing.symbol: listing for listing in LISTINGS}[symbol]


def _level(price: Any) -> dict[str, Any]:
    return {"0": price, "1": 100, "2": 1, "3": [{"0": "NSDQ", "1": 100, "2": 37_830_000}]}

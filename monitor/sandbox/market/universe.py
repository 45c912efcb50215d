"""The instruments of the simulated market, from ``resources/sandbox/universe.csv``."""

import csv
from functools import cache
from hashlib import blake2b
from typing import NamedTuple

from monitor.market.book import BookService
from monitor.resource import resource
from monitor.sandbox.exchange import Listing

_EXCHANGES = {
    "Q": ("Nasdaq", "XNAS", BookService.NASDAQ),
    "N": ("NYSE", "XNYS", BookService.NYSE),
    "P": ("NYSE Arca", "ARCX", BookService.NYSE),
    "Z": ("Cboe BZX", "BATS", BookService.NYSE),
    "0": ("Index", "", None),
}


class Company(NamedTuple):
    """What stays the same about one instrument: its listing, and how its price and volume behave."""

    listing: Listing
    sector: str
    price: float  # at the first close of 2026
    beta: float  # to the market factor
    volatility: float  # own, standard deviation of a day's log return
    volume: int  # shares on an average day; 0 for an index
    pe: float  # price-earnings ratio at ``price``, 0 without earnings
    dividend: float  # a year, in dollars

    @property
    def is_index(self) -> bool:
        return self.listing.asset_type == "INDEX"


@cache
def universe() -> dict[str, Company]:
    """Every instrument by its symbol, in the order of the table."""
    with resource("sandbox/universe.csv").open(newline="", encoding="utf-8") as table:
        return {row["symbol"]: _company(row) for row in csv.DictReader(table)}


def _company(row: dict[str, str]) -> Company:
    symbol, exchange, kind = row["symbol"], row["exchange"], row["kind"]
    name, mic, book_service = _EXCHANGES[exchange]
    index = kind == "INDEX"
    asset_type, subtype, cusip = ("INDEX", "", "") if index else ("EQUITY", kind, _cusip(symbol))
    return Company(
        Listing(symbol, row["description"], exchange, name, mic, asset_type, subtype, cusip, book_service),
        row["sector"],
        float(row["price"]),
        float(row["beta"]),
        float(row["volatility"]) / 100,
        int(row["volume"]),
        float(row["pe"]),
        float(row["dividend"]),
    )


def _cusip(symbol: str) -> str:
    """A made-up CUSIP, valid in its check digit and always the same."""
    body = f"{int.from_bytes(blake2b(symbol.encode(), digest_size=4).digest(), 'big') % 10**6:06d}10"
    doubled = [int(digit) * (1 + place % 2) for place, digit in enumerate(body)]
    return f"{body}{-sum(n // 10 + n % 10 for n in doubled) % 10}"

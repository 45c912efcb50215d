"""Option chains: every contract of an underlying at a moment, with Greeks, volatility and open interest."""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

from msgspec import Struct

from monitor.market.quote import Number, Quote


class OptionSide(StrEnum):
    """The right that a contract gives, by the letter of its symbol."""

    CALL = "C"
    PUT = "P"


class OptionContract(Struct, frozen=True, gc=False, omit_defaults=True, kw_only=True):
    """One contract as its chain shows it: None where nothing, or no value, was sent.

    Names are those of the streamed OptionQuote: sizes in contracts, ``volatility`` (implied) in percent, percentages in
    percent, times ms UTC. A symbol that does not trade yet has ``is_listed`` false.
    """

    symbol: str
    expiry: date
    strike: Number
    side: OptionSide
    root: str = ""
    description: str = ""
    bid: Number | None = None
    ask: Number | None = None
    last: Number | None = None
    mark: Number | None = None
    bid_size: Number | None = None
    ask_size: Number | None = None
    last_size: Number | None = None
    open: Number | None = None
    high: Number | None = None
    low: Number | None = None
    close: Number | None = None
    high_52_week: Number | None = None
    low_52_week: Number | None = None
    volume: Number | None = None
    open_interest: Number | None = None
    net_change: Number | None = None
    net_percent_change: Number | None = None
    mark_change: Number | None = None
    mark_percent_change: Number | None = None
    volatility: Number | None = None
    delta: Number | None = None
    gamma: Number | None = None
    theta: Number | None = None
    vega: Number | None = None
    rho: Number | None = None
    theoretical_value: Number | None = None
    time_value: Number | None = None
    intrinsic_value: Number | None = None
    extrinsic_value: Number | None = None
    break_even: Number | None = None
    quote_time: int | None = None
    trade_time: int | None = None
    last_trading_day: int | None = None
    days_to_expiration: int | None = None
    multiplier: Number | None = None
    expiration_type: str = ""  # S standard, W weekly, M month end, Q quarter end
    settlement_type: str = ""  # A or P: settled in the morning or the afternoon
    exercise_type: str = ""  # A American, E European
    deliverables: str = ""  # such as “100 AAPL”
    in_the_money: bool | None = None
    non_standard: bool | None = None  # adjusted after a split or a merger
    mini: bool | None = None
    penny_pilot: bool | None = None
    is_listed: bool = True


class Chain(Struct, frozen=True):
    """A chain as taken at ``taken_ms`` (ms UTC): ``contracts`` by expiry, strike, side and symbol.

    ``underlying`` and the rates, in percent, are None where they were not sent.
    """

    symbol: str
    taken_ms: int
    contracts: tuple[OptionContract, ...] = ()
    underlying: Quote | None = None
    underlying_price: Number | None = None
    interest_rate: Number | None = None
    dividend_yield: Number | None = None
    is_delayed: bool | None = None
    is_index: bool | None = None

    def expiries(self) -> list[date]:
        """The days on which contracts expire, ascending."""
        return sorted({contract.expiry for contract in self.contracts})

    def of(self, expiry: date) -> Iterator[OptionContract]:
        """The contracts of one expiry, by strike."""
        return (contract for contract in self.contracts if contract.expiry == expiry)


class Expiration(Struct, frozen=True, gc=False):
    """A day on which contracts of an underlying expire; one day may have several, by root and settlement."""

    day: date
    days: int | None = None  # New York days from the moment of the answer
    expiration_type: str = ""
    settlement_type: str = ""
    roots: tuple[str, ...] = ()
    is_standard: bool = True


def in_order(contract: OptionContract) -> tuple[date, Number, OptionSide, str]:
    """The place of a contract in its chain, for sorting."""
    return contract.expiry, contract.strike, contract.side, contract.symbol

"""The Level 1 quote of one symbol: what one message changed, or what all of them add up to."""

import math
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, ClassVar

from msgspec import Struct
from msgspec.structs import fields

# Prices and sizes stay the numbers Schwab sent (``214`` is not ``214.0``), so that they print back digit for digit.
Number = int | float


class Quote(Struct, gc=False, omit_defaults=True, kw_only=True):
    """Level 1 of an equity, ETF or index, and what other instruments share with it; ``None`` where nothing was sent.

    The same type serves for one change (only the changed fields are set) and for the newest state (changes merged).
    Names follow Schwab's field table; times are milliseconds UTC, sizes are shares, percentages are percent.
    """

    service: ClassVar[str] = "LEVELONE_EQUITIES"  # of the streamer

    symbol: str
    delayed: bool | None = None
    asset_type: str | None = None
    asset_subtype: str | None = None
    cusip: str | None = None
    bid: Number | None = None
    ask: Number | None = None
    last: Number | None = None
    bid_size: Number | None = None
    ask_size: Number | None = None
    ask_exchange: str | None = None
    bid_exchange: str | None = None
    volume: Number | None = None
    last_size: Number | None = None
    high: Number | None = None
    low: Number | None = None
    close: Number | None = None
    exchange: str | None = None
    marginable: bool | None = None
    description: str | None = None
    last_exchange: str | None = None
    open: Number | None = None
    net_change: Number | None = None
    high_52_week: Number | None = None
    low_52_week: Number | None = None
    pe_ratio: Number | None = None
    dividend_amount: Number | None = None
    dividend_yield: Number | None = None
    nav: Number | None = None
    exchange_name: str | None = None
    dividend_date: str | None = None
    quote_is_regular: bool | None = None
    trade_is_regular: bool | None = None
    regular_last: Number | None = None
    regular_last_size: Number | None = None
    regular_net_change: Number | None = None
    security_status: str | None = None
    mark: Number | None = None
    quote_time: int | None = None
    trade_time: int | None = None
    regular_trade_time: int | None = None
    bid_time: int | None = None
    ask_time: int | None = None
    ask_mic: str | None = None
    bid_mic: str | None = None
    last_mic: str | None = None
    net_percent_change: Number | None = None
    regular_percent_change: Number | None = None
    mark_change: Number | None = None
    mark_percent_change: Number | None = None
    hard_to_borrow_quantity: Number | None = None
    hard_to_borrow_rate: Number | None = None
    hard_to_borrow: Number | None = None
    shortable: Number | None = None
    post_market_change: Number | None = None
    post_market_percent_change: Number | None = None


class DetailedQuote(Quote, gc=False, omit_defaults=True, kw_only=True):
    """Level 1 of what is not a share: of Quote's fields it uses SHARED, and it has some of its own."""


class OptionQuote(DetailedQuote, gc=False, omit_defaults=True, kw_only=True):
    """Level 1 of an option; sizes are contracts, volatility is percent, greeks are -999 where there are none."""

    service: ClassVar[str] = "LEVELONE_OPTIONS"

    open_interest: Number | None = None
    volatility: Number | None = None
    intrinsic_value: Number | None = None
    expiration_year: int | None = None
    multiplier: Number | None = None
    digits: int | None = None
    strike: Number | None = None
    contract_type: str | None = None
    underlying: str | None = None
    expiration_month: int | None = None
    deliverables: str | None = None
    time_value: Number | None = None
    expiration_day: int | None = None
    days_to_expiration: Number | None = None
    delta: Number | None = None
    gamma: Number | None = None
    theta: Number | None = None
    vega: Number | None = None
    rho: Number | None = None
    theoretical_value: Number | None = None
    underlying_price: Number | None = None
    expiration_type: str | None = None
    last_trading_day: int | None = None
    settlement_type: str | None = None
    implied_yield: Number | None = None
    penny_pilot: bool | None = None
    option_root: str | None = None
    indicative_ask: Number | None = None
    indicative_bid: Number | None = None
    indicative_quote_time: int | None = None
    exercise_type: str | None = None


class FutureQuote(DetailedQuote, gc=False, omit_defaults=True, kw_only=True):
    """Level 1 of a future; ``active_symbol`` is the contract that a root such as /ES stands for."""

    service: ClassVar[str] = "LEVELONE_FUTURES"

    open_interest: Number | None = None
    tick: Number | None = None
    tick_amount: Number | None = None
    product: str | None = None
    price_format: str | None = None
    trading_hours: str | None = None
    tradable: bool | None = None
    multiplier: Number | None = None
    is_active: bool | None = None
    settlement_price: Number | None = None
    active_symbol: str | None = None
    expiration: int | None = None
    expiration_style: str | None = None
    quoted_in_session: bool | None = None
    settlement_date: int | None = None


class FutureOptionQuote(DetailedQuote, gc=False, omit_defaults=True, kw_only=True):
    """Level 1 of an option on a future."""

    service: ClassVar[str] = "LEVELONE_FUTURES_OPTIONS"

    open_interest: Number | None = None
    tick: Number | None = None
    tick_amount: Number | None = None
    multiplier: Number | None = None
    settlement_price: Number | None = None
    underlying: str | None = None
    strike: Number | None = None
    expiration: int | None = None
    expiration_style: str | None = None
    contract_type: str | None = None


class ForexQuote(DetailedQuote, gc=False, omit_defaults=True, kw_only=True):
    """Level 1 of a currency pair."""

    service: ClassVar[str] = "LEVELONE_FOREX"

    digits: int | None = None
    tick: Number | None = None
    tick_amount: Number | None = None
    product: str | None = None
    trading_hours: str | None = None
    tradable: bool | None = None
    market_maker: str | None = None


#: What every quote is recorded with; whatever else a DetailedQuote brings is its details.
RECORDED = ("bid", "ask", "last", "bid_size", "ask_size", "last_size", "volume", "quote_time", "trade_time")
#: The fields of Quote that others than shares use too.
SHARED = (
    *RECORDED,
    *("delayed", "asset_type", "asset_subtype", "cusip", "bid_exchange", "ask_exchange", "high", "low", "close"),
    *("exchange", "description", "last_exchange", "open", "net_change", "high_52_week", "low_52_week"),
    *("exchange_name", "security_status", "mark", "bid_time", "ask_time", "net_percent_change"),
    *("mark_change", "mark_percent_change"),
)
_KINDS = (OptionQuote, FutureQuote, FutureOptionQuote, ForexQuote)
_PLACEHOLDERS = {
    **dict.fromkeys(("volatility", "delta", "gamma", "theta", "vega", "rho"), -999),
    **dict.fromkeys(("theoretical_value", "hard_to_borrow_quantity", "hard_to_borrow", "shortable"), -1),
}


def known(quote: Quote, name: str) -> Any:
    """The value of a field for showing it: None also where Schwab writes a number that means there is none.

    What is kept stays as it was sent; this is for eyes and sums.
    """
    value = getattr(quote, name, None)
    if value is None or (name in _PLACEHOLDERS and value == _PLACEHOLDERS[name]):
        return None
    return None if isinstance(value, float) and math.isnan(value) else value


def _write_merge() -> Callable[[Quote, Quote], None]:
    """A merge with one line a field, written out once: a loop over the names is five times slower."""
    names = [field.name for field in fields(Quote) if field.name != "symbol"]
    return _written([f"    if change.{name} is not None: state.{name} = change.{name}" for name in names])


def _write_detailed(names: Sequence[str]) -> Callable[[Quote, Quote], dict[str, Any]]:
    """The same, which also gathers what RECORDED does not hold."""
    lines = ["    details = {}"]
    for name in names:
        gather = "" if name in RECORDED else f"details[{name!r}] = "
        lines.append(f"    if change.{name} is not None: {gather}state.{name} = change.{name}")
    return _written([*lines, "    return details"])


def _written(lines: Sequence[str]) -> Callable[[Quote, Quote], Any]:
    scope: dict[str, Callable[[Quote, Quote], Any]] = {}
    exec("\n".join(["def merge(state, change):", *lines]), scope)  # noqa: S102  made of the names above, nothing else
    return scope["merge"]


#: ``merge(state, change)`` puts every field that ``change`` sets into ``state``.
merge: Callable[[Quote, Quote], None] = _write_merge()

_DETAILED: dict[type[DetailedQuote], Callable[[Quote, Quote], dict[str, Any]]] = {
    kind: _write_detailed([*SHARED, *(f.name for f in fields(kind)[len(fields(Quote)) :])]) for kind in _KINDS
}


def fill(state: Quote, older: Quote) -> None:
    """Put what ``older`` tells into the fields of ``state`` of which nothing newer was told."""
    for field in fields(state):
        if getattr(state, field.name) is None:
            setattr(state, field.name, getattr(older, field.name, None))


@cache
def _kind(change: type[DetailedQuote]) -> type[DetailedQuote]:
    """Which of the kinds a change is, whatever names it has on the wire."""
    return next(kind for kind in _KINDS if issubclass(change, kind))


def empty_state(change: DetailedQuote) -> DetailedQuote:
    """A state of the same kind in which nothing is known yet."""
    return _kind(type(change))(symbol=change.symbol)


def merge_detailed(state: Quote, change: DetailedQuote) -> dict[str, Any]:
    """As ``merge``; gives the details among what changed, by name."""
    return _DETAILED[_kind(type(change))](state, change)

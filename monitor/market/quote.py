"""The Level 1 quote of one symbol: what one message changed, or what all of them add up to."""

from collections.abc import Callable

from msgspec import Struct
from msgspec.structs import fields

# Prices and sizes stay the numbers Schwab sent (``214`` is not ``214.0``), so that they print back digit for digit.
Number = int | float


class Quote(Struct, gc=False, omit_defaults=True, kw_only=True):
    """Level 1 of an equity, ETF or index; ``None`` where nothing was sent.

    The same type serves for one change (only the changed fields are set) and for the newest state (changes merged).
    Names follow Schwab's field table; times are milliseconds UTC, sizes are shares, percentages are percent.
    """

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


def _write_merge() -> Callable[[Quote, Quote], None]:
    """A merge with one line a field, written out once: a loop over the names is five times slower."""
    names = [field.name for field in fields(Quote) if field.name != "symbol"]
    body = [f"    if change.{name} is not None: state.{name} = change.{name}" for name in names]
    scope: dict[str, Callable[[Quote, Quote], None]] = {}
    exec("\n".join(["def merge(state, change):", *body]), scope)  # noqa: S102  the text comes from the class above, nothing else
    return scope["merge"]


#: ``merge(state, change)`` puts every field that ``change`` sets into ``state``.
merge = _write_merge()

"""A screener's list: the movers of an exchange, an index or the options market, as Schwab ranks them."""

from msgspec import Struct

from monitor.market.quote import Number


class Ranked(Struct, frozen=True, gc=False, omit_defaults=True):
    """One row of a screener, in its place; percentages are percent, ``market_share`` is of all volume in the list."""

    symbol: str
    description: str = ""
    last: Number | None = None
    net_change: Number | None = None
    net_percent_change: Number | None = None
    market_share: Number | None = None
    total_volume: Number | None = None
    volume: Number | None = None
    trades: Number | None = None


class Screener(Struct, frozen=True, gc=False):
    """A whole list; each one replaces the one before. ``name`` is Schwab's key, such as NASDAQ_VOLUME_30."""

    name: str
    time: int = 0
    sort: str = ""
    minutes: int = 0  # the span that is ranked; 0 is the whole day
    rows: tuple[Ranked, ...] = ()

"""The items of the other services: books, minute bars, screeners, account activity and news."""

from decimal import Decimal

from msgspec import Struct, field

from monitor.market.activity import Activity
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.book import Book, Level, Maker
from monitor.market.headline import Headline
from monitor.market.quote import Number
from monitor.market.screener import Ranked, Screener


class BookMaker(Maker, frozen=True, gc=False):
    """A venue or market maker at a level."""

    id: str = field(name="0")
    size: Number = field(name="1")
    time: int = field(name="2", default=0)


class BookLevel(Level, frozen=True, gc=False):
    """A price level of a book."""

    price: Number = field(name="0")
    size: Number = field(name="1")
    count: int = field(name="2", default=0)
    makers: tuple[BookMaker, ...] = field(name="3", default=())


class BookItem(Book, frozen=True, gc=False):
    """One item of a book service: a whole snapshot."""

    symbol: str = field(name="key")
    time: int = field(name="1", default=0)
    bids: tuple[BookLevel, ...] = field(name="2", default=())
    asks: tuple[BookLevel, ...] = field(name="3", default=())


_PRICES = ("open", "high", "low", "close", "volume")
_EQUITY_CHART = ("sequence", *_PRICES, "start", "day")
_FUTURES_CHART = ("start", *_PRICES)


def _numbers(names: tuple[str, ...]) -> dict[str, str]:
    return {name: str(number) for number, name in enumerate(names, start=1)}


class ChartEquity(Struct, rename=_numbers(_EQUITY_CHART), frozen=True, gc=False):
    """One item of CHART_EQUITY: a finished minute. ``sequence`` counts minutes since 07:00 New York."""

    key: str
    open: Number
    high: Number
    low: Number
    close: Number
    volume: Number
    start: int
    sequence: int = 0
    day: int = 0
    seq: int = 0

    def bar(self) -> Bar:
        return _bar(self)


class ChartFuture(Struct, rename=_numbers(_FUTURES_CHART), frozen=True, gc=False):
    """One item of CHART_FUTURES: a finished minute."""

    key: str
    open: Number
    high: Number
    low: Number
    close: Number
    volume: Number
    start: int
    seq: int = 0

    def bar(self) -> Bar:
        return _bar(self)


def _bar(item: ChartEquity | ChartFuture) -> Bar:
    prices = (item.open, item.high, item.low, item.close)
    return Bar(item.key, Interval.M1, item.start, *prices, item.volume, BarSource.STREAM)


class RankedItem(Struct, rename="camel", frozen=True, gc=False):
    """One row of a screener; here, and nowhere else on the stream, ``net_percent_change`` is a fraction."""

    symbol: str
    description: str = ""
    last_price: Number | None = None
    net_change: Number | None = None
    net_percent_change: Number | None = None
    market_share: Number | None = None
    total_volume: Number | None = None
    volume: Number | None = None
    trades: Number | None = None

    def ranked(self) -> Ranked:
        return Ranked(
            self.symbol,
            self.description,
            self.last_price,
            self.net_change,
            None if self.net_percent_change is None else _percent(self.net_percent_change),
            self.market_share,
            self.total_volume,
            self.volume,
            self.trades,
        )


def _percent(fraction: Number) -> Number:
    """By moving the point, so that no digits appear that nobody sent."""
    return fraction * 100 if isinstance(fraction, int) else float(Decimal(repr(fraction)).scaleb(2))


class ScreenerItem(Struct, rename={"time": "1", "sort": "2", "minutes": "3", "rows": "4"}, frozen=True, gc=False):
    """One item of a screener service: a whole list."""

    key: str
    time: int = 0
    sort: str = ""
    minutes: int = 0
    rows: tuple[RankedItem, ...] = ()

    def screener(self) -> Screener:
        return Screener(self.key, self.time, self.sort, self.minutes, tuple(row.ranked() for row in self.rows))


class ActivityItem(Struct, rename={"account": "1", "kind": "2", "text": "3"}, frozen=True, gc=False):
    """One item of ACCT_ACTIVITY; ``key`` is whatever the client called its subscription."""

    key: str = ""
    account: str = ""
    kind: str = ""
    text: str = ""
    seq: int = 0

    def __repr__(self) -> str:
        return f"ActivityItem({self.kind!r})"  # the rest is nobody else's business

    def activity(self) -> Activity:
        return Activity(self.account, self.kind, self.text, self.seq)


_NEWS_NAMES = {"time": "1", "headline": "4", "story": "5", "symbols": "7", "source": "9", "teaser": "10"}


class HeadlineItem(Struct, rename=_NEWS_NAMES, frozen=True, gc=False):
    """One item of NEWS_HEADLINE, which nobody documents: what was seen in 2026."""

    key: str
    time: int = 0
    headline: str = ""
    story: str = ""
    symbols: tuple[str, ...] = ()
    source: str = ""
    teaser: str = ""
    seq: int = 0

    def told(self) -> Headline:
        """The headline, under the symbol it came for where it names none."""
        symbols = self.symbols or (self.key,)
        return Headline(self.story, self.time, self.headline, symbols, self.source, self.teaser, self.seq)

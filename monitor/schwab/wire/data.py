"""What one service sends in a frame: its items, and ``timestamp``, when the streamer sent them, ms UTC."""

from msgspec import Struct

from monitor.market.book import BookService
from monitor.schwab.wire.items import ActivityItem, BookItem, ChartEquity, ChartFuture, HeadlineItem, ScreenerItem
from monitor.schwab.wire.level_one import (
    LevelOneEquity,
    LevelOneForex,
    LevelOneFuture,
    LevelOneFutureOption,
    LevelOneOption,
)


class EquityData(Struct, tag_field="service", tag="LEVELONE_EQUITIES"):
    content: tuple[LevelOneEquity, ...]
    timestamp: int = 0


class OptionData(Struct, tag_field="service", tag="LEVELONE_OPTIONS"):
    content: tuple[LevelOneOption, ...]
    timestamp: int = 0


class FutureData(Struct, tag_field="service", tag="LEVELONE_FUTURES"):
    content: tuple[LevelOneFuture, ...]
    timestamp: int = 0


class FutureOptionData(Struct, tag_field="service", tag="LEVELONE_FUTURES_OPTIONS"):
    content: tuple[LevelOneFutureOption, ...]
    timestamp: int = 0


class ForexData(Struct, tag_field="service", tag="LEVELONE_FOREX"):
    content: tuple[LevelOneForex, ...]
    timestamp: int = 0


class NyseBookData(Struct, tag_field="service", tag=BookService.NYSE.value):
    content: tuple[BookItem, ...]
    timestamp: int = 0


class NasdaqBookData(Struct, tag_field="service", tag=BookService.NASDAQ.value):
    content: tuple[BookItem, ...]
    timestamp: int = 0


class OptionsBookData(Struct, tag_field="service", tag=BookService.OPTIONS.value):
    content: tuple[BookItem, ...]
    timestamp: int = 0


class ChartData(Struct, tag_field="service", tag="CHART_EQUITY"):
    content: tuple[ChartEquity, ...]
    timestamp: int = 0


class FutureChartData(Struct, tag_field="service", tag="CHART_FUTURES"):
    content: tuple[ChartFuture, ...]
    timestamp: int = 0


class EquityScreenerData(Struct, tag_field="service", tag="SCREENER_EQUITY"):
    content: tuple[ScreenerItem, ...]
    timestamp: int = 0


class OptionScreenerData(Struct, tag_field="service", tag="SCREENER_OPTION"):
    content: tuple[ScreenerItem, ...]
    timestamp: int = 0


class ActivityData(Struct, tag_field="service", tag="ACCT_ACTIVITY"):
    content: tuple[ActivityItem, ...]
    timestamp: int = 0


class NewsData(Struct, tag_field="service", tag="NEWS_HEADLINE"):
    content: tuple[HeadlineItem, ...]
    timestamp: int = 0


QuoteData = EquityData | OptionData | FutureData | FutureOptionData | ForexData
BookData = NyseBookData | NasdaqBookData | OptionsBookData
BarData = ChartData | FutureChartData
ScreenerData = EquityScreenerData | OptionScreenerData
Data = QuoteData | BookData | BarData | ScreenerData | ActivityData | NewsData

#: Each service's data and its items.
SERVICES: dict[str, tuple[type[Data], type[Struct]]] = {
    "LEVELONE_EQUITIES": (EquityData, LevelOneEquity),
    "LEVELONE_OPTIONS": (OptionData, LevelOneOption),
    "LEVELONE_FUTURES": (FutureData, LevelOneFuture),
    "LEVELONE_FUTURES_OPTIONS": (FutureOptionData, LevelOneFutureOption),
    "LEVELONE_FOREX": (ForexData, LevelOneForex),
    "NYSE_BOOK": (NyseBookData, BookItem),
    "NASDAQ_BOOK": (NasdaqBookData, BookItem),
    "OPTIONS_BOOK": (OptionsBookData, BookItem),
    "CHART_EQUITY": (ChartData, ChartEquity),
    "CHART_FUTURES": (FutureChartData, ChartFuture),
    "SCREENER_EQUITY": (EquityScreenerData, ScreenerItem),
    "SCREENER_OPTION": (OptionScreenerData, ScreenerItem),
    "ACCT_ACTIVITY": (ActivityData, ActivityItem),
    "NEWS_HEADLINE": (NewsData, HeadlineItem),
}

"""Schwab's streamer frames as typed structs: the field numbers of each service, and nothing else.

The field numbers are those that real captures show (the Streamer Guide has CHART_EQUITY in another, wrong order).
Unknown fields are ignored, missing ones stay None, and both number styles (``214`` and ``214.0``) are kept as sent.
"""

from monitor.schwab.wire.data import (
    ActivityData,
    BarData,
    BookData,
    ChartData,
    Data,
    EquityData,
    FutureChartData,
    NasdaqBookData,
    NewsData,
    NyseBookData,
    OptionsBookData,
    QuoteData,
    ScreenerData,
)
from monitor.schwab.wire.frame import Frame, Notify, Outcome, Rejected, Response, decode_frame
from monitor.schwab.wire.items import (
    ActivityItem,
    BookItem,
    ChartEquity,
    ChartFuture,
    HeadlineItem,
    ScreenerItem,
)
from monitor.schwab.wire.level_one import (
    EQUITY_FIELDS,
    FOREX_FIELDS,
    FUTURE_FIELDS,
    FUTURE_OPTION_FIELDS,
    OPTION_FIELDS,
    LevelOneEquity,
    LevelOneForex,
    LevelOneFuture,
    LevelOneFutureOption,
    LevelOneOption,
)

__all__ = [
    "EQUITY_FIELDS",
    "FOREX_FIELDS",
    "FUTURE_FIELDS",
    "FUTURE_OPTION_FIELDS",
    "OPTION_FIELDS",
    "ActivityData",
    "ActivityItem",
    "BarData",
    "BookData",
    "BookItem",
    "ChartData",
    "ChartEquity",
    "ChartFuture",
    "Data",
    "EquityData",
    "Frame",
    "FutureChartData",
    "HeadlineItem",
    "LevelOneEquity",
    "LevelOneForex",
    "LevelOneFuture",
    "LevelOneFutureOption",
    "LevelOneOption",
    "NasdaqBookData",
    "NewsData",
    "Notify",
    "NyseBookData",
    "OptionsBookData",
    "Outcome",
    "QuoteData",
    "Rejected",
    "Response",
    "ScreenerData",
    "ScreenerItem",
    "decode_frame",
]

"""What movers are called on the screen: their lists, orders and spans, the columns, and of when they are."""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from monitor.market.calendar import Phase, from_ms, phase_at, sessions
from monitor.market.quote import Number
from monitor.market.screener import Ranked
from monitor.ui import format as fmt
from monitor.ui.rows import Column

LISTS = {
    "$DJI": "Dow Jones ($DJI)",
    "$COMPX": "Nasdaq Composite ($COMPX)",
    "$SPX": "S&P 500 ($SPX)",
    "NYSE": "NYSE",
    "NASDAQ": "NASDAQ",
    "OTCBB": "OTC bulletin board",
    "INDEX_ALL": "All indices",
    "EQUITY_ALL": "All shares",
    "OPTION_ALL": "All options",
    "OPTION_PUT": "Puts",
    "OPTION_CALL": "Calls",
}
SORTS = {
    "VOLUME": "Volume",
    "TRADES": "Trades",
    "PERCENT_CHANGE_UP": "Percent up",
    "PERCENT_CHANGE_DOWN": "Percent down",
}
SPANS = {0: "the day", 1: "1 minute", 5: "5 minutes", 10: "10 minutes", 30: "30 minutes", 60: "60 minutes"}
_CLOSED = {
    Phase.PRE: "before the open, last session",
    Phase.POST: "after hours of",
    Phase.CLOSED: "market closed, last session",
}


class Choice(NamedTuple):
    """What is ranked, by what, and over how many minutes; 0 is the day."""

    list: str
    sort: str
    minutes: int

    @property
    def key(self) -> str:
        """As the streamer calls it: NASDAQ_VOLUME_30."""
        return f"{self.list}_{self.sort}_{self.minutes}"

    @property
    def words(self) -> str:
        """Within a sentence: movers of NASDAQ by volume over 30 minutes."""
        return f"movers of {LISTS[self.list]} by {SORTS[self.sort].lower()} over {SPANS[self.minutes]}"


COLUMNS = (
    Column("Symbol", 168),
    Column("Description", 240),
    Column("Last", 88, number=True),
    Column("Chg", 80, number=True),
    Column("Chg %", 80, "Since the previous close", number=True),
    Column("Volume", 112, "Of the span that is ranked", number=True),
    Column("Share", 80, "Its part of the volume of the whole list", number=True),
    Column("Trades", 96, "Of the span that is ranked", number=True),
)


def cells(row: Ranked) -> tuple[str, ...]:
    """The row as it reads."""
    share = fmt.DASH if row.market_share is None else f"{row.market_share:.2f} %"
    return (
        *(row.symbol, row.description or fmt.DASH, fmt.price(row.last)),
        *(fmt.change(row.net_change), fmt.percent(row.net_percent_change)),
        *(fmt.size(row.volume), share, fmt.size(row.trades)),
    )


def order(row: Ranked) -> tuple[Number | str, ...]:
    """What each column is sorted by; nothing is less than any number."""
    numbers = (row.last, row.net_change, row.net_percent_change, row.volume, row.market_share, row.trades)
    return (row.symbol, row.description, *(float("-inf") if number is None else number for number in numbers))


def written(row: Ranked) -> Sequence[str]:
    """The row for a clipboard: each number digit for digit, nothing where there is none."""
    numbers = (row.last, row.net_change, row.net_percent_change, row.volume, row.market_share, row.trades)
    return (row.symbol, row.description, *("" if number is None else str(number) for number in numbers))


def of_when(time_ms: int, streamed: bool, now_ms: int, sandbox: bool) -> tuple[str, str]:
    """Of when the list is and how it came, and shorter; outside the regular session it says which day's it is."""
    how = f"{'streamed' if streamed else 'on request'} at {fmt.clock(time_ms)} ET"
    phase = Phase.REGULAR if sandbox else phase_at(now_ms)
    if phase is Phase.REGULAR:
        return how, fmt.clock(time_ms)
    day = f"{_CLOSED[phase]} {_last_session(now_ms)}"
    return f"{day} · {how}", day


def _last_session(now_ms: int) -> str:
    """The day of the regular session that began last: Fri 27 Nov."""
    day = from_ms(now_ms).date()
    while not any(session.phase is Phase.REGULAR and session.start <= now_ms for session in sessions(day)):
        day -= timedelta(days=1)
    return f"{day:%a %d %b}"

"""One row of the watchlist, worked out from a quote when it changes, so that painting only looks things up."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import IntEnum

from monitor.analysis.doubt import doubts
from monitor.live.board import Requested
from monitor.market.instrument import is_index
from monitor.market.quote import Number, Quote
from monitor.ui import format as text


class Column(IntEnum):
    """The watchlist's columns, in their order."""

    SYMBOL = 0
    LAST = 1
    CHANGE = 2
    PERCENT = 3
    BID = 4
    ASK = 5
    SIZES = 6
    VOLUME = 7
    DAY_RANGE = 8


TITLES = ("Symbol", "Last", "Chg", "Chg %", "Bid", "Ask", "Bid × Ask", "Vol", "Day range")
#: The columns of the mock-up; the others wait in the header's menu.
SHOWN_AT_FIRST = (Column.SYMBOL, Column.LAST, Column.PERCENT, Column.SIZES, Column.VOLUME)
#: Columns whose cell flashes: a change of Last says all that Chg and Chg % would.
FLASHING = (Column.LAST, Column.BID, Column.ASK)
UNKNOWN = "not known to Schwab"
SortKey = Number | str | None
_SHOWN_IN = {
    "last": Column.LAST,
    "bid": Column.BID,
    "ask": Column.ASK,
    "bid_size": Column.SIZES,
    "ask_size": Column.SIZES,
}
_EXPORT_TITLES = {Column.SIZES: ("Bid size", "Ask size"), Column.VOLUME: ("Volume",), Column.DAY_RANGE: ("Low", "High")}


@dataclass(frozen=True, slots=True)
class Row:
    """What each column shows, sorts by and is made of.

    ``colour`` follows the day's change; ``day`` is where Last lies from the day's low (0) to its high (1).
    Of a symbol that Schwab does not know there is nothing but words, under Last.
    ``doubts`` are the columns with a number that is not to be believed, each with the reason.
    """

    texts: tuple[str, ...]
    keys: tuple[SortKey, ...]
    numbers: tuple[tuple[Number | None, ...], ...]
    colour: str
    day: float | None
    delayed: bool
    doubts: Mapping[int, str]
    requested_ms: int = 0  # when a request told this in the stream's place
    unknown: bool = False

    def written(self, column: Column) -> tuple[str, ...]:
        """A column's cells for a file: each number digit for digit, nothing where there is none."""
        if column == Column.SYMBOL:
            return (str(self.keys[column]),)
        return tuple("" if number is None else str(number) for number in self.numbers[column])


def row_of(symbol: str, quote: Quote | None, requested: Requested | None = None) -> Row:
    """The row that shows ``quote``, or what was ``requested`` in its place; dashes where it has nothing."""
    if requested is not None and requested.quote is None and quote is None:
        return _unknown(symbol)
    if requested is not None and requested.quote is not None:
        return replace(row_of(symbol, requested.quote), requested_ms=requested.at_ms)
    q = quote or Quote(symbol=symbol)
    wrong = doubts(q)
    change, percent = _changes(q, "last" not in wrong)
    day = None if "last" in wrong else _day(q)
    volume = (q.volume or None) if is_index(symbol) else q.volume
    keys = (symbol, q.last, change, percent, q.bid, q.ask, _sum(q.bid_size, q.ask_size), volume, day)
    sizes = text.DASH if not (q.bid_size or q.ask_size) else f"{_tight(q.bid_size)} × {_tight(q.ask_size)}"
    texts = (
        _named(q),
        text.price(q.last),
        text.change(change),
        _with_arrow(percent),
        text.price(q.bid),
        text.price(q.ask),
        sizes,
        text.volume(volume),
        "",
    )
    numbers = (
        *((), (q.last,), (change,), (percent,), (q.bid,), (q.ask,)),
        *((q.bid_size, q.ask_size), (q.volume,), (q.low, q.high)),
    )
    doubtful = {int(_SHOWN_IN[name]): why for name, why in wrong.items()}
    return Row(texts, keys, numbers, _direction(percent), day, bool(q.delayed), doubtful)


def _unknown(symbol: str) -> Row:
    texts = tuple({Column.SYMBOL: symbol, Column.LAST: UNKNOWN}.get(column, "") for column in Column)
    keys = (symbol, *(None for _ in TITLES[1:]))
    numbers = ((), *((None,) * len(export_titles(column)) for column in list(Column)[1:]))
    return Row(texts, keys, numbers, "text", None, delayed=False, doubts={}, unknown=True)


def export_titles(column: Column) -> tuple[str, ...]:
    """What a column is called in a file: some of them are two numbers there."""
    return _EXPORT_TITLES.get(column, (TITLES[column],))


def _named(q: Quote) -> str:
    """The symbol, with H where trading is halted and D where the quotes are delayed: there is room for a letter."""
    if q.security_status == "Halted":
        return f"{q.symbol} H"
    return f"{q.symbol} D" if q.delayed else q.symbol


def _changes(q: Quote, believed: bool) -> tuple[Number | None, Number | None]:
    """Change and percent since the previous close: as Schwab sends them, else worked out from a last price believed."""
    change, percent = q.net_change, q.net_percent_change
    if believed and q.last and q.close:
        if change is None:
            change = float(Decimal(str(q.last)) - Decimal(str(q.close)))
        if percent is None:
            percent = round(change / q.close * 100, 4)
    return change, percent


def _with_arrow(percent: Number | None) -> str:
    arrow = {"up": "▲ ", "down": "▼ "}.get(_direction(percent), "")
    return arrow + text.percent(percent)


def _direction(percent: Number | None) -> str:
    rounded = round(percent or 0, 2)
    if rounded == 0:
        return "text"
    return "up" if rounded > 0 else "down"


def _tight(size: Number | None) -> str:
    """Shares exactly as long as they fit, 31.6K from ten thousand on."""
    return text.volume(size) if size is not None and size >= 10_000 else text.size(size)


def _sum(first: Number | None, second: Number | None) -> Number | None:
    return None if first is None and second is None else (first or 0) + (second or 0)


def _day(q: Quote) -> float | None:
    """Where Last lies in the day's range, 0 at the low and 1 at the high."""
    if not (q.last and q.low and q.high) or q.high <= q.low:
        return None
    return min(1.0, max(0.0, (q.last - q.low) / (q.high - q.low)))

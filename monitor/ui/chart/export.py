"""The chart's bars as text, with the columns of the bars CSV."""

from monitor.market.bar import BarSeries, BarSource, Interval
from monitor.market.calendar import from_ms

CHART_COLUMNS = ("symbol", "interval", "start", "open", "high", "low", "close", "volume", "source")


def bar_rows(symbol: str, interval: Interval, bars: BarSeries) -> list[list[str]]:
    """A row of text a bar: times ISO 8601 with ms and New York's offset, numbers without separators.

    The chart does not know which source confirmed a minute or a day: only its own arithmetic is named.
    """
    source = "" if interval in {Interval.M1, Interval.DAY} else BarSource.COMPUTED.value
    return [
        [
            symbol,
            interval.label,
            from_ms(int(start)).isoformat(timespec="milliseconds"),
            *(_number(value) for value in figures),
            source,
        ]
        for start, *figures in bars.tolist()
    ]


def _number(value: float) -> str:
    """The shortest text that reads back as the same number; whole numbers without a point."""
    return str(int(value)) if value.is_integer() else repr(value)

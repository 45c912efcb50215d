"""Intervals as they are typed."""

import pytest

from monitor.errors import BadData
from monitor.market.bar import Interval
from monitor.ui.typed import parse_typed_interval


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("1", Interval.M1),
        ("5", Interval.M5),
        ("10", Interval.M10),
        ("15m", Interval.M15),
        ("30M", Interval.M30),
        ("60", Interval.H1),
        ("1H", Interval.H1),
        ("4h", Interval.H4),
        ("240", Interval.H4),
        ("7", Interval(420)),
        ("3M", Interval(180)),
        ("120", Interval(7200)),
        ("2h", Interval(7200)),
        ("d", Interval.DAY),
        ("1d", Interval.DAY),
        ("w", Interval.WEEK),
        ("M", Interval.MONTH),
        ("1mo", Interval.MONTH),
        (" 5 ", Interval.M5),
    ],
)
def test_interval(text: str, interval: Interval) -> None:
    assert parse_typed_interval(text) is interval


@pytest.mark.parametrize("text", ["", "0", "1440", "2.5", "m5", "1y", "x"])
def test_what_is_no_interval_is_refused(text: str) -> None:
    with pytest.raises(BadData):
        parse_typed_interval(text)

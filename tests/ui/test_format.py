"""Numbers and times as people read them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ui import format as fmt
from tests.support.ports import NOW_MS


@pytest.mark.parametrize(
    ("value", "text"),
    [(585.6, "585.60"), (1182.4, "1,182.40"), (0.5, "0.5000"), (-2, "-2.00"), (None, "–"), (0, "–"), (0.0, "–")],
)
def test_price(value: float | None, text: str) -> None:
    assert fmt.price(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (312, "312"),
        (845_000, "845K"),
        (999_600, "1.0M"),
        (12_300_000, "12.3M"),
        (99_960_000, "100M"),
        (2_500_000_000, "2.5B"),
        (0, "0"),
        (None, "–"),
    ],
)
def test_volume(value: float | None, text: str) -> None:
    assert fmt.volume(value) == text


def test_changes_are_signed_and_nothing_is_a_dash() -> None:
    assert (fmt.change(0.24), fmt.change(-1234.5), fmt.change(None)) == ("+0.24", "-1,234.50", "–")
    assert (fmt.percent(0.04), fmt.percent(-1.35), fmt.percent(None)) == ("+0.04", "-1.35", "–")
    assert (fmt.size(1400), fmt.size(0), fmt.size(None)) == ("1,400", "0", "–")


def test_what_rounds_to_nothing_has_no_sign() -> None:
    assert (fmt.change(-0.001), fmt.percent(0.004), fmt.percent(-0.006)) == ("0.00", "0.00", "-0.01")


def test_times_are_new_york_times() -> None:
    assert fmt.clock(NOW_MS) == "11:46:02"
    assert fmt.clock(NOW_MS + 7, milliseconds=True) == "11:46:02.007"
    assert (fmt.clock(None), fmt.clock(0)) == ("–", "–")
    assert fmt.day_and_clock(NOW_MS) == "Fri 20 Nov 11:46"


@pytest.mark.parametrize(
    ("zone", "text"),
    [
        ("America/New_York", "Fri 20 Nov 11:46 ET"),
        ("Europe/Berlin", "Fri 20 Nov 11:46 ET (17:46 here)"),
        ("Asia/Tokyo", "Fri 20 Nov 11:46 ET (Sat 01:46 here)"),
    ],
)
def test_a_moment_is_told_here_too_where_it_is_another_time(
    monkeypatch: pytest.MonkeyPatch, zone: str, text: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert fmt.both_clocks(NOW_MS) == text
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (59.9, "59 s"), (60, "0:01"), (8040, "2:14"), (86_399, "23:59"), (529_200, "6 d 3 h"), (-5, "0 s")],
)
def test_duration(seconds: float, text: str) -> None:
    assert fmt.duration(seconds) == text


@given(st.floats(1, 1e6))
def test_prices_from_a_dollar_on_have_two_decimals(value: float) -> None:
    assert float(fmt.price(value).replace(",", "")) == pytest.approx(value, abs=0.0051)
    assert fmt.price(value)[-3] == "."


def test_bytes_have_the_unit_that_fits():
    sizes = (0, 812, 12 * 1024, 1.4 * 1024**2, 128 * 1024**2, 23 * 1024**3, 2 * 1024**4)
    assert [fmt.byte_size(size) for size in sizes] == [
        *("0 B", "812 B", "12 KB", "1.4 MB", "128 MB", "23.0 GB", "2.0 TB"),
    ]

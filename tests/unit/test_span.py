"""Spans of time in words."""

import pytest

from monitor.span import left, roughly, tight, two_units

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


@pytest.mark.parametrize(
    ("ms", "units", "rough"),
    [
        (0, "0 min", "1 minute"),
        (40 * MINUTE_MS, "40 min", "40 minutes"),
        (8 * HOUR_MS + 12 * MINUTE_MS, "8 h 12 min", "8 hours"),
        (35 * HOUR_MS, "1 d 11 h", "35 hours"),
        (76 * HOUR_MS, "3 d 4 h", "3 days"),
    ],
)
def test_a_span_in_two_units_or_roughly_in_one(ms: int, units: str, rough: str) -> None:
    assert (two_units(ms), roughly(ms)) == (units, rough)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.04, "40 ms"), (0.9996, "1.0 s"), (1.3, "1.3 s"), (59.96, "60 s"), (74.2, "75 s"), (700, "12 min")],
)
def test_a_tight_span_has_the_unit_that_fits(seconds: float, words: str) -> None:
    assert tight(seconds) == words


def test_what_is_left_is_rounded_up() -> None:
    assert [left(seconds) for seconds in (0.2, 299.5, 301)] == ["1 s", "300 s", "6 min"]

"""Limits of requests and symbols."""

from hypothesis import given
from hypothesis import strategies as st

from monitor.sandbox.limits import SYMBOL_LIMITS, SlidingWindow, fit


@given(st.lists(st.floats(0, 30), max_size=200))
def test_no_sixty_seconds_hold_more_than_the_limit(gaps: list[float]) -> None:
    window, now, admitted = SlidingWindow(limit=5, seconds=60), 0.0, []
    for gap in gaps:
        now += gap
        if window.admit("t", now) == 0:
            admitted.append(now)
    assert all(later - sooner >= 60 for sooner, later in zip(admitted, admitted[5:], strict=False))


def test_tokens_are_counted_apart_and_told_how_long_to_wait() -> None:
    window = SlidingWindow(limit=1, seconds=60)
    assert [window.admit("a", 0), window.admit("b", 1), window.admit("a", 20)] == [0, 0, 40]


def test_keys_already_held_take_no_room() -> None:
    held = {f"H{n}" for n in range(299)}
    assert fit(SYMBOL_LIMITS["CHART_EQUITY"], held, ["H1", "NEW", "NEW", "OVER"]) == (["H1", "NEW"], 1)

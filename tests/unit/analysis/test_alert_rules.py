"""When alerts fire: at every crossing, also one within a jump, and never again for a wobble about the line."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.alert_rules import Latch, missed, tick_of, usual_rearm
from monitor.market.alert import Alert, Direction
from monitor.market.bar import series
from tests.support.builders import a_bar, ms

UP, DOWN, ANY = Direction.UP, Direction.DOWN, Direction.ANY
LINE = 100
#: Whole prices about the line, so that it is often met exactly; or halves between.
PRICES = st.lists(st.integers(92, 108) | st.sampled_from([99.5, 100.5, 0.01, 1_000_000]), max_size=60)


def heard(prices: list[float], direction: Direction = ANY, rearm: float = 0.0) -> list[tuple[int, Direction]]:
    """Which of ``prices`` fire, by their places."""
    latch = Latch(LINE, direction, rearm)
    return [(place, way) for place, price in enumerate(prices) if (way := latch.hear(price))]


def crossed(prices: list[float], place: int, way: Direction) -> bool:
    """In words: the one before was on this side of the line, and this one is on it or beyond."""
    if place == 0:
        return False
    before, now = prices[place - 1], prices[place]
    return before < LINE <= now if way is UP else before > LINE >= now


def expected(prices: list[float], direction: Direction, rearm: float) -> list[tuple[int, Direction]]:
    """The rule said plainly: a crossing that is wanted fires, unless it fired that way before and the price has not
    been ``rearm`` away since, on the side that it comes from."""
    fired: list[tuple[int, Direction]] = []
    for place in range(len(prices)):
        for way in (UP, DOWN):
            if direction not in (ANY, way) or not crossed(prices, place, way):
                continue
            earlier = [at for at, which in fired if which is way]
            since = prices[earlier[-1] + 1 : place] if earlier else []
            away = [p for p in since if (LINE - p if way is UP else p - LINE) >= max(rearm, 1e-9)]
            if not earlier or away:
                fired.append((place, way))
    return fired


@given(PRICES, st.sampled_from(Direction), st.sampled_from([0, 0.5, 1, 2, 5]))
def test_it_fires_as_the_plain_rule_says(prices: list[float], direction: Direction, rearm: float) -> None:
    assert heard(prices, direction, rearm) == expected(prices, direction, rearm)


@given(PRICES, st.sampled_from([UP, DOWN]))
def test_the_first_crossing_always_fires(prices: list[float], way: Direction) -> None:
    first = next((place for place in range(len(prices)) if crossed(prices, place, way)), None)
    found = heard(prices, way, rearm=3)
    assert (found[0][0] if found else None) == first


@given(st.lists(st.floats(LINE - 0.99, LINE + 0.99), max_size=200))
def test_no_wobble_smaller_than_the_distance_fires_more_than_once_each_way(prices: list[float]) -> None:
    assert len(heard([90, *prices], ANY, rearm=1)) <= 2
    assert len(heard([90, *prices], UP, rearm=1)) <= 1


@given(PRICES, st.sampled_from(Direction), st.sampled_from([0, 1, 2]), st.integers(0, 60))
def test_what_is_left_and_taken_up_again_fires_as_if_never_left(
    prices: list[float], direction: Direction, rearm: float, cut: int
) -> None:
    first = Latch(LINE, direction, rearm)
    before = [way for price in prices[:cut] if (way := first.hear(price))]
    alert = Alert("a", "AAPL", LINE, direction, rearm=rearm, seen_price=first.before, spent=frozenset(first.spent))
    second = Latch.of(alert)
    after = [way for price in prices[cut:] if (way := second.hear(price))]
    assert before + after == [way for _, way in heard(prices, direction, rearm)]


@pytest.mark.parametrize(
    ("prices", "fired"),
    [
        ([99, 100], [(1, UP)]),  # reaching the line is enough
        ([99, 140], [(1, UP)]),  # so is a jump over it
        ([101, 60], [(1, DOWN)]),
        ([99, 100, 99], [(1, UP)]),  # from the line back to where it came from is no crossing
        ([101, 100, 101], [(1, DOWN)]),
        ([100, 101], []),  # nor is a start on the line
        ([99, 100, 100, 101], [(1, UP)]),  # nor what follows on the line
        ([101], []),  # one price crosses nothing
    ],
)
def test_what_counts_as_a_crossing(prices: list[float], fired: list[tuple[int, Direction]]) -> None:
    assert heard(prices) == fired


def test_it_is_ready_again_once_the_price_was_far_enough_away() -> None:
    prices = [99, 101, 99.5, 101, 98, 101]
    assert heard(prices, UP, rearm=2) == [(1, UP), (5, UP)]


BARS = st.lists(
    st.tuples(st.integers(95, 105), st.integers(95, 105), st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=30
)


@given(BARS, st.integers(95, 105))
def test_minutes_that_reach_the_line_are_found(shapes: list[tuple[int, int, int, int]], before: int) -> None:
    bars = [
        a_bar(at=ms("09:30") + n * 60_000, open=o, close=c, high=max(o, c) + up, low=min(o, c) - down)
        for n, (o, c, up, down) in enumerate(shapes)
    ]
    found = missed(Latch(LINE, before=before), series(bars))
    closes = [before, *(bar.close for bar in bars)]
    for (last, _), bar in zip(pairwise(closes), bars, strict=True):
        if last != LINE and min(last, bar.low) <= LINE <= max(last, bar.high):
            assert found  # the first of them fires, whatever comes then
            assert found[0][0] <= bar.start
            break
    if LINE not in closes and all(bar.low > LINE for bar in bars) and before > LINE:
        assert not found


def test_a_minute_tells_both_ways_where_it_went_there_and_back() -> None:
    rose = a_bar(at="09:30", open=99, low=98, high=102, close=99.5)
    fell = a_bar(at="09:31", open=99.5, low=98, high=102, close=99)
    assert missed(Latch(LINE), series([rose])) == [(ms("09:30"), UP), (ms("09:30"), DOWN)]
    assert missed(Latch(LINE), series([fell])) == [(ms("09:31"), UP), (ms("09:31"), DOWN)]
    assert missed(Latch(LINE), np.empty(0, series([rose]).dtype)) == []


def test_a_minute_that_opens_beyond_the_line_has_crossed_it() -> None:
    assert missed(Latch(LINE, before=99), series([a_bar(at="09:30", close=105)])) == [(ms("09:30"), UP)]


@pytest.mark.parametrize(("price", "tick", "rearm"), [(585.0, 0.01, 0.58), (3.0, 0.01, 0.01), (0.5, 0.0001, 0.0005)])
def test_steps_and_distances_suit_the_price(price: float, tick: float, rearm: float) -> None:
    assert tick_of(price) == tick
    assert usual_rearm(price) == pytest.approx(rearm, abs=tick)

"""Panning, zooming and following, in bars and pixels."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.ui.chart.viewport import Viewport


def viewport(count: int = 1000, width: int = 700) -> Viewport:
    view = Viewport()
    view.resize(width)
    view.grow(count)
    view.go_latest()
    return view


def test_the_latest_bar_has_empty_room_at_its_right() -> None:
    view = viewport()
    assert view.shows_latest
    assert view.right == 1005
    assert view.last == 1000
    assert 0 < view.centre_of(999) < 700 - 28


def test_a_new_bar_moves_the_view_only_at_the_right_edge() -> None:
    view = viewport()
    view.grow(1001)
    assert view.right == 1006
    view.pan(-300)
    before = view.right
    view.grow(1010)
    assert view.right == before
    assert not view.shows_latest


@given(st.floats(0.01, 10), st.integers(0, 699), st.floats(-900, 0))
def test_zooming_leaves_what_is_under_the_mouse(factor: float, x: int, pan: float) -> None:
    view = viewport()
    view.pan(pan)
    view.zoom(1.0, x)
    before, right = view.index_at(x), view.right
    view.zoom(factor, x)
    in_bounds = view.span / 4 < view.right < view.count + view.margin
    if in_bounds and right:
        assert view.index_at(x) == pytest.approx(before, abs=1e-6)


@given(st.lists(st.floats(-400, 400), max_size=6), st.floats(0.001, 20))
def test_bars_keep_their_pixels_while_panning(moves: list[float], bar_px: float) -> None:
    view = viewport()
    view.bar_px = bar_px
    widths = np.diff(view.left_of(np.arange(1000)))
    for move in moves:
        view.pan(move)
        assert view.right - view.span < view.count
        if view.bar_px == bar_px:
            assert np.array_equal(np.diff(view.left_of(np.arange(1000))), widths)


def test_home_and_end() -> None:
    view = viewport()
    view.go_oldest()
    assert view.first == 0
    assert not view.shows_latest
    view.go_latest()
    assert view.shows_latest


def test_the_whole_history_can_be_seen_and_not_lost() -> None:
    view = viewport(1_000_000)
    view.zoom(1e-9, 0)
    view.go_latest()
    assert view.first == 0
    view.zoom(1e9, 0)
    assert view.span >= 5


@pytest.mark.parametrize("bar_px", [0.7, 2.8, 5.6, 10.7])
def test_what_a_division_leaves_over_does_not_lead_to_the_next_bar(bar_px: float) -> None:
    view = viewport(60_000, 20_000)
    view.bar_px = bar_px
    view.go_oldest()
    bars = np.array([view.bar_at(x) for x in range(view.width)])
    assert (view.left_of(bars) <= np.arange(view.width)).all()
    assert (np.arange(view.width) < view.left_of(bars + 1)).all()


def test_a_view_that_is_held_does_not_give_way_to_a_bar_missing_for_a_moment() -> None:
    view = viewport()
    view.pan(10_000)
    right = view.right
    view.replace(999, 0, clamp=False)
    view.grow(1000, follow=False)
    assert view.right == right
    view.replace(900, 0)
    assert view.right < right

"""Tags on the price axis do not hide each other: the less important give way, in the order of their prices."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from monitor.market.alert import Alert
from monitor.market.bar import Interval
from monitor.ui.chart.axis_tags import Rank, Wish, height_of, placed
from monitor.ui.chart.compare.compared import Compared, State
from monitor.ui.chart.compare.line import aligned
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.view import ChartView
from monitor.ui.theme import Theme
from tests.support.bars import walk
from tests.support.ports import open_day

WISHES = st.lists(
    st.builds(Wish, st.integers(-60, 460), st.sampled_from([17, 20, 35]), st.sampled_from(list(Rank)[1:])), max_size=12
)


CROSSHAIR = st.builds(Wish, st.integers(-60, 460), st.just(20), st.just(Rank.CROSSHAIR))


def at_rest(wish: Wish, room: int) -> int:
    return min(max(wish.top, 0), room - wish.height)


@given(WISHES, st.none() | CROSSHAIR, st.integers(0, 400))
def test_tags_keep_their_order_stay_on_the_axis_and_do_not_overlap(
    wishes: list[Wish], crosshair: Wish | None, room: int
) -> None:
    every = [*wishes, crosshair] if crosshair else wishes
    found = placed(every, room)
    standing = sorted(
        ((top, wish) for top, wish in zip(found, every, strict=True) if top is not None), key=lambda each: each[0]
    )
    assert all(0 <= top <= room - wish.height for top, wish in standing)
    assert all(one[0] + one[1].height <= other[0] for one, other in pairwise(standing))
    tops = [wish.top for _, wish in standing if wish is not crosshair]
    assert tops == sorted(tops)
    # Beside the crosshair there may be two rests that are too small for a tag.
    lost = max((wish.height for wish in wishes), default=0) if crosshair else 0
    if sum(wish.height for wish in every) + lost <= room:
        assert None not in found
    if crosshair and crosshair.height <= room:
        assert found[-1] == at_rest(crosshair, room)


@given(WISHES, st.integers(0, 400))
def test_only_less_important_tags_are_left_out(wishes: list[Wish], room: int) -> None:
    for top, wish in zip(placed(wishes, room), wishes, strict=True):
        as_important = [each for each in wishes if each.rank <= wish.rank]
        assert top is not None or sum(each.height for each in as_important) > room


@given(WISHES, st.none() | CROSSHAIR, st.integers(20, 400))
def test_tags_that_do_not_collide_rest_where_their_prices_are(
    wishes: list[Wish], crosshair: Wish | None, room: int
) -> None:
    kept = [crosshair] if crosshair else []
    for wish in wishes:
        here = [(at_rest(each, room), each.height) for each in kept]
        top = at_rest(wish, room)
        free = all(top + wish.height <= other or other + height <= top for other, height in here)
        if wish.height <= room and free:
            kept.append(wish)
    assert placed(kept, room) == [at_rest(wish, room) for wish in kept]


@given(st.lists(st.tuples(st.integers(0, 380), st.sampled_from(list(Rank)[2:])), max_size=8), st.data())
def test_the_last_price_does_not_move_where_the_others_have_room(
    others: list[tuple[int, Rank]], data: st.DataObject
) -> None:
    top = data.draw(st.integers(len(others) * 20, 1000))
    wishes = [Wish(place, 20, rank) for place, rank in others]
    found = placed([*wishes, Wish(top, 35, Rank.LAST_PRICE)], 1035 + len(others) * 20)
    assert found[-1] == top


def test_the_crosshair_stays_at_its_line_and_the_others_pass_it_where_they_must() -> None:
    crosshair, last, alert = Wish(30, 20, Rank.CROSSHAIR), Wish(25, 35, Rank.LAST_PRICE), Wish(20, 20, Rank.ALERT)
    assert placed([crosshair, last], 200) == [30, 50]
    assert placed([crosshair._replace(top=100), last._replace(top=90)], 200) == [100, 65]
    assert placed([crosshair, alert, last], 200) == [30, 10, 50]
    assert placed([crosshair, last, alert], 60) == [30, None, 10]


def test_of_two_that_collide_the_less_important_moves() -> None:
    last, alert = Wish(100, 35, Rank.LAST_PRICE), Wish(110, 20, Rank.ALERT)
    assert placed([alert, last], 400) == [135, 100]
    assert placed([last, alert._replace(top=95)], 400) == [100, 80]
    assert placed([alert, Wish(110, 20, Rank.COMPARED), last], 400) == [135, 155, 100]
    assert placed([last, alert, Wish(0, 20, Rank.COMPARED)], 60) == [5, 40, None]


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_in_a_small_chart_every_tag_at_one_price_can_be_read(qtbot: QtBot, dark: bool) -> None:
    theme, series = Theme(), walk(390, 3, open_day())
    theme.use(dark)
    view = ChartView(theme, lambda: int(series["start"][-1]) + 20_000)
    qtbot.addWidget(view)
    view.resize(340, 220)
    view.show_bars("AAPL", Interval.M1, series)
    bars = ChartBars(series)
    compared = Compared("MSFT", 2)
    compared.bars = bars
    compared.draw(aligned(bars.start, bars.start, bars.close), bars, len(bars))
    compared.turn(State.SHOWN)
    view.scene.compared = [compared]
    last = round(float(series["close"][-1]), 2)
    view.events.alerts.kept = [Alert("a", "AAPL", last)]
    view.show()
    view.grab()
    y = int(view.scene.scale.y(last))
    view.point_at(QPoint(view.scene.plot.right() // 2, y))
    image, rows = view.grab().toImage(), Counter[str]()
    for line in range(view.scene.plot.height()):  # at the edge, where no words are
        rows[image.pixelColor(view.width() - 2, line).name()] += 1
    c = theme.colours
    newest = "up" if series["close"][-1] >= series["open"][-1] else "down"
    seen = {name: rows[QColor(getattr(c, name)).name()] for name in ("dim", newest, "amber")}
    assert seen == {"dim": height_of(1), newest: height_of(2), "amber": height_of(1)}
    assert rows[c.colour(compared.colour_name).name()] == height_of(1)
    view.point_at(None)
    assert view.events.alerts.under(QPoint(view.width() - 4, y).toPointF()) is not None

"""What the charts of a link group share: the crosshair at the same moment, and the interval where it is chosen."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.market.bar import Interval
from monitor.ui.chart import snapshot
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.link_groups import LinkGroups
from monitor.ui.palettes import DARK
from monitor.ui.theme import Theme
from tests.support.ports import NOW_MS, FakeArchive, FakePreferences, minutes, view_ports

Make = Callable[..., ChartPanel]


@pytest.fixture
def links(qapp: QApplication) -> LinkGroups:
    groups = LinkGroups(FakePreferences())
    groups[1].choose("AAPL")
    groups[2].choose("MSFT")
    return groups


@pytest.fixture
def make(qtbot: QtBot, links: LinkGroups) -> Make:
    """Shown charts of the first group, numbered as they are made, over two days of minutes of AAPL and MSFT."""
    archive = FakeArchive()
    for symbol in ("AAPL", "MSFT"):
        archive.put([bar for day in (1, 0) for bar in minutes(symbol, end_ms=NOW_MS - day * 86_400_000)])
    ports = view_ports(archive=archive)
    made: list[ChartPanel] = []

    def build(interval: Interval = Interval.M1, group: int | None = 1) -> ChartPanel:
        number = len(made) + 1
        link = links.link(f"chart {number}")
        link.join(links[group] if group else None)
        panel = ChartPanel(ports, link, Theme(), number)
        panel.set_interval(interval)
        qtbot.addWidget(panel)
        panel.resize(900, 640)
        panel.show()
        QApplication.processEvents()
        panel.view.grab()
        made.append(panel)
        return panel

    return build


def point(panel: ChartPanel, index: int, y: int = 200) -> None:
    panel.view.point_at(QPoint(int(panel.view.scene.viewport.centre_of(index)), y))


def along(panel: ChartPanel) -> tuple[int, float | None] | None:
    return panel.view._along


def picture(panel: ChartPanel) -> QImage:
    return panel.view.grab().toImage()


def test_the_crosshair_is_shown_at_the_same_bar_and_price(make: Make) -> None:
    one, two = make(), make()
    before = picture(two)
    point(one, 760)
    start = int(one.view.scene.bars.start[760])
    price = one.view.scene.scale.price(200)
    assert along(two) == (start, price)
    shown = picture(two)
    scene = two.view.scene
    x, y = int(scene.viewport.centre_of(760)), int(scene.scale.y(price))
    dim = QColor(DARK.dim)
    assert sum(shown.pixelColor(x, row) == dim for row in range(40, 400)) > 100
    assert sum(shown.pixelColor(column, y) == dim for column in range(800)) > 200
    # The labels of both axes.
    assert shown.pixelColor(x - 40, scene.body.bottom() + 5) == QColor(DARK.dim)
    assert shown.pixelColor(scene.plot.right() + 4, y) == QColor(DARK.dim)
    one.view.point_at(None)
    assert along(two) is None
    assert picture(two) == before


@pytest.mark.parametrize("interval", [Interval.M5, Interval.M15, Interval.H1, Interval.H4, Interval.DAY])
def test_longer_bars_show_it_at_the_one_that_holds_the_moment(make: Make, interval: Interval) -> None:
    one, two = make(), make(interval)
    point(one, 700)
    moment = int(one.view.scene.bars.start[700])
    found = along(two)
    assert found is not None
    starts = two.view.scene.bars.start
    index = int(starts.searchsorted(found[0]))
    assert starts[index] == found[0] <= moment
    assert index + 1 == len(starts) or moment < starts[index + 1]


def test_shorter_bars_show_it_at_the_first_of_the_day(make: Make) -> None:
    day, minute = make(Interval.DAY), make()
    point(day, 0)
    found = along(minute)
    assert found is not None
    starts = minute.view.scene.bars.start
    assert found[0] == starts[starts >= day.view.scene.bars.start[0]][0] > starts[0]


def test_where_no_bar_holds_the_moment_there_is_none(make: Make) -> None:
    one, two = make(), make()
    two.view.show_bars("AAPL", Interval.M1, two.view.scene.bars.rows(0, 390))
    point(one, 760)
    assert along(two) is None


def test_of_another_symbol_it_has_no_price(make: Make, links: LinkGroups) -> None:
    one, two = make(), make()
    two.view.scene.symbol = "MSFT"
    point(one, 760)
    assert along(two) == (int(one.view.scene.bars.start[760]), None)


def test_other_groups_and_unlinked_charts_show_nothing_of_it(make: Make) -> None:
    one, other, alone = make(), make(group=2), make(group=None)
    point(one, 760)
    assert (along(other), along(alone)) == (None, None)


def test_its_own_crosshair_goes_before_that_of_another_chart(make: Make) -> None:
    one, two = make(), make()
    point(two, 770)
    own = picture(two)
    one.link.point_at(None)
    point(one, 750)
    assert picture(two) == own


def test_it_costs_nothing_but_what_lies_over_the_picture(make: Make) -> None:
    one, two = make(), make()
    still = two.view._still.cacheKey()
    for index in range(740, 770):
        point(one, index)
        picture(two)
        assert along(two) is not None
    assert two.view._still.cacheKey() == still


def test_a_hidden_chart_takes_no_notice(make: Make) -> None:
    one, two = make(), make()
    two.hide()
    point(one, 760)
    assert along(two) is None


def test_out_of_view_nothing_is_drawn(make: Make) -> None:
    one, two = make(), make()
    two.view.scene.viewport.pan(-500)
    two.view.refresh()
    before = picture(two)
    point(one, 779, y=2000)  # below everything: of the lines only the moment's could be seen
    legend = two.view.scene.plot.adjusted(0, 40, 0, 0)
    assert picture(two).copy(legend) == before.copy(legend)


def test_a_picture_that_is_saved_has_no_crosshair_of_another_chart(make: Make) -> None:
    one, two = make(), make()
    before = snapshot.picture(two.view, "")
    point(one, 760)
    assert snapshot.picture(two.view, "") == before


def test_the_interval_is_shared_where_it_is_chosen(make: Make, links: LinkGroups) -> None:
    one, two, other = make(Interval.M5), make(Interval.H1), make(Interval.DAY, group=2)
    links[1].share_interval(True, two.link.interval)
    assert (one.interval, two.interval, other.interval) == (Interval.H1, Interval.H1, Interval.DAY)
    one.set_interval(Interval.M15)
    assert (one.interval, two.interval, other.interval) == (Interval.M15, Interval.M15, Interval.DAY)
    other.link.join(links[1])
    assert other.interval is Interval.M15
    links[1].share_interval(False)
    one.set_interval(Interval.M1)
    assert two.interval is Interval.M15

"""Holes in the chart: which stretches count as missing, what is said of them, and where they are hatched."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRect, QSize
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.errors import StoreUnavailable
from monitor.live.events import BarsArrived, GapChanged, HistoryProgress
from monitor.market.bar import Bar, Interval
from monitor.market.gap import Cause, Gap
from monitor.ports import Profile
from monitor.ui.chart import panel as chart_panel
from monitor.ui.chart.gaps import Missing, find_missing, hole_at, places_in_view, spoken
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.link import LinkGroup
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import NOW_MS, FakeArchive, minutes, view_ports

MINUTE = 60_000
#: 11:36, ten minutes before the newest bar.
FROM = NOW_MS // MINUTE * MINUTE - 10 * MINUTE
WHY = "The connection was lost."


def gap(first: int = FROM, last: int | None = FROM + 3 * MINUTE, service: str = "CHART_EQUITY") -> Gap:
    return Gap(service, first, Cause.CONNECTION, last, sentence=WHY)


def without(first: int, last: int) -> list[Bar]:
    return [bar for bar in minutes() if not first <= bar.start < last]


def starts(bars: list[Bar]) -> np.ndarray:
    return np.array([bar.start for bar in bars], np.int64)


def found(gaps: list[Gap], bars: list[Bar], covered: tuple[tuple[int, int], ...] = ()) -> list[Missing]:
    return find_missing(gaps, covered, starts(bars), Interval.M1, NOW_MS)


HOLED = without(FROM, FROM + 3 * MINUTE)


def test_minutes_that_a_hole_left_out_are_missing_and_told() -> None:
    [hole] = found([gap()], HOLED)
    assert hole == Missing(FROM, FROM + 3 * MINUTE, WHY)
    assert hole.words == "No data 11:36–11:39: The connection was lost."


def test_a_hole_within_a_minute_takes_that_minute() -> None:
    bars = without(FROM, FROM + MINUTE)
    assert found([gap(FROM + 50_000, FROM + 55_000)], bars) == [Missing(FROM, FROM + MINUTE, WHY)]


def test_minutes_missing_without_a_hole_are_nobodys_loss() -> None:
    assert found([], HOLED) == []
    assert found([gap(FROM - 20 * MINUTE, FROM - 15 * MINUTE)], HOLED) == []


def test_what_history_has_answered_is_not_missing() -> None:
    assert found([gap()], minutes()) == []  # with bars
    assert found([gap()], HOLED, ((FROM, FROM + 3 * MINUTE),)) == []  # or with none: nothing was traded
    assert found([gap()], HOLED, ((FROM, FROM + MINUTE),)) == [Missing(FROM + MINUTE, FROM + 3 * MINUTE, WHY)]


def test_bars_within_a_hole_part_it() -> None:
    kept = FROM + MINUTE
    bars = [bar for bar in minutes() if bar.start == kept or not FROM <= bar.start < FROM + 3 * MINUTE]
    assert [(hole.from_ms, hole.to_ms) for hole in found([gap()], bars)] == [
        (FROM, kept),
        (kept + MINUTE, FROM + 3 * MINUTE),
    ]


def test_quotes_and_bars_lost_together_are_one_hole_and_books_none() -> None:
    quotes = Gap("LEVELONE_EQUITIES", FROM, Cause.SILENCE, FROM + 3 * MINUTE, sentence="Nothing came.")
    assert found([quotes, gap()], HOLED) == [Missing(FROM, FROM + 3 * MINUTE, WHY)]
    assert found([gap(service="NYSE_BOOK")], HOLED) == []


def test_a_hole_that_lasts_says_since_when() -> None:
    bars = without(FROM, NOW_MS)
    [hole] = found([gap(last=None)], bars)
    assert (hole.lasts, hole.words) == (True, "No data since 11:36: The connection was lost.")


def test_the_minute_that_runs_is_not_missing_yet() -> None:
    start = NOW_MS // MINUTE * MINUTE
    assert found([gap(start + 1000, NOW_MS - 500)], minutes()) == []


def test_the_night_is_no_loss_unless_the_market_keeps_other_hours() -> None:
    night = gap(NOW_MS + 10 * 3_600_000, NOW_MS + 12 * 3_600_000)
    later = NOW_MS + 15 * 3_600_000
    assert find_missing([night], (), starts(minutes()), Interval.M1, later) == []
    assert len(find_missing([night], (), starts(minutes()), Interval.M1, later, by_calendar=False)) == 1


def test_a_gap_without_a_sentence_has_words_of_its_own() -> None:
    [hole] = found([Gap("CHART_EQUITY", FROM, Cause.SLEEP, FROM + MINUTE)], HOLED)
    assert hole.words == "No data 11:36–11:37: nothing came (sleep)."


@pytest.mark.parametrize("interval", [Interval.DAY, Interval.WEEK])
def test_longer_bars_show_none(interval: Interval) -> None:
    assert find_missing([gap()], (), starts(HOLED), interval, NOW_MS) == []


def test_only_the_newest_of_very_many_holes_are_shown() -> None:
    apart = 20 * MINUTE
    gaps = [gap(FROM - n * apart, FROM - n * apart + MINUTE) for n in range(1000)]
    shown = find_missing(gaps, (), np.array([FROM - 2000 * apart]), Interval.M1, NOW_MS, by_calendar=False)
    assert len(shown) == 300
    assert shown[-1].from_ms == FROM


# ---------------------------------------------------------------------------------------------- on the chart


def chart(qtbot: QtBot, bars: list[Bar], *holes: Gap, sandbox: bool = True) -> tuple[ChartPanel, ViewPorts]:
    archive = FakeArchive()
    archive.put(bars)
    archive.holes = list(holes)
    base = view_ports()
    ports = view_ports(archive=archive, profile=Profile(sandbox, base.profile.data_dir))
    link = LinkGroup(1, "#c0392b")
    link.choose("AAPL")
    panel = ChartPanel(ports, link, Theme())
    qtbot.addWidget(panel)
    panel.resize(790, 520)
    panel.show()
    QApplication.processEvents()
    return panel, ports


def hatched(panel: ChartPanel) -> int:
    """How many columns of the plot's top hold the hatching's ground."""
    image = panel.view.grab().toImage()
    ground = panel.view.scene.tint("amber", 0.10).name()
    return sum(image.pixelColor(x, y).name() == ground for y in (3,) for x in range(panel.view.scene.plot.width()))


def test_the_hole_is_hatched_between_the_bars_beside_it(qtbot: QtBot) -> None:
    panel, _ = chart(qtbot, HOLED, gap())
    [(hole, place)] = places_in_view(panel.view.scene)
    index = panel.view.scene.bars.place(FROM)
    assert place.center().x() == pytest.approx(panel.view.scene.viewport.left_of(index), abs=1)
    assert hatched(panel) > 2
    assert panel.view.accessibleDescription() == hole.words
    whole, _ = chart(qtbot, minutes(), gap())
    assert (hatched(whole), whole.view.accessibleDescription()) == (0, "")


def test_pointing_at_it_says_why(qtbot: QtBot) -> None:
    panel, _ = chart(qtbot, HOLED, gap())
    [(hole, place)] = places_in_view(panel.view.scene)
    assert hole_at(panel.view.scene, None) is None
    assert hole_at(panel.view.scene, place.center()) == hole
    assert hole_at(panel.view.scene, place.center() - QPoint(60, 0)) is None
    mouse = QPoint(place.center().x(), 200)
    header = panel.view.scene.colours.header

    def card_is_there() -> bool:
        image = panel.view.grab().toImage()
        beside = image.rect().intersected(QRect(mouse - QPoint(40, 40), QSize(80, 80)))
        return any(
            image.pixelColor(x, y).name() == header
            for x in range(beside.left(), beside.right())
            for y in range(beside.top(), beside.bottom())
        )

    panel.view.point_at(mouse)
    assert card_is_there()
    panel.view.point_at(None)
    assert not card_is_there()


def test_a_hole_that_lasts_is_told_without_pointing(qtbot: QtBot) -> None:
    panel, _ = chart(qtbot, without(FROM, NOW_MS), gap(last=None))
    hole = spoken(panel.view.scene, None)
    assert hole is not None
    assert hole.lasts
    [(_, place)] = places_in_view(panel.view.scene)
    assert spoken(panel.view.scene, place.center()) is None  # then the card says it


def test_bars_that_come_later_take_the_hatching_off(qtbot: QtBot) -> None:
    panel, ports = chart(qtbot, without(FROM, NOW_MS), gap(last=None))
    assert places_in_view(panel.view.scene)
    fresh = [bar for bar in minutes() if bar.start >= FROM]
    ports.bus.publish(BarsArrived("AAPL", Interval.M1, tuple(fresh)))
    assert places_in_view(panel.view.scene) == []


def test_history_that_has_filled_it_takes_it_off(qtbot: QtBot) -> None:
    panel, ports = chart(qtbot, HOLED, gap())
    ports.archive.covered = [(FROM, FROM + 3 * MINUTE)]
    ports.bus.publish(HistoryProgress("AAPL", 1, 1))
    assert panel.view.scene.missing == []


def test_a_hole_that_begins_is_read_at_once(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chart_panel, "_RELOAD_MS", 1)
    panel, ports = chart(qtbot, without(FROM, NOW_MS))
    assert panel.view.scene.missing == []
    ports.archive.holes = [gap(last=None)]
    ports.bus.publish(GapChanged(gap(last=None)))
    qtbot.waitUntil(lambda: len(panel.view.scene.missing) == 1)


def test_another_symbol_and_longer_bars_begin_without_it(qtbot: QtBot) -> None:
    panel, ports = chart(qtbot, HOLED, gap())
    assert panel.view.scene.missing
    panel.set_interval(Interval.DAY)
    assert panel.view.scene.missing == []
    panel.set_interval(Interval.M1)
    assert panel.view.scene.missing
    ports.archive.failure = StoreUnavailable("The database does not answer.")
    panel.link.choose("MSFT")
    assert panel.view.scene.missing == []


@pytest.mark.parametrize(("sandbox", "holes"), [(True, 1), (False, 0)])
def test_the_real_market_is_judged_by_its_calendar(qtbot: QtBot, sandbox: bool, holes: int) -> None:
    day = 86_400_000
    bars = [Bar("AAPL", Interval.M1, bar.start - 9 * day, 1.0, 1.0, 1.0, 1.0, 1) for bar in minutes()]
    sunday = gap(NOW_MS - 5 * day, NOW_MS - 5 * day + 5 * MINUTE)
    panel, _ = chart(qtbot, bars, sunday, sandbox=sandbox)
    assert len(panel.view.scene.missing) == holes

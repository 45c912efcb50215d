"""Where bars come from: marks at those that were revised, and what is told of bars and holes."""

from collections.abc import Callable
from typing import Any, cast

import pytest
from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from monitor.analysis.coverage import Answer, Asked
from monitor.errors import StoreUnavailable
from monitor.live.events import BarsArrived, HistoryProgress, Notice
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.gap import Cause, Gap
from monitor.market.hours import Hours
from monitor.ports import Provenance, Revision
from monitor.ui.chart.events import provenance
from monitor.ui.chart.events.chart_events import NO_SIGN_IN
from monitor.ui.chart.events.hole_state import HoleState, standing
from monitor.ui.chart.events.provenance_words import origin_words, revision_words
from monitor.ui.chart.gaps import Missing, places_in_view
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import NOW_MS, FakeArchive, FakeCoverage, FakeSignIn, minutes, until

Make = Callable[..., tuple[ChartPanel, ViewPorts]]
MINUTE = 60_000
BARS = minutes()
#: The minute of 11:26, which history changed at 11:41.
REVISED = len(BARS) - 20


def revised(bar: Bar, **before: Any) -> Provenance:
    now = replace(bar, source=BarSource.REST)
    was = Revision(replace(bar, source=BarSource.STREAM, **before), 0, NOW_MS - 5 * MINUTE)
    return Provenance(now, bar.start + 61_000, NOW_MS - 1000, confirmed=True, revisions=(was,))


@pytest.fixture
def coverage(monkeypatch: pytest.MonkeyPatch) -> FakeCoverage:
    """Streamed bars, one of which was revised; read without waiting for the view to rest."""
    for name in ("_VIEW_MS", "_BAR_MS", "_AGAIN_MS"):
        monkeypatch.setattr(provenance, name, 0)
    found = FakeCoverage()
    for bar in BARS:
        seen = bar.start + 61_000
        found.origins["AAPL", bar.start] = Provenance(
            replace(bar, source=BarSource.STREAM), seen, seen, confirmed=False
        )
    bar = BARS[REVISED]
    found.origins["AAPL", bar.start] = revised(bar, close=round(bar.close - 0.01, 2))
    return found


def shown(qtbot: QtBot, make: Make, **overrides: Any) -> tuple[ChartPanel, ViewPorts]:
    panel, ports = make(**overrides)
    panel.view.grab()
    qtbot.waitUntil(lambda: len(panel.view.events.revised) > 0)
    return panel, ports


def at(panel: ChartPanel, index: int, y: int = 60) -> QPoint:
    return QPoint(int(panel.view.scene.viewport.centre_of(index)), y)


def card(panel: ChartPanel, index: int) -> list[str]:
    return [line.text for line in panel.view.events.card(at(panel, index), index)]


CHANGED = f"Changed by history at 11:41: close {BARS[REVISED].close - 0.01:.2f} → {BARS[REVISED].close:.2f}"


# ------------------------------------------------------------------------------------------- in words


def test_each_change_is_told_with_who_when_and_what() -> None:
    bar = replace(BARS[0], open=10.0, high=11.0, low=9.0, close=10.02, volume=1310)
    found = revised(bar, close=10.01, volume=1200)
    assert revision_words(found, NOW_MS) == ["Changed by history at 11:41: close 10.01 → 10.02, volume 1,200 → 1,310"]
    assert origin_words(found, NOW_MS).startswith("From history · first seen at ")
    assert origin_words(found, NOW_MS).endswith(" · last revised at 11:41")


def test_of_many_changes_the_newest_are_told_and_another_day_is_named() -> None:
    states = [replace(BARS[0], close=10.0 + n, source=BarSource.STREAM) for n in range(5)]
    changes = tuple(Revision(bar, n, NOW_MS - (5 - n) * 86_400_000) for n, bar in enumerate(states[:-1]))
    told = revision_words(Provenance(states[-1], 1, 2, False, changes), NOW_MS)
    assert len(told) == 3
    assert told[-1] == "Changed by the stream on Wed 18 Nov at 11:46: close 13.00 → 14.00"


@pytest.mark.parametrize(
    ("source", "word"),
    [("stream", "Streamed"), ("rest", "From history"), ("computed", "Computed"), ("import", "Imported")],
)
def test_every_source_has_its_word(source: str, word: str) -> None:
    bar = replace(BARS[0], source=BarSource(source))
    told = origin_words(Provenance(bar, NOW_MS, NOW_MS, confirmed=True), NOW_MS)
    assert told == f"{word} · first seen at 11:46" + (" · confirmed by history" if source == "stream" else "")


# ------------------------------------------------------------------------------------------- on the chart


def marks(panel: ChartPanel) -> int:
    """How many pixels below the bars' lows hold the mark's colour."""
    image, amber = panel.view.grab().toImage(), panel.view.scene.colours.amber
    scene = panel.view.scene
    x, low = int(scene.viewport.centre_of(REVISED)), int(scene.scale.y(BARS[REVISED].low))
    return sum(image.pixelColor(x + dx, low + dy).name() == amber for dx in range(-3, 4) for dy in range(2, 9))


def test_a_revised_bar_has_a_mark_that_can_be_turned_off(qtbot: QtBot, make: Make, coverage: FakeCoverage) -> None:
    panel, _ = shown(qtbot, make, coverage=coverage)
    assert marks(panel) > 5
    panel.looks_menu.choose(revisions=False)
    assert marks(panel) == 0
    assert card(panel, REVISED) == []
    panel.looks_menu.choose(revisions=True)
    assert marks(panel) > 5


def test_pointing_at_it_tells_what_was_changed(qtbot: QtBot, make: Make, coverage: FakeCoverage) -> None:
    panel, _ = shown(qtbot, make, coverage=coverage)
    assert card(panel, REVISED) == []  # it is read first
    qtbot.waitUntil(lambda: card(panel, REVISED) == [CHANGED])
    assert card(panel, REVISED + 1) == []


def test_the_foot_tells_where_the_bar_comes_from(qtbot: QtBot, make: Make, coverage: FakeCoverage) -> None:
    panel, _ = shown(qtbot, make, coverage=coverage)
    foot = panel.view.events.foot
    assert foot(REVISED + 1) == ""
    qtbot.waitUntil(lambda: foot(REVISED + 1) == "Streamed · first seen at 11:28")
    qtbot.waitUntil(lambda: foot(REVISED) == "From history · first seen at 11:27 · last revised at 11:41")
    panel.view.point_at(at(panel, REVISED))
    with_foot = panel.view.grab().toImage()
    panel.looks_menu.choose(provenance=False)
    assert panel.view.grab().toImage() != with_foot


def test_a_bar_that_is_not_on_disk_says_so(qtbot: QtBot, make: Make, coverage: FakeCoverage) -> None:
    del coverage.origins["AAPL", BARS[-1].start]
    panel, _ = shown(qtbot, make, coverage=coverage)
    foot = panel.view.events.foot
    qtbot.waitUntil(lambda: foot(len(BARS) - 1) == "Not on disk yet")


async def test_bars_made_for_the_chart_say_so_and_nothing_is_read(make: Make, coverage: FakeCoverage) -> None:
    panel, ports = make(coverage=coverage)
    foot = panel.view.events.foot
    await until(lambda: panel.bar_count == len(BARS))
    panel.set_interval(Interval(180))
    await until(lambda: panel.bar_count and foot(0) == "Computed from minutes")
    assert len(panel.view.events.revised) == 0
    panel.set_interval(Interval.M5)
    await until(lambda: panel.bar_count and foot(0) == "Not on disk yet")
    panel.looks_menu.choose(hours=Hours.REGULAR)
    await until(lambda: foot(0) == "Computed from minutes")
    await ports.tasks.close()


def test_the_keyboards_cursor_is_told_it_at_once_or_when_it_has_been_read(
    qtbot: QtBot, make: Make, coverage: FakeCoverage
) -> None:
    panel, _ = shown(qtbot, make, coverage=coverage)
    heard: list[str] = []
    panel.view.read_aloud.connect(heard.append)
    panel.view.point_at(at(panel, REVISED + 1))
    panel.view.move_cursor(-1)
    assert CHANGED not in heard[-1]
    qtbot.waitUntil(lambda: len(heard) == 2)
    assert heard[1] == f"{CHANGED}. From history · first seen at 11:27 · last revised at 11:41"
    panel.view.move_cursor(1)
    qtbot.waitUntil(lambda: len(heard) == 4)
    panel.view.move_cursor(-1)
    assert CHANGED in heard[4]  # known by now


def test_only_what_is_in_view_is_read_and_once(qtbot: QtBot, make: Make, coverage: FakeCoverage) -> None:
    asked: list[tuple[int, int]] = []
    real = coverage.revised

    async def revised(symbol: str, interval: Interval, start_ms: int, end_ms: int, limit: int = 5000) -> list[int]:
        asked.append((start_ms, end_ms))
        return await real(symbol, interval, start_ms, end_ms, limit)

    coverage.revised = revised  # type: ignore[method-assign]
    panel, _ = shown(qtbot, make, coverage=coverage)
    first, last = panel.visible_range()
    [(start, end)] = asked
    assert start <= first
    assert last <= end
    assert end - start <= 3 * (last - first)
    panel.view.scene.viewport.pan(-5)
    panel.view.refresh()
    panel.view.grab()
    QApplication.processEvents()
    assert len(asked) == 1


def test_bars_too_narrow_for_marks_are_not_asked_about(
    qtbot: QtBot, make: Make, coverage: FakeCoverage, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, _ = shown(qtbot, make, coverage=coverage)
    looked: list[tuple[int, int]] = []
    panel.view.events.look = lambda *span: looked.append(span)
    panel.view.scene.viewport.zoom_at_latest(0.001)
    panel.view.refresh()
    panel.view.grab()
    assert panel.view.scene.viewport.bar_px < 2
    assert looked == []


def test_what_comes_later_is_read_again(qtbot: QtBot, make: Make, coverage: FakeCoverage) -> None:
    panel, ports = shown(qtbot, make, coverage=coverage)
    other = BARS[REVISED + 3]
    foot = panel.view.events.foot
    qtbot.waitUntil(lambda: foot(REVISED + 3) == "Streamed · first seen at 11:30")
    coverage.origins["AAPL", other.start] = revised(other, close=other.close - 1)
    ports.bus.publish(BarsArrived("AAPL", Interval.M1, (other,)))
    qtbot.waitUntil(lambda: len(panel.view.events.revised) == 2)
    qtbot.waitUntil(lambda: len(card(panel, REVISED + 3)) == 1)


def test_a_store_that_does_not_answer_costs_the_marks_alone(qtbot: QtBot, make: Make, coverage: FakeCoverage) -> None:
    coverage.failure = StoreUnavailable("The database does not answer.")
    panel, _ = make(coverage=coverage)
    panel.view.grab()
    panel.view.events.foot(REVISED)
    QApplication.processEvents()
    assert (len(panel.view.events.revised), panel.view.events.foot(REVISED), panel.bar_count) == (0, "", len(BARS))


# ------------------------------------------------------------------------------------------- holes


FROM = NOW_MS // MINUTE * MINUTE - 10 * MINUTE
HOLE = Missing(FROM, FROM + 3 * MINUTE, "The connection was lost.")


@pytest.mark.parametrize(
    ("hole", "ledger", "repairing", "state", "words"),
    [
        (HOLE, [], False, HoleState.WAITING, "Not repaired yet"),
        (HOLE, [], True, HoleState.REPAIRING, "Being repaired from history"),
        (HOLE._replace(lasts=True), [], False, HoleState.OPEN, "Open: history fills it once it is over"),
        (
            HOLE._replace(from_ms=FROM - 60 * 86_400_000, to_ms=FROM - 59 * 86_400_000),
            [],
            True,
            HoleState.UNOBTAINABLE,
            "Unobtainable: Schwab keeps minutes for 48 days",
        ),
        (
            HOLE,
            [Asked(FROM, FROM + MINUTE, Answer.FAILED, 5, NOW_MS + 2 * MINUTE, 3)],
            False,
            HoleState.FAILED,
            "Repair failed 3 times; tried again at 11:48",
        ),
        (HOLE, [Asked(FROM, FROM + MINUTE, Answer.FAILED, 5, 6, 1)], False, HoleState.FAILED, "Repair failed once"),
        (HOLE, [Asked(0, FROM, Answer.FAILED, 5, 6, 1)], False, HoleState.WAITING, "Not repaired yet"),
    ],
)
def test_a_hole_tells_how_it_stands(
    hole: Missing, ledger: list[Asked], repairing: bool, state: HoleState, words: str
) -> None:
    assert standing(hole, ledger, NOW_MS, repairing) == (state, words)


def holed(make: Make, **overrides: Any) -> tuple[ChartPanel, ViewPorts, QPoint]:
    panel, ports = make(**overrides)
    archive = cast(FakeArchive, ports.archive)
    archive.put([bar for bar in BARS if not FROM <= bar.start < FROM + 3 * MINUTE])
    archive.holes = [Gap("CHART_EQUITY", FROM, Cause.CONNECTION, FROM + 3 * MINUTE, sentence=HOLE.why)]
    panel.reload()
    [(_, place)] = places_in_view(panel.view.scene)
    return panel, ports, QPoint(place.center().x(), 60)


def entries(panel: ChartPanel, place: QPoint) -> QMenu:
    view = panel.view
    event = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, view.mapToGlobal(place))
    QApplication.sendEvent(view, event)
    return next(menu for menu in view.findChildren(QMenu) if menu.isVisible())


def test_pointing_at_a_hole_tells_from_when_to_when_why_and_how_it_stands(make: Make) -> None:
    coverage = FakeCoverage()
    coverage.ledgers["AAPL"] = [Asked(FROM, FROM + MINUTE, Answer.FAILED, 5, NOW_MS + 2 * MINUTE, 2)]
    panel, ports, place = holed(make, coverage=coverage)

    def lines() -> list[str]:
        return [line.text for line in panel.view.events.card(place, 380)]

    lines()  # reads the ledger
    assert lines() == [
        "No data 11:36–11:39: The connection was lost.",
        "Repair failed 2 times; tried again at 11:48",
    ]
    ports.bus.publish(HistoryProgress("AAPL", 0, 2))
    assert lines()[1] == "Being repaired from history"
    ports.bus.publish(HistoryProgress("AAPL", 1, 1, failed="No."))
    lines()
    assert lines()[1].startswith("Repair failed")


def test_its_menu_repairs_it(make: Make) -> None:
    panel, ports, place = holed(make)
    menu = entries(panel, place)
    repair = menu.actions()[-1]
    assert repair.text() == "&Repair 11:36–11:39"
    repair.trigger()
    assert ports.repair.started == [(("AAPL",), Interval.M1, FROM, FROM + 3 * MINUTE, False)]  # type: ignore[attr-defined]
    menu.close()
    ports.bus.publish(HistoryProgress("AAPL", 0, 1))
    menu = entries(panel, place)
    assert (menu.actions()[-1].text(), menu.actions()[-1].isEnabled()) == ("Repair 11:36–11:39: being repaired", False)
    menu.close()
    menu = entries(panel, place - QPoint(80, 0))
    assert len(menu.actions()) == 1
    menu.close()


def test_without_a_sign_in_the_repair_says_when_it_begins(make: Make) -> None:
    panel, ports, place = holed(make, sign_in=FakeSignIn(signed_in=False))
    told: list[str] = []
    ports.bus.listen(Notice, lambda notice: told.append(notice.sentence))
    menu = entries(panel, place)
    menu.actions()[-1].trigger()
    menu.close()
    assert told == [NO_SIGN_IN]


def test_the_keyboards_cursor_hears_of_the_hole_before_a_bar(make: Make) -> None:
    panel, _, _ = holed(make)
    heard: list[str] = []
    panel.view.read_aloud.connect(heard.append)
    index = panel.view.scene.bars.place(FROM)
    panel.view.point_at(at(panel, index - 1))
    panel.view.setFocus(Qt.FocusReason.OtherFocusReason)
    panel.view.move_cursor(1)
    assert "No data 11:36–11:39: The connection was lost. Not repaired yet" in heard[0]

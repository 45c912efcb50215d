"""The data panel: what it reads, what repair costs, progress and Cancel, live cells, and what it says of trouble."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date, time

import pytest_asyncio
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QMenu
from pytestqt.qtbot import QtBot

from monitor.analysis.coverage import Counts, DayCoverage, DayState
from monitor.analysis.repair import Expiring
from monitor.errors import StoreUnavailable
from monitor.live.events import BarsArrived, HistoryProgress
from monitor.market.bar import Bar, Interval
from monitor.market.calendar import at_new_york
from monitor.ui.data.model import Cell, Code
from monitor.ui.data.panel import DataPanel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import NOW_MS, FakeCoverage, FakeSignIn, until, view_ports

Open = Callable[[ViewPorts], Awaitable[DataPanel]]
M1 = Interval.M1
TUESDAY, WEDNESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in range(17, 21))
WATCHED = ["MSFT", "AAPL"]


@pytest_asyncio.fixture
async def open_panel(qtbot: QtBot) -> AsyncIterator[Open]:
    """Opens a panel and waits until it has read what there is."""
    opened: list[tuple[DataPanel, ViewPorts]] = []

    async def open_one(ports: ViewPorts) -> DataPanel:
        panel = DataPanel(ports, Theme(), lambda: WATCHED)
        opened.append((panel, ports))
        qtbot.addWidget(panel)
        panel.resize(1280, 200)
        panel.show()
        await until(lambda: panel.map.known or panel.message.text)
        return panel

    yield open_one
    for panel, ports in opened:
        panel.close_panel()
        await ports.tasks.close()


def a_coverage() -> FakeCoverage:
    """Three symbols of which one is not watched; MSFT lacks three days and SPY one."""
    coverage = FakeCoverage()
    coverage.keep("AAPL", "MSFT", "SPY")
    coverage.put("MSFT", TUESDAY, DayState.PARTIAL, 700)
    coverage.put("MSFT", WEDNESDAY, DayState.MISSING)
    coverage.put("MSFT", THURSDAY, DayState.FAILED, 0, NOW_MS + 3_600_000)
    coverage.put("SPY", THURSDAY, DayState.MISSING)
    return coverage


def select(panel: DataPanel, first: Cell, last: Cell) -> None:
    panel.canvas._select(first, last)


def line(panel: DataPanel) -> str:
    return panel.strip.line.text()


def button(panel: DataPanel) -> str:
    return panel.strip.repair.text()


def of(panel: DataPanel, symbol: str, day: date) -> Code:
    place = panel.map.place(Cell(symbol, day))
    assert place is not None
    return panel.map.code(*place)


async def counted(panel: DataPanel) -> None:
    """Wait until the cost is known."""
    await until(lambda: "counting" not in line(panel) and panel._plan is not None)


# ------------------------------------------------------------------------------------------- what is shown


async def test_the_watchlists_symbols_lead_the_others_that_are_kept(open_panel: Open) -> None:
    panel = await open_panel(view_ports(coverage=a_coverage()))
    assert panel.map.symbols == ["MSFT", "AAPL", "SPY"]
    assert panel.header.findChildren(type(panel._title))[0].text() == "Minutes on disk, last 253 trading days"
    assert [of(panel, "MSFT", day) for day in (TUESDAY, WEDNESDAY, THURSDAY, FRIDAY)] == [
        *(Code.PARTIAL, Code.MISSING, Code.FAILED, Code.TODAY)
    ]


async def test_another_interval_is_read_and_remembered(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage())
    panel = await open_panel(ports)
    panel.controls.show_interval(Interval.DAY)
    await until(lambda: panel.map.interval is Interval.DAY)
    assert panel._title.text().startswith("Days on disk")
    assert panel.map.days[0] < date(2022, 1, 1)
    again = await open_panel(ports)
    assert again.map.interval is Interval.DAY


async def test_the_filter_narrows_the_rows_and_escape_shows_all(open_panel: Open, qtbot: QtBot) -> None:
    panel = await open_panel(view_ports(coverage=a_coverage()))
    qtbot.keyClicks(panel.controls.filter, "sp")
    assert panel.map.symbols == ["SPY"]
    qtbot.keyClicks(panel.controls.filter, "x")
    assert panel.message.text == "No symbol here holds “spx”."
    panel.message.button.click()
    assert panel.map.symbols == ["MSFT", "AAPL", "SPY"]
    assert panel.message.isHidden() or panel._body.currentWidget() is panel.canvas


async def test_hidden_it_asks_nobody_and_catches_up_when_shown(open_panel: Open) -> None:
    coverage = a_coverage()
    ports = view_ports(coverage=coverage)
    panel = await open_panel(ports)
    await until(lambda: not ports.tasks._running and panel._plan is not None)
    panel.hide()
    asked = len(coverage.asked)
    coverage.put("SPY", THURSDAY, DayState.COMPLETE, 780)
    ports.bus.publish(HistoryProgress("SPY", 1, 1))
    panel.load()
    panel.look_at_today()
    assert ports.tasks._running == {}
    assert len(coverage.asked) == asked
    panel.show()
    await until(lambda: of(panel, "SPY", THURSDAY) is Code.COMPLETE)


async def test_a_new_day_brings_a_new_column(open_panel: Open) -> None:
    coverage = a_coverage()
    ports = view_ports(coverage=coverage)
    panel = await open_panel(ports)
    ports.meters.now = at_new_york(date(2026, 11, 23), time(10))
    coverage._now_ms = ports.meters.now_ms
    panel.look_at_today()
    await until(lambda: panel.map.days[-1] == date(2026, 11, 23))


# ------------------------------------------------------------------------------------------- cost and repair


async def test_without_a_selection_all_that_is_over_is_offered(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage())
    panel = await open_panel(ports)
    await counted(panel)
    assert line(panel) == "3 symbols · 2,420 minutes missing · repair costs 2 requests"
    assert button(panel) == "Repair all · 2 requests"
    panel.strip.repair.click()
    ((symbols, interval, _, end, again),) = ports.repair.started
    assert (symbols, interval, end, again) == (("MSFT", "SPY"), M1, at_new_york(FRIDAY, time(0)), False)


async def test_a_selection_says_what_it_is_and_what_repair_costs_before_it_starts(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage())
    panel = await open_panel(ports)
    select(panel, Cell("MSFT", TUESDAY), Cell("MSFT", THURSDAY))
    assert line(panel) == "Selected: MSFT 2026-11-17 to 11-19 · 1,640 minutes missing · counting the requests…"
    assert not panel.strip.repair.isEnabled()
    await counted(panel)
    assert line(panel) == "Selected: MSFT 2026-11-17 to 11-19 · 1,640 minutes missing · repair costs 1 request"
    panel.strip.line.setFixedWidth(panel.strip.line.sizeHint().width() - 40)
    assert panel.strip.line.fitting == "MSFT 2026-11-17 to 11-19 · 1,640 minutes missing · 1 request"
    assert (button(panel), ports.repair.started) == ("Repair · 1 request", [])
    panel.strip.repair.click()
    start, end = at_new_york(TUESDAY, time(0)), at_new_york(FRIDAY, time(0))
    assert ports.repair.started == [(("MSFT",), M1, start, end, False)]


async def test_a_selection_without_holes_has_nothing_to_repair(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage())
    panel = await open_panel(ports)
    select(panel, Cell("AAPL", TUESDAY), Cell("AAPL", THURSDAY))
    await counted(panel)
    assert line(panel) == "Selected: AAPL 2026-11-17 to 11-19 · nothing missing"
    assert (button(panel), panel.strip.repair.isEnabled()) == ("Nothing to repair", False)


async def test_progress_is_told_request_by_request_and_the_outcome_at_the_end(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage())
    panel = await open_panel(ports)
    await counted(panel)
    panel.strip.repair.click()
    assert (panel.strip.progress.isVisible(), panel.strip.repair.isVisible()) == (True, False)
    ports.bus.publish(HistoryProgress("MSFT", 0, 1))
    assert line(panel) == "Repairing: 0 of 2 requests · MSFT"
    ports.bus.publish(HistoryProgress("MSFT", 1, 1))
    ports.bus.publish(HistoryProgress("NVDA", 0, 4))  # somebody else's
    ports.bus.publish(HistoryProgress("SPY", 0, 1))
    assert line(panel) == "Repairing: 1 of 2 requests · SPY"
    assert (panel.strip.progress.value(), panel.strip.progress.maximum()) == (1, 2)
    ports.bus.publish(HistoryProgress("SPY", 1, 1))
    assert line(panel) == "Repaired: 2 requests."
    assert not panel.strip.progress.isVisible()
    assert panel.strip.repair.isVisible()


async def test_a_failure_is_named(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage())
    panel = await open_panel(ports)
    await counted(panel)
    panel.strip.repair.click()
    ports.bus.publish(HistoryProgress("MSFT", 0, 1, "Schwab did not answer."))
    ports.bus.publish(HistoryProgress("SPY", 1, 1))
    assert line(panel) == "MSFT not repaired: Schwab did not answer."
    assert panel.strip.line.objectName() == "warning"


async def test_cancel_stops_what_is_left_and_says_what_came(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage())
    panel = await open_panel(ports)
    await counted(panel)
    panel.strip.repair.click()
    ports.bus.publish(HistoryProgress("MSFT", 1, 1))
    panel.strip.cancel.click()
    assert ports.repair.cancelled == ["SPY"]
    assert line(panel) == "Cancelled after 1 of 2 requests. What came is kept."
    assert panel.strip.repair.isVisible()


async def test_without_a_sign_in_it_is_said_that_the_repair_waits(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage(), sign_in=FakeSignIn(signed_in=False))
    panel = await open_panel(ports)
    await counted(panel)
    panel.strip.repair.click()
    assert line(panel) == "There is no sign-in: the repair begins once there is one."
    ports.bus.publish(HistoryProgress("MSFT", 1, 1))
    assert line(panel).startswith("Repairing: 1 of 2")


# ------------------------------------------------------------------------------------------- live


async def test_cells_fill_as_bars_come(open_panel: Open) -> None:
    coverage = a_coverage()
    ports = view_ports(coverage=coverage)
    panel = await open_panel(ports)
    coverage.put("MSFT", WEDNESDAY, DayState.COMPLETE, 780)
    asked = len(coverage.asked)
    bar = Bar("MSFT", M1, at_new_york(WEDNESDAY, time(12)), 1, 1, 1, 1, 1)
    for _ in range(50):
        ports.bus.publish(BarsArrived("MSFT", M1, (bar,)))
    await until(lambda: of(panel, "MSFT", WEDNESDAY) is Code.COMPLETE)
    assert coverage.asked[asked:] == [(("MSFT",), M1, WEDNESDAY, WEDNESDAY)]
    assert line(panel).startswith("3 symbols · 1,640 minutes missing")


async def test_an_answer_without_bars_fills_cells_too_and_the_cost_is_counted_anew(open_panel: Open) -> None:
    coverage = a_coverage()
    ports = view_ports(coverage=coverage)
    panel = await open_panel(ports)
    await counted(panel)
    coverage.put("SPY", THURSDAY, DayState.EMPTY)
    ports.bus.publish(HistoryProgress("SPY", 1, 1))
    await until(lambda: of(panel, "SPY", THURSDAY) is Code.EMPTY)
    await until(lambda: button(panel) == "Repair all · 1 request")


async def test_a_symbol_that_is_new_gets_a_row(open_panel: Open) -> None:
    coverage = a_coverage()
    ports = view_ports(coverage=coverage)
    panel = await open_panel(ports)
    coverage.keep("TSLA")
    ports.bus.publish(HistoryProgress("TSLA", 5, 5))
    await until(lambda: "TSLA" in panel.map.symbols)


async def test_once_a_minute_today_alone_is_read(open_panel: Open) -> None:
    coverage = a_coverage()
    panel = await open_panel(view_ports(coverage=coverage))
    asked = len(coverage.asked)
    panel.look_at_today()
    await until(lambda: len(coverage.asked) > asked)
    assert coverage.asked[asked] == (("MSFT", "AAPL", "SPY"), M1, FRIDAY, FRIDAY)


# ------------------------------------------------------------------------------------------- what expires


async def test_what_leaves_the_window_soon_is_named_and_fetched_first(open_panel: Open) -> None:
    coverage = a_coverage()
    start, end = at_new_york(date(2026, 10, 6), time(7)), at_new_york(date(2026, 10, 6), time(20))
    coverage.leaving = [Expiring("QQQ", M1, start, end, NOW_MS + 4 * 86_400_000 + 1)]
    coverage.special["QQQ", date(2026, 10, 6)] = DayCoverage(
        date(2026, 10, 6), DayState.MISSING, 780, Counts(), in_reach=True
    )
    ports = view_ports(coverage=coverage)
    panel = await open_panel(ports)
    await until(lambda: panel.expiring.words.text())
    assert panel.expiring.words.text() == (
        "QQQ minutes before Oct 7 leave Schwab's window in 4 days and are not on this disk"
    )
    assert panel.expiring.fetch_button.isVisible()
    panel.expiring.fetch_button.click()
    await until(lambda: ports.repair.started)
    assert ports.repair.started == [(("QQQ",), M1, start, end, False)]
    assert line(panel).startswith("Repairing: 0 of 1 request")


async def test_while_nothing_expires_nothing_is_said(open_panel: Open) -> None:
    panel = await open_panel(view_ports(coverage=a_coverage()))
    assert (panel.expiring.words.text(), panel.expiring.fetch_button.isVisible()) == ("", False)


# ------------------------------------------------------------------------------------------- nothing, and errors


async def test_before_anything_is_kept_it_says_what_a_download_costs(open_panel: Open) -> None:
    ports = view_ports()
    panel = await open_panel(ports)
    words = "No history of MSFT and AAPL yet. Schwab has 48 days of minutes: 2 requests, about 1 s."
    await until(lambda: panel.message.text == words)
    assert panel.message.button.text() == "Download · 2 requests"
    assert not panel.strip.isVisible()
    panel.message.button.click()
    assert ports.repair.started[0][0] == ("MSFT", "AAPL")
    assert panel.strip.progress.isVisible()


async def test_the_first_history_of_all_brings_the_map(open_panel: Open) -> None:
    coverage = FakeCoverage()
    ports = view_ports(coverage=coverage)
    panel = await open_panel(ports)
    await until(lambda: "2 requests" in panel.message.text)
    coverage.keep("AAPL")
    ports.bus.publish(BarsArrived("AAPL", M1, (Bar("AAPL", M1, NOW_MS, 1, 1, 1, 1, 1),)))
    await until(lambda: panel._body.currentWidget() is panel.canvas)
    assert (of(panel, "AAPL", THURSDAY), of(panel, "MSFT", THURSDAY)) == (Code.COMPLETE, Code.MISSING)


async def test_with_neither_list_nor_history_the_dialog_is_offered(open_panel: Open, qtbot: QtBot) -> None:
    panel = DataPanel(view_ports(), Theme(), list)
    qtbot.addWidget(panel)
    panel.show()
    await until(lambda: panel.message.text)
    assert panel.message.text == "No history is kept yet, and the watchlist is empty."
    assert panel.message.button.text() == "Download…"
    panel.close_panel()


async def test_a_store_that_cannot_be_read_is_told_and_tried_again(open_panel: Open) -> None:
    coverage = a_coverage()
    coverage.failure = StoreUnavailable("The database is busy.")
    panel = await open_panel(view_ports(coverage=coverage))
    assert panel.message.text == "What is on disk could not be read. The database is busy."
    coverage.failure = None
    panel.message.button.click()
    await until(lambda: panel.map.known)
    assert panel._body.currentWidget() is panel.canvas
    assert panel.strip.isVisible()


async def test_a_store_that_fails_later_leaves_the_map_and_says_so(open_panel: Open) -> None:
    coverage = a_coverage()
    ports = view_ports(coverage=coverage)
    panel = await open_panel(ports)
    await counted(panel)
    coverage.failure = StoreUnavailable("The database is busy.")
    bar = Bar("MSFT", M1, at_new_york(WEDNESDAY, time(12)), 1, 1, 1, 1, 1)
    ports.bus.publish(BarsArrived("MSFT", M1, (bar,)))
    await until(lambda: "not up to date" in line(panel))
    assert line(panel) == "The map is not up to date. The database is busy."
    assert of(panel, "MSFT", WEDNESDAY) is Code.MISSING
    coverage.failure = None
    coverage.put("MSFT", WEDNESDAY, DayState.COMPLETE, 780)
    panel.look_at_today()
    await until(lambda: of(panel, "MSFT", WEDNESDAY) is Code.COMPLETE)
    assert line(panel).startswith("3 symbols")


async def test_a_cost_that_cannot_be_counted_starts_nothing(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage())
    ports.repair.failure = StoreUnavailable("The database is busy.")
    panel = await open_panel(ports)
    await until(lambda: "could not be counted" in line(panel))
    assert not panel.strip.repair.isEnabled()
    panel.repair()
    assert ports.repair.started == []
    ports.repair.failure = None
    panel.canvas.select_all()
    await until(lambda: button(panel) == "Repair · 2 requests")
    assert line(panel).startswith("Selected: MSFT, AAPL and SPY")


# ------------------------------------------------------------------------------------------- dialogs


async def test_deleting_asks_for_a_selection_first(open_panel: Open) -> None:
    panel = await open_panel(view_ports(coverage=a_coverage()))
    panel.controls.delete.click()
    assert line(panel) == "Select first what to delete: click, drag, or Ctrl+A for everything."


async def test_the_delete_key_asks_and_the_map_is_read_again_after(open_panel: Open, qtbot: QtBot) -> None:
    coverage = a_coverage()
    ports = view_ports(coverage=coverage)
    panel = await open_panel(ports)
    select(panel, Cell("AAPL", TUESDAY), Cell("AAPL", WEDNESDAY))
    dialog = panel.open_deletion()
    assert dialog is not None
    await until(dialog.delete.isEnabled)
    coverage.put("AAPL", TUESDAY, DayState.MISSING)
    dialog.delete.click()
    await until(lambda: of(panel, "AAPL", TUESDAY) is Code.MISSING)
    assert ports.deletion.deleted == [
        (("AAPL",), M1, at_new_york(TUESDAY, time(0)), at_new_york(THURSDAY, time(0))),
    ]


async def test_the_menu_offers_what_can_be_done(open_panel: Open) -> None:
    panel = await open_panel(view_ports(coverage=a_coverage()))
    select(panel, Cell("MSFT", TUESDAY), Cell("MSFT", THURSDAY))
    await counted(panel)
    panel._open_menu(panel.mapToGlobal(panel.rect().center()))
    (menu,) = panel.findChildren(QMenu, options=Qt.FindChildOption.FindDirectChildrenOnly)
    assert [(a.text(), a.isEnabled()) for a in menu.actions() if a.text()] == [
        ("Repair · 1 request", True),
        ("Download…", True),
        ("Select all", True),
        ("Delete…", True),
    ]
    menu.close()


async def test_a_download_that_was_ordered_is_followed_like_a_repair(open_panel: Open) -> None:
    ports = view_ports(coverage=a_coverage())
    panel = await open_panel(ports)
    select(panel, Cell("MSFT", TUESDAY), Cell("MSFT", THURSDAY))
    dialog = panel.open_download()
    assert dialog.symbols.text() == "MSFT"
    assert (dialog.first.date().toPython(), dialog.last.date().toPython()) == (TUESDAY, THURSDAY)
    await until(dialog.start.isEnabled)
    dialog.start.click()
    await until(lambda: ports.repair.started)
    assert line(panel).startswith("Repairing: 0 of 1 request")

"""What the data panel opens: the download with its cost, the question before a deletion, the reconcile report."""

from collections.abc import AsyncIterator
from datetime import date, time

import pytest
import pytest_asyncio
from PySide6.QtCore import QDate, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from monitor.analysis.coverage import DayState
from monitor.errors import StoreUnavailable, Transient
from monitor.live.events import Notice
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.calendar import at_new_york
from monitor.ports import Difference, Reconciliation
from monitor.ui.data.deletion import DeletionDialog
from monitor.ui.data.download import DownloadDialog
from monitor.ui.data.model import Picked
from monitor.ui.data.order import Order
from monitor.ui.data.report import COLUMNS, ReportSheet
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import FakeCoverage, until, view_ports

M1 = Interval.M1
TUESDAY, THURSDAY, FRIDAY = (date(2026, 11, day) for day in (17, 19, 20))
PICKED = Picked(("AAPL", "MSFT"), TUESDAY, THURSDAY, 3, 0)


@pytest_asyncio.fixture
async def ports() -> AsyncIterator[ViewPorts]:
    """AAPL lacks a day, MSFT is whole, of the others nothing is kept."""
    coverage = FakeCoverage()
    coverage.keep("AAPL", "MSFT")
    coverage.put("AAPL", THURSDAY, DayState.MISSING)
    made = view_ports(coverage=coverage)
    yield made
    await made.tasks.close()


# ------------------------------------------------------------------------------------------- download


def downloading(ports: ViewPorts, qtbot: QtBot, *symbols: str) -> DownloadDialog:
    dialog = DownloadDialog(ports, symbols, M1)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


async def test_the_cost_stands_there_before_anything_is_sent(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = downloading(ports, qtbot, "AAPL", "MSFT")
    await until(dialog.start.isEnabled)
    assert dialog.sentence.text() == "This costs 1 request, about 1 s. Schwab has minutes from 2026-10-03 on."
    assert dialog.start.text() == "&Download · 1 request"
    dialog.again.setChecked(True)
    await until(lambda: dialog.start.text() == "&Download · 2 requests")
    assert ports.repair.started == []
    ordered: list[Order] = []
    dialog.ordered.connect(ordered.append)
    dialog.start.click()
    await until(lambda: ordered)
    (order,) = ordered
    assert (order.symbols, order.interval, order.again, len(order.plan)) == (("AAPL", "MSFT"), M1, True, 2)
    assert (order.start_ms, order.end_ms) == tuple(
        at_new_york(day, time(0)) for day in (date(2026, 10, 3), date(2026, 11, 21))
    )
    assert not dialog.isVisible()


async def test_what_is_on_disk_costs_nothing_and_cannot_be_started(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = downloading(ports, qtbot, "MSFT")
    dialog.last.setDate(QDate(2026, 11, 19))
    await until(lambda: "nothing to fetch" in dialog.sentence.text())
    assert not dialog.start.isEnabled()


async def test_another_interval_proposes_its_own_reach_unless_days_were_chosen(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = downloading(ports, qtbot, "AAPL")
    dialog.interval.setCurrentIndex(dialog.interval.findText("5m"))
    assert dialog.first.date() == QDate(2026, 2, 23)
    dialog.first.setDate(QDate(2026, 11, 2))
    dialog.interval.setCurrentIndex(dialog.interval.findText("15m"))
    assert dialog.first.date() == QDate(2026, 11, 2)


@pytest.mark.parametrize(
    ("symbols", "first", "sentence"),
    [
        ("", TUESDAY, "Name at least one symbol, for example AAPL."),
        ("A?B", TUESDAY, "“A?B” is not a symbol. Examples: AAPL, BRK/B, $SPX."),
        ("AAPL", date(2026, 12, 1), "The last day lies before the first."),
    ],
)
async def test_what_cannot_be_meant_is_said(
    ports: ViewPorts, qtbot: QtBot, symbols: str, first: date, sentence: str
) -> None:
    dialog = downloading(ports, qtbot, "AAPL")
    dialog.symbols.setText(symbols)
    dialog.first.setDate(QDate(first.year, first.month, first.day))
    await until(lambda: dialog.sentence.text() == sentence)
    assert not dialog.start.isEnabled()


async def test_a_symbol_that_does_not_exist_is_named(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = downloading(ports, qtbot, "AAPL")
    dialog.symbols.setText("AAPL, XQZW")
    await until(lambda: dialog.start.text() == "&Download · 2 requests")
    dialog.start.click()
    await until(lambda: dialog.sentence.text() == "XQZW is not a symbol that Schwab knows.")
    assert dialog.isVisible()


async def test_a_new_symbol_that_exists_is_ordered_and_kept_by_name(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = downloading(ports, qtbot)
    ordered: list[Order] = []
    dialog.ordered.connect(ordered.append)
    dialog.symbols.setText("nvda")
    await until(dialog.start.isEnabled)
    dialog.start.click()
    await until(lambda: ordered)
    assert ordered[0].symbols == ("NVDA",)
    assert [each.symbol for each in ports.recorder.instruments] == ["NVDA"]


async def test_a_look_up_that_fails_can_be_tried_again(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = downloading(ports, qtbot)
    dialog.symbols.setText("NVDA")
    await until(dialog.start.isEnabled)
    ports.history.failure = Transient("Schwab does not answer.")
    dialog.start.click()
    await until(lambda: dialog.sentence.text() == "NVDA could not be looked up. Schwab does not answer.")
    assert dialog.start.isEnabled()


async def test_a_cost_that_cannot_be_counted_is_said(ports: ViewPorts, qtbot: QtBot) -> None:
    ports.repair.failure = StoreUnavailable("The database is busy.")
    dialog = downloading(ports, qtbot, "AAPL")
    await until(lambda: "could not be counted. The database is busy." in dialog.sentence.text())
    assert not dialog.start.isEnabled()


# ------------------------------------------------------------------------------------------- deletion


def deleting(ports: ViewPorts, qtbot: QtBot, picked: Picked = PICKED, interval: Interval = M1) -> DeletionDialog:
    dialog = DeletionDialog(ports, picked, interval)
    qtbot.addWidget(dialog)
    dialog.open()
    return dialog


async def test_a_deletion_says_how_many_bars_before_it_deletes_any(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = deleting(ports, qtbot)
    assert not dialog.delete.isEnabled()
    await until(dialog.delete.isEnabled)
    words = dialog.words.text()
    assert words.startswith(
        "This deletes 1,560 minutes of AAPL and MSFT, 2026-11-17 to 11-19, from this disk.\n\nYour lists"
    )
    assert "fetched again" in words
    assert dialog.warning.isHidden()
    assert ports.deletion.deleted == []
    notices: list[Notice] = []
    ports.bus.listen(Notice, notices.append)
    dialog.delete.click()
    await until(lambda: not dialog.isVisible())
    span = at_new_york(TUESDAY, time(0)), at_new_york(FRIDAY, time(0))
    assert ports.deletion.deleted == [(("AAPL", "MSFT"), M1, *span)]
    assert [notice.sentence for notice in notices] == ["Deleted 1,560 minutes of AAPL and MSFT."]


async def test_cancel_deletes_nothing_and_is_what_enter_presses(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = deleting(ports, qtbot)
    await until(dialog.delete.isEnabled)
    assert dialog.cancel.isDefault()
    dialog.cancel.click()
    assert (ports.deletion.deleted, dialog.isVisible()) == ([], False)


async def test_what_cannot_be_had_again_is_warned_of(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = deleting(ports, qtbot, PICKED._replace(first=date(2026, 1, 5), last=date(2026, 1, 9)))
    await until(dialog.delete.isEnabled)
    assert dialog.warning.text() == "All of them cannot be had again: Schwab does not go back that far."
    assert "fetched again" not in dialog.words.text()


async def test_nothing_to_delete_is_said(ports: ViewPorts, qtbot: QtBot) -> None:
    ports.deletion.number = 0
    dialog = deleting(ports, qtbot, interval=Interval.M5)
    await until(lambda: dialog.words.text().startswith("There are no 5m bars of AAPL and MSFT"))
    assert not dialog.delete.isEnabled()


async def test_a_deletion_that_fails_says_so(ports: ViewPorts, qtbot: QtBot) -> None:
    dialog = deleting(ports, qtbot)
    await until(dialog.delete.isEnabled)
    ports.deletion.failure = StoreUnavailable("The disk is full.")
    dialog.delete.click()
    await until(lambda: dialog.words.text() == "Not everything was deleted. The disk is full.")
    assert dialog.isVisible()


# ------------------------------------------------------------------------------------------- the report


def a_difference(symbol: str, high: float, was: float) -> Difference:
    start = at_new_york(THURSDAY, time(10, 31))
    streamed = Bar(symbol, M1, start, 100, was, 99, 100.5, 1000, BarSource.STREAM)
    settled = Bar(symbol, M1, start, 100, high, 99, 100.5, 1200)
    return Difference(streamed, settled, abs(high - was), abs(high - was) / high * 100, 200)


def reporting(ports: ViewPorts, qtbot: QtBot) -> ReportSheet:
    sheet = ReportSheet(ports, Theme())
    qtbot.addWidget(sheet)
    sheet.open()
    return sheet


ROW = ("AAPL", "2026-11-19 10:31", "High", "101", "102", "+1.0000", "0.980", "1000", "1200", "+200")


async def test_the_report_has_counts_the_worst_and_a_table(ports: ViewPorts, qtbot: QtBot) -> None:
    ports.coverage.report = Reconciliation(
        9360, 2, (a_difference("AAPL", 102, 101), a_difference("MSFT", 101.5, 101.25))
    )
    sheet = reporting(ports, qtbot)
    await until(lambda: sheet.model.rowCount() == 2)
    assert sheet.counts.text() == (
        "9,360 streamed minutes compared with history: 2 differ (0.02 %)."
        " The worst: AAPL 2026-11-19 10:31, high 101 instead of 102 (0.980 %)."
    )
    assert tuple(sheet.model.index(0, column).data() for column in range(len(COLUMNS))) == ROW
    sheet.copy_button.click()
    assert QGuiApplication.clipboard().text().split("\n")[1] == "\t".join(ROW)


async def test_the_report_is_exported_row_for_row(ports: ViewPorts, qtbot: QtBot, tmp_path) -> None:
    ports.coverage.report = Reconciliation(9360, 1, (a_difference("AAPL", 102, 101),))
    sheet = reporting(ports, qtbot)
    await until(sheet.export_button.isEnabled)
    dialog = sheet.export()
    assert dialog.path.text().endswith("reconcile-SANDBOX.csv")
    dialog.path.setText(str(tmp_path / "r.csv"))
    dialog.begin()
    await until(lambda: ports.exporter.tables)
    header, rows, _ = ports.exporter.tables[0]
    assert len(header) == len(set(header)) == len(ROW)
    assert rows == [list(ROW)]
    dialog.close()


async def test_longer_bars_are_compared_with_schwabs_own(ports: ViewPorts, qtbot: QtBot) -> None:
    start = at_new_york(THURSDAY, time(10, 30))
    computed = Bar("AAPL", Interval.M30, start, 100, 101, 99, 100.5, 1000, BarSource.COMPUTED)
    own = Bar("AAPL", Interval.M30, start, 100, 102, 99, 100.5, 1200)
    ports.coverage.longer_report = Reconciliation(40, 1, (Difference(computed, own, 1, 0.98, 200),))
    sheet = reporting(ports, qtbot)
    sheet.kind.setCurrentIndex(1)
    await until(lambda: sheet.model.rowCount() == 1)
    assert sheet.counts.text() == (
        "40 longer bars compared with Schwab's own: 1 differ (2.50 %)."
        " The worst: AAPL 2026-11-19 10:30 30m, high 101 instead of 102 (0.980 %)."
    )
    heads = [sheet.model.headerData(column, Qt.Orientation.Horizontal) for column in (1, 3, 4, 8)]
    assert heads == ["Bar (ET)", "Computed", "Schwab", "Schwab"]
    sheet.kind.setCurrentIndex(0)
    await until(lambda: sheet.model.rowCount() == 0)


@pytest.mark.parametrize(
    ("compared", "sentence"),
    [
        (0, "Nothing to compare yet: a minute that was streamed is compared once history has answered for its day."),
        (780, "Every one of them is as history has it."),
    ],
)
async def test_a_report_without_differences_says_why(
    ports: ViewPorts, qtbot: QtBot, compared: int, sentence: str
) -> None:
    ports.coverage.report = Reconciliation(compared, 0)
    sheet = reporting(ports, qtbot)
    await until(lambda: sheet.message.text)
    assert sheet.message.text == sentence
    assert not sheet.copy_button.isEnabled()
    assert not sheet.export_button.isEnabled()


async def test_a_report_that_cannot_be_made_says_so_and_other_days_are_read_anew(
    ports: ViewPorts, qtbot: QtBot
) -> None:
    ports.coverage.failure = StoreUnavailable("The database is busy.")
    sheet = reporting(ports, qtbot)
    await until(lambda: sheet.message.text == "The report could not be made. The database is busy.")
    ports.coverage.failure = None
    ports.coverage.report = Reconciliation(10, 1, (a_difference("AAPL", 102, 101),))
    sheet.span.setCurrentIndex(3)
    await until(lambda: sheet.model.rowCount() == 1)

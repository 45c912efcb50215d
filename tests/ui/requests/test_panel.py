"""The requests panel: what was asked of Schwab as it stands, sorted and filtered, and the limit that holds."""

from dataclasses import replace

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from monitor.ports import LIMIT_KEY, Outage, Priority, RequestMeter, RequestRecord, Result
from monitor.ui.requests import panel as requests_panel
from monitor.ui.requests.panel import RequestsPanel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import NOW_MS, view_ports

RECORDS = [
    RequestRecord(1, NOW_MS - 9000, "market hours", "markets", Priority.PERSON, Result.OK, 0.0, 0.04, 1, 200, 812),
    RequestRecord(
        2, NOW_MS - 8000, "minutes of AAPL", "pricehistory", Priority.PERSON, Result.OK, 1.26, 9.4, 3, 200, 412_000
    ),
    RequestRecord(
        *(3, NOW_MS - 7000, "quotes to check the stream", "quotes", Priority.STREAM, Result.FAILED, 0.0, 75.0, 5, 503),
        sentence="Schwab has a problem of its own and could not answer.",
    ),
    RequestRecord(4, NOW_MS - 6000, "days of MSFT", "pricehistory", Priority.BACKGROUND, Result.WAITING, 6.0),
]


def make(qtbot: QtBot, records: list[RequestRecord] = RECORDS) -> tuple[ViewPorts, RequestsPanel]:
    ports = view_ports()
    ports.requests.records = list(records)
    panel = RequestsPanel(ports, Theme())
    qtbot.addWidget(panel)
    panel.resize(1200, 200)
    panel.show()
    return ports, panel


def rows(panel: RequestsPanel) -> list[tuple[str, ...]]:
    model = panel.table.model()
    return [
        tuple(model.index(row, column).data() for column in range(model.columnCount()))
        for row in range(model.rowCount())
    ]


def purposes(panel: RequestsPanel) -> list[str]:
    return [row[1] for row in rows(panel)]


def test_each_request_is_a_row_the_newest_first(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    assert rows(panel) == [
        ("11:45:56", "days of MSFT", "background", "pricehistory", "waiting", "–", "6.0 s", "–", "0", "–"),
        ("11:45:55", "quotes to check the stream", "stream", "quotes", "failed", "503", "0 ms", "75 s", "5", "–"),
        ("11:45:54", "minutes of AAPL", "you", "pricehistory", "ok", "200", "1.3 s", "9.4 s", "3", "402 KB"),
        ("11:45:53", "market hours", "you", "markets", "ok", "200", "0 ms", "40 ms", "1", "812 B"),
    ]


def test_the_tooltip_tells_the_whole_story(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    assert panel.table.model().index(1, 4).data(Qt.ItemDataRole.ToolTipRole) == (
        "quotes to check the stream: failed\n"
        "Schwab has a problem of its own and could not answer.\n"
        "5 attempts, 0 bytes, HTTP 503"
    )


@pytest.mark.parametrize(("column", "first"), [(8, "days of MSFT"), (7, "days of MSFT"), (9, "days of MSFT")])
def test_numbers_are_sorted_as_numbers(qtbot: QtBot, column: int, first: str) -> None:
    _, panel = make(qtbot)
    panel.table.sortByColumn(column, Qt.SortOrder.AscendingOrder)
    assert purposes(panel)[0] == first
    sizes = [record.size for record in RECORDS]
    panel.table.sortByColumn(9, Qt.SortOrder.DescendingOrder)
    assert purposes(panel)[0] == RECORDS[sizes.index(max(sizes))].purpose


def test_rows_are_filtered_by_endpoint_and_result(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    assert [panel.endpoints.itemText(n) for n in range(4)] == ["All endpoints", "markets", "pricehistory", "quotes"]
    panel.endpoints.setCurrentText("pricehistory")
    assert purposes(panel) == ["days of MSFT", "minutes of AAPL"]
    panel.results.setCurrentText("OK")
    assert purposes(panel) == ["minutes of AAPL"]
    panel.results.setCurrentText("All that failed")
    assert panel.message.text == "No request is like that."
    panel.message.button.click()
    assert len(purposes(panel)) == 4


def test_a_row_that_no_longer_fits_the_filter_leaves_it(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    panel.results.setCurrentText("Waiting and under way")
    assert purposes(panel) == ["days of MSFT"]
    ports.requests.records[3] = replace(RECORDS[3], result=Result.OK, took=1.0)
    panel.refresh()
    assert panel.message.text == "No request is like that."


def test_an_empty_table_says_so(qtbot: QtBot) -> None:
    ports, panel = make(qtbot, [])
    assert panel.message.text == "Nothing has been asked of Schwab yet in this run."
    ports.requests.records = list(RECORDS)
    panel.refresh()
    assert len(rows(panel)) == 4
    assert panel.message.text == ""


def test_only_cells_that_changed_are_painted(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    painted, resets = [], []
    panel.model.dataChanged.connect(
        lambda first, last: painted.append((first.row(), first.column(), last.row(), last.column()))
    )
    panel.model.modelReset.connect(lambda: resets.append(True))
    panel.refresh()
    ports.requests.records[3] = replace(RECORDS[3], waited=6.5)
    panel.refresh()
    ports.requests.records.append(replace(RECORDS[0], number=5))
    del ports.requests.records[:2]
    panel.refresh()
    assert painted == [(3, 6, 3, 6)]
    assert not resets
    assert purposes(panel) == ["market hours", "days of MSFT", "quotes to check the stream"]


def test_new_rows_leave_selection_and_place_to_the_reader(qtbot: QtBot) -> None:
    records = [replace(RECORDS[0], number=number, purpose=f"Number {number}") for number in range(1, 301)]
    ports, panel = make(qtbot, records)
    bar, view = panel.table.verticalScrollBar(), panel.table.viewport()
    qtbot.waitUntil(lambda: bar.maximum() > 400)
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    panel.table.selectionModel().select(panel.table.model().index(50, 0), flags)
    bar.setValue(400)
    before = panel.table.indexAt(view.rect().topLeft()).siblingAtColumn(1).data()
    ports.requests.records.append(replace(RECORDS[0], number=301))
    panel.refresh()
    assert panel.table.indexAt(view.rect().topLeft()).siblingAtColumn(1).data() == before
    assert [index.siblingAtColumn(1).data() for index in panel.table.selectionModel().selectedRows()] == ["Number 250"]
    bar.setValue(0)
    ports.requests.records.append(replace(RECORDS[0], number=302, purpose="the newest"))
    panel.refresh()
    assert panel.table.indexAt(view.rect().topLeft()).siblingAtColumn(1).data() == "the newest"


def test_the_limit_is_changed_at_once_and_kept(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    assert (panel.limit.minimum(), panel.limit.maximum(), panel.limit.value()) == (10, 120, 110)
    panel.limit.setValue(60)
    assert ports.requests.limit == 60
    assert ports.preferences.get(LIMIT_KEY) == "60"
    panel.limit.setValue(500)
    assert ports.requests.limit == 120


def test_a_number_that_is_being_typed_is_not_the_limit_yet(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    panel.activateWindow()
    panel.limit.setFocus()
    qtbot.waitUntil(panel.limit.hasFocus)
    panel.limit.selectAll()
    qtbot.keyClicks(panel.limit, "45")
    panel.refresh()
    assert ports.requests.limit == 110
    qtbot.keyClick(panel.limit, Qt.Key.Key_Return)
    assert ports.requests.limit == 45


def test_what_stands_in_the_way_is_told_above_the_table(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    assert panel.obstacles.isHidden()
    outage = Outage("chains", NOW_MS, NOW_MS + 60_000, "Schwab's service for option chains is down.")
    ports.meters.request_meter = RequestMeter(12, 55, 2, paused_until_ms=NOW_MS + 12_000, outages=(outage,))
    panel.refresh()
    assert panel.obstacles.text().splitlines() == [
        "Schwab asks us to slow down: nothing is sent before 11:46:14 ET (12 s).",
        "Schwab's service for option chains is down.",
    ]
    ports.meters.request_meter = RequestMeter(12, 55, 2)
    panel.refresh()
    assert panel.obstacles.text() == (
        "Schwab asked to slow down, so 55 instead of 110 requests a minute are allowed."
        " It grows back within three minutes."
    )
    ports.meters.request_meter = RequestMeter(12, 110, 0)
    panel.refresh()
    assert panel.obstacles.isHidden()


def test_selected_rows_are_copied_with_their_sentence(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    assert not panel.copy_button.isEnabled()
    panel.table.selectRow(1)
    panel.copy_button.click()
    assert QGuiApplication.clipboard().text() == (
        "11:45:55\tquotes to check the stream\tstream\tquotes\tfailed\t503\t0 ms\t75 s\t5\t–\t"
        "Schwab has a problem of its own and could not answer."
    )


def test_hidden_it_asks_nobody(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(requests_panel, "REFRESH_MS", 5)
    ports, panel = make(qtbot)
    qtbot.waitUntil(lambda: ports.requests.asked > 3)
    panel.hide()
    other, seen = make(qtbot)
    before, end = ports.requests.asked, other.requests.asked + 3
    qtbot.waitUntil(lambda: other.requests.asked > end)
    assert ports.requests.asked == before
    seen.close_panel()

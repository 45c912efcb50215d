"""The log: what happened is there to read, folded, filtered and copied."""

from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from monitor.live.events import HistoryProgress, Level, Notice, SignInChanged, StreamChanged
from monitor.ports import SignInState, StreamPhase
from monitor.ui.log import model as log_model
from monitor.ui.log.panel import LogPanel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import view_ports


def make(qtbot: QtBot) -> tuple[ViewPorts, LogPanel]:
    ports = view_ports()
    panel = LogPanel(ports, Theme())
    qtbot.addWidget(panel)
    panel.resize(900, 160)
    panel.show()
    return ports, panel


def rows(panel: LogPanel) -> list[tuple[str, str, str]]:
    model = panel.table.model()
    return [tuple(model.index(row, column).data() for column in range(3)) for row in range(model.rowCount())]


def test_every_kind_of_news_has_a_row(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    ports.bus.publish(StreamChanged(StreamPhase.WAITING, "The connection was lost; trying again in 4 s."))
    ports.bus.publish(SignInChanged(SignInState.SIGNED_IN, "Signed in."))
    ports.bus.publish(HistoryProgress("MSFT", 1, 5, "Schwab does not answer."))
    ports.bus.publish(Notice(Level.ERROR, "The disk is full."))
    assert rows(panel) == [
        ("11:46:02", "Warning", "The connection was lost; trying again in 4 s."),
        ("11:46:02", "Info", "Signed in."),
        ("11:46:02", "Warning", "History of MSFT: Schwab does not answer."),
        ("11:46:02", "Error", "The disk is full."),
    ]


def test_repeats_fold_into_one_row(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    for _ in range(4):
        ports.bus.publish(Notice(Level.WARNING, "Schwab is slow."))
    assert [sentence for _, _, sentence in rows(panel)] == ["Schwab is slow. (×4)"]


def test_progress_that_goes_well_is_no_news(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    ports.bus.publish(HistoryProgress("MSFT", 5, 5))
    assert rows(panel) == []


def test_filter_by_level(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    for level in Level:
        ports.bus.publish(Notice(level, f"This is {level}."))
    panel.filter.setCurrentIndex(1)
    assert [level for _, level, _ in rows(panel)] == ["Warning", "Error"]
    panel.filter.setCurrentIndex(2)
    assert [level for _, level, _ in rows(panel)] == ["Error"]


def test_details_of_the_selected_row_can_be_copied(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    ports.bus.publish(Notice(Level.ERROR, "The disk is full.", "errno 28"))
    panel.table.selectRow(0)
    assert panel.details.toPlainText() == "The disk is full.\n\nerrno 28"
    panel.copy_button.click()
    copied = QGuiApplication.clipboard().text()
    assert copied == "Fri 20 Nov 11:46 ET\nerror\nThe disk is full.\nerrno 28"


def test_oldest_rows_leave_when_the_log_is_full(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    for number in range(log_model.LIMIT + 3):
        ports.bus.publish(Notice(Level.INFO, f"Number {number}"))
    shown = rows(panel)
    assert (len(shown), shown[0][2], shown[-1][2]) == (5000, "Number 3", "Number 5002")


def test_newest_row_stays_in_view_until_the_reader_scrolls(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    bar = panel.table.verticalScrollBar()
    for number in range(60):
        ports.bus.publish(Notice(Level.INFO, f"Number {number}"))
    qtbot.waitUntil(lambda: bar.maximum() > 0 and bar.value() == bar.maximum())
    bar.sliderMoved.emit(3)
    bar.setValue(3)
    ports.bus.publish(Notice(Level.INFO, "One more"))
    assert (panel.follow.isChecked(), bar.value()) == (False, 3)

"""The health panel: the table, the lines beside it, restarts, the report, and that it asks only while it is seen."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from monitor.ports import ConnectionHealth, ProcessHealth, ServiceHealth, StoreMeter, StreamPhase
from monitor.ui.health import panel as health_panel
from monitor.ui.health.panel import HealthPanel
from monitor.ui.health.sheet import ReportSheet
from monitor.ui.status.phrases import Tone
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import NOW_MS, view_ports

TIP, ICON = Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.DecorationRole


def make(qtbot: QtBot, shown: bool = True) -> tuple[ViewPorts, HealthPanel]:
    ports = view_ports()
    panel = HealthPanel(ports, Theme())
    qtbot.addWidget(panel)
    panel.resize(1280, 190)
    if shown:
        panel.show()
    return ports, panel


def rows(panel: HealthPanel) -> list[tuple[str, ...]]:
    model = panel.table.model()
    return [tuple(model.index(row, column).data() for column in range(9)) for row in range(model.rowCount())]


def filled(panel: HealthPanel, row: int) -> bool:
    """Whether the row's mark is a full dot, not a ring."""
    image = panel.model.index(row, 0).data(ICON).pixmap(8, 8).toImage()
    return image.pixelColor(image.rect().center()).alpha() > 0


def test_a_row_for_each_service_in_plain_words(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    assert rows(panel) == [
        ("Minute bars: stocks", "Streaming.", "21 s", "0.1/s", "140 ms", "3", "640", "0", "0"),
        ("Quotes: stocks", "Streaming.", "0.3 s", "24.6/s", "38 ms", "12", "81.2K", "0", "0"),
        ("Book: Nasdaq", "Streaming.", "0.4 s", "2.0/s", "42 ms", "1", "5.1K", "0", "0"),
    ]


def test_tooltips_have_the_exact_figures(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    tips = [panel.model.index(1, column).data(TIP) for column in range(9)]
    assert tips == [
        "LEVELONE_EQUITIES: as it should be",
        "Streaming.",
        "300 ms since the newest item",
        "24.60 items a second over the last ten seconds",
        "38.0 ms",
        "12 symbols",
        "81,234 items since the start",
        "0 messages could not be read",
        "0 holes in the last 24 hours",
    ]


def test_what_is_not_well_is_said_in_words_and_by_another_mark(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    assert filled(panel, 0)
    trouble = {"ok": False, "sentence": "Nothing comes from AAPL.", "quiet": ("AAPL",)}
    ports.health.rows = [replace(ports.health.rows[0], **trouble), *ports.health.rows[1:]]
    panel.refresh()
    assert (filled(panel, 0), filled(panel, 1)) == (False, True)
    assert rows(panel)[0][1] == "Nothing comes from AAPL."
    assert panel.model.index(0, 1).data(TIP) == "Nothing comes from AAPL.\nAAPL"
    assert panel.model.index(0, 0).data(TIP) == "CHART_EQUITY: not as it should be"
    assert panel._note.text() == "1 of 3 services not as they should be"


def test_a_service_that_has_sent_nothing_has_dashes(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    ports.health.rows = [ServiceHealth("NEW_SERVICE", 4, None, 0.0, None, 0, 0, "Nothing has come yet.")]
    panel.refresh()
    assert rows(panel) == [("NEW_SERVICE", "Nothing has come yet.", "–", "0.0/s", "–", "4", "0", "0", "0")]


def test_every_row_has_a_restart_button_with_a_name_that_keys_reach(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    button = panel.restart_buttons["NASDAQ_BOOK"]
    assert button.accessibleName() == "Restart Book: Nasdaq: ask for its symbols anew"
    button.setFocus(Qt.FocusReason.TabFocusReason)
    qtbot.keyClick(button, Qt.Key.Key_Space)
    assert ports.health.restarted == ["NASDAQ_BOOK"]
    panel.restart_button.click()
    assert ports.health.restarted == ["NASDAQ_BOOK", ""]


def test_buttons_follow_the_services(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    before = dict(panel.restart_buttons)
    panel.refresh()
    assert panel.restart_buttons == before  # whoever has the focus keeps it
    ports.health.rows = ports.health.rows[1:]
    panel.refresh()
    assert list(panel.restart_buttons) == ["LEVELONE_EQUITIES", "NASDAQ_BOOK"]
    panel.restart_buttons["LEVELONE_EQUITIES"].click()
    assert ports.health.restarted == ["LEVELONE_EQUITIES"]


def test_the_lines_beside_it_when_all_is_well(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    ports.meters.store_meter = StoreMeter(0, 12_400, 1, committed_ms=NOW_MS - 400)
    panel.refresh()
    assert panel.aside.words() == {
        "Connection": "Live for 1:01 · 1 reconnect · streamer.example:443",
        "Recorder": "12,400 rows written · none wait · last commit 0.4 s ago",
        "Process": "182 MB · 7% of a core",
    }


def test_the_lines_beside_it_when_nothing_is(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    sentence = "The streamer cannot be reached. Trying again in 4 s."
    ports.health.line = ConnectionHealth(
        StreamPhase.WAITING, sentence, NOW_MS - 5000, 0, "", -400, {"wrong-type": 2, "undecodable": 1}
    )
    ports.health.load = ProcessHealth(None, None)
    ports.meters.store_meter = StoreMeter(250_000, 12_400, 1, spilled=80 * 1024**2, behind_ms=12_300)
    ports.watching.refused = {"XYZ": "Schwab does not offer it."}
    panel.refresh()
    assert panel.aside.words() == {
        "Connection": f"Waiting for 5 s · no reconnects\n{sentence}",
        "Clock": "Your clock is 0.4 s behind.",
        "Recorder": "Storage is behind: 12 s, 80 MB on disk waiting\n12,400 rows written · 250,000 wait",
        "Left out": "3 messages: undecodable 1, wrong-type 2",
        "Symbols": "1 not streamed",
    }


@pytest.mark.parametrize("phase", list(StreamPhase))
def test_every_phase_has_words(qtbot: QtBot, phase: StreamPhase) -> None:
    ports, panel = make(qtbot)
    ports.health.line = ConnectionHealth(phase)
    panel.refresh()
    words = panel.aside.words()["Connection"]
    assert words[0].isupper()
    assert words.endswith(" · no reconnects")


def test_a_recording_that_stands_still_is_red(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    ports.meters.store_meter = StoreMeter(9, 1, 1, trouble="The disk is full.")
    panel.refresh()
    [label] = [each for each in panel.aside.findChildren(QLabel) if each.text().startswith("Recording stopped")]
    assert label.property("tone") == Tone.RED.value
    assert label.toolTip().startswith("The disk is full.")


@pytest.mark.parametrize(
    ("line", "sentence", "button"),
    [
        (ConnectionHealth(StreamPhase.LIVE), "Connected, and nothing is asked for yet.", ""),
        (ConnectionHealth(StreamPhase.OFF), "Nothing is streamed.", ""),
        (ConnectionHealth(StreamPhase.WAITING, "There is no network."), "There is no network.", ""),
        (ConnectionHealth(StreamPhase.TAKEN, "Another program has it."), "Another program has it.", "Take it back"),
    ],
)
def test_without_services_it_says_why(qtbot: QtBot, line: ConnectionHealth, sentence: str, button: str) -> None:
    ports, panel = make(qtbot)
    ports.health.rows, ports.health.line = [], line
    panel.refresh()
    assert (panel.message.text, panel.table.isHidden()) == (sentence, True)
    if button:
        assert panel.message.button.text() == button
        panel.message.button.click()
        assert ports.watching.taken_back == 1
    else:
        assert panel.message.button.isHidden()


def test_it_asks_only_while_it_is_seen(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(health_panel, "REFRESH_MS", 1)
    seen, _panel = make(qtbot)
    ports, panel = make(qtbot, shown=False)

    def asked_while_the_other_is(times: int) -> int:
        before, end = ports.health.asked, seen.health.asked + times
        qtbot.waitUntil(lambda: seen.health.asked > end)
        return ports.health.asked - before

    assert asked_while_the_other_is(5) == 0
    panel.show()
    assert asked_while_the_other_is(20) > 5
    panel.hide()
    assert asked_while_the_other_is(20) == 0
    panel.showMinimized()
    assert asked_while_the_other_is(20) <= 1  # as it is shown, before it is made small


def test_the_report_is_shown_before_it_is_copied(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    ports.health.text = "Market Monitor: all is well\n"
    QGuiApplication.clipboard().clear()
    panel.report_button.click()
    [sheet] = panel.findChildren(ReportSheet)
    assert sheet.text.toPlainText() == "Market Monitor: all is well\n"
    assert sheet.text.isReadOnly()
    assert QGuiApplication.clipboard().text() == ""
    sheet.copy_button.click()
    assert QGuiApplication.clipboard().text() == "Market Monitor: all is well\n"
    assert not sheet.isVisible()


def test_the_theme_may_change(qtbot: QtBot) -> None:
    ports = view_ports()
    theme = Theme()
    panel = HealthPanel(ports, theme)
    qtbot.addWidget(panel)
    panel.show()
    before = panel.model.index(0, 0).data(ICON).cacheKey()
    theme.use(dark=False)
    assert panel.model.index(0, 0).data(ICON).cacheKey() != before

"""The audit panel: what was done with the sign-in and the data, newest first, filtered and copied."""

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from monitor.errors import StoreUnavailable
from monitor.live.events import Audited
from monitor.ports import AuditEntry
from monitor.ui.audit import model as audit_model
from monitor.ui.audit.panel import AuditPanel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import NOW_MS, FakeArchive, FakePreferences, view_ports

MINUTE_MS = 60_000
STORED = [
    AuditEntry(NOW_MS - 1 * MINUTE_MS, "export", "390 rows of bars of AAPL to /home/me/aapl.csv"),
    AuditEntry(NOW_MS - 24 * MINUTE_MS, "renewal", "The access token was renewed."),
    AuditEntry(NOW_MS - 48 * MINUTE_MS, "sign-in", "Signed in to Schwab."),
    AuditEntry(NOW_MS - 49 * MINUTE_MS, "refusal", "The redirect was not ours: it is refused."),
]


def make(qtbot: QtBot, entries: list[AuditEntry] = STORED, **ports: object) -> tuple[ViewPorts, AuditPanel]:
    archive = FakeArchive()
    archive.entries = list(entries)
    made = view_ports(**({"archive": archive} | ports))
    panel = AuditPanel(made, Theme())
    qtbot.addWidget(panel)
    panel.resize(900, 160)
    panel.show()
    return made, panel


def rows(panel: AuditPanel) -> list[tuple[str, str, str]]:
    model = panel.table.model()
    return [tuple(model.index(row, column).data() for column in range(3)) for row in range(model.rowCount())]


def kinds(panel: AuditPanel) -> list[str]:
    return [kind for _, kind, _ in rows(panel)]


def select(panel: AuditPanel, *wanted: int) -> None:
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in wanted:
        panel.table.selectionModel().select(panel.table.model().index(row, 0), flags)


def test_what_is_on_disk_is_shown_in_plain_words_newest_first(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    assert rows(panel) == [
        ("Fri 20 Nov 2026 11:45:02", "Exported", "390 rows of bars of AAPL to /home/me/aapl.csv"),
        ("Fri 20 Nov 2026 10:58:02", "Signed in", "Signed in to Schwab."),
        ("Fri 20 Nov 2026 10:57:02", "Refused", "The redirect was not ours: it is refused."),
    ]


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("sign-in", "Signed in"),
        ("renewal-failed", "Not renewed"),
        ("refusal", "Refused"),
        ("sign-in-ended", "Sign-in ended"),
        ("sign-out", "Signed out"),
        ("take-over", "Take-over"),
        ("terms", "Terms accepted"),
        ("key", "Developer key"),
        ("storage", "Storage"),
        ("export", "Exported"),
        ("something-new", "Something new"),
    ],
)
def test_every_kind_has_words_and_an_icon(qtbot: QtBot, kind: str, words: str) -> None:
    ports, panel = make(qtbot, [])
    ports.bus.publish(Audited(AuditEntry(NOW_MS, kind, "It happened.")))
    assert kinds(panel) == [words]
    assert not panel.table.model().index(0, 1).data(Qt.ItemDataRole.DecorationRole).isNull()


def test_what_happens_now_stands_at_the_top_once(qtbot: QtBot) -> None:
    ports, panel = make(qtbot)
    entry = AuditEntry(NOW_MS, "sign-out", "Signed out; the tokens were erased.")
    ports.bus.publish(Audited(entry))
    assert kinds(panel)[:2] == ["Signed out", "Exported"]
    ports.archive.entries.insert(0, entry)  # by now it is on disk as well
    panel.load()
    assert kinds(panel) == ["Signed out", "Exported", "Signed in", "Refused"]


def test_renewals_are_shown_on_demand_and_that_is_remembered(qtbot: QtBot) -> None:
    preferences = FakePreferences()
    _, panel = make(qtbot, preferences=preferences)
    assert "Renewed" not in kinds(panel)
    panel.renewals.click()
    assert kinds(panel) == ["Exported", "Renewed", "Signed in", "Refused"]
    _, again = make(qtbot, preferences=preferences)
    assert "Renewed" in kinds(again)


def test_the_filter_finds_kinds_sentences_and_days(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    for text, found in (("exp", ["Exported"]), ("OURS refused", ["Refused"]), ("20 nov 10:58", ["Signed in"])):
        panel.filter.setText(text)
        assert kinds(panel) == found


def test_escape_takes_the_filter_away(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    panel.show()
    panel.activateWindow()
    qtbot.waitUntil(panel.isActiveWindow)
    panel.filter.setFocus()
    qtbot.keyClicks(panel.filter, "exp")
    assert kinds(panel) == ["Exported"]
    qtbot.keyClick(panel.filter, Qt.Key.Key_Escape)
    assert panel.filter.text() == ""


def test_an_empty_table_says_why(qtbot: QtBot) -> None:
    ports, panel = make(qtbot, [])
    assert panel.message.text.startswith("Nothing yet")
    ports.bus.publish(Audited(AuditEntry(NOW_MS, "renewal", "The access token was renewed.")))
    assert panel.message.text == "Nothing but renewals so far."
    panel.filter.setText("xyz")
    assert panel.message.text == "Nothing here holds “xyz”."
    panel.filter.clear()
    panel.renewals.click()
    assert (kinds(panel), panel.table.isHidden()) == (["Renewed"], False)


def test_a_store_that_cannot_be_read_is_a_sentence_and_can_be_tried_again(qtbot: QtBot) -> None:
    archive = FakeArchive()
    archive.failure = StoreUnavailable("The database does not answer.")
    ports, panel = make(qtbot, archive=archive)
    assert panel.message.text == "The audit could not be read. The database does not answer."
    ports.bus.publish(Audited(AuditEntry(NOW_MS, "sign-in", "Signed in to Schwab.")))
    assert kinds(panel) == ["Signed in"]  # what happens is shown all the same
    archive.failure, archive.entries = None, list(STORED)
    panel.message.button.click()
    assert kinds(panel) == ["Signed in", "Exported", "Signed in", "Refused"]


def test_selected_rows_are_copied_as_they_stand(qtbot: QtBot) -> None:
    _, panel = make(qtbot)
    assert not panel.copy_button.isEnabled()
    select(panel, 2, 0)
    assert panel.copy_button.isEnabled()
    panel.activateWindow()
    panel.table.setFocus()
    qtbot.waitUntil(panel.table.hasFocus)
    qtbot.keyClick(panel.table, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    assert QGuiApplication.clipboard().text() == (
        "Fri 20 Nov 2026 11:45:02\tExported\t390 rows of bars of AAPL to /home/me/aapl.csv\n"
        "Fri 20 Nov 2026 10:57:02\tRefused\tThe redirect was not ours: it is refused."
    )
    QGuiApplication.clipboard().clear()
    panel.copy_button.click()
    assert QGuiApplication.clipboard().text().startswith("Fri 20 Nov 2026 11:45:02\tExported")


def test_a_new_row_leaves_selection_and_place_to_the_reader(qtbot: QtBot) -> None:
    entries = [AuditEntry(NOW_MS - number * MINUTE_MS, "refusal", f"Number {number}") for number in range(200)]
    ports, panel = make(qtbot, entries)
    bar, view = panel.table.verticalScrollBar(), panel.table.viewport()
    qtbot.waitUntil(lambda: bar.maximum() > 400)
    select(panel, 50)
    bar.setValue(400)
    before = panel.table.indexAt(view.rect().topLeft()).siblingAtColumn(2).data()
    ports.bus.publish(Audited(AuditEntry(NOW_MS, "sign-in", "Signed in to Schwab.")))
    assert panel.table.indexAt(view.rect().topLeft()).siblingAtColumn(2).data() == before
    assert [index.siblingAtColumn(2).data() for index in panel.table.selectionModel().selectedRows()] == ["Number 50"]
    bar.setValue(0)
    ports.bus.publish(Audited(AuditEntry(NOW_MS, "sign-out", "Signed out.")))
    assert bar.value() == 0


def test_the_oldest_rows_leave_when_there_are_too_many(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_model, "LIMIT", 3)
    ports, panel = make(qtbot, [])
    for number in range(5):
        ports.bus.publish(Audited(AuditEntry(NOW_MS, "refusal", f"Number {number}")))
    assert [sentence for _, _, sentence in rows(panel)] == ["Number 4", "Number 3", "Number 2"]


def test_a_sentence_that_looks_like_markup_is_shown_as_it_is(qtbot: QtBot) -> None:
    ports, panel = make(qtbot, [])
    ports.bus.publish(Audited(AuditEntry(NOW_MS, "refusal", "<img src=x>")))
    assert rows(panel)[0][2] == "<img src=x>"

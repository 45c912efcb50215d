"""The SQL panel: a query is run, stopped, copied and exported; what is wrong with it is said, with its place."""

import asyncio
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, Qt
from PySide6.QtGui import QGuiApplication, QTextCursor
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from monitor.errors import StoreUnavailable, Unusable
from monitor.live.bus import Bus
from monitor.live.events import Level, Notice
from monitor.ports import BadQuery, QueryAnswer
from monitor.store import open_store
from monitor.ui.palettes import DARK
from monitor.ui.sql.examples import EXAMPLES
from monitor.ui.sql.history import KEPT, History
from monitor.ui.sql.panel import SqlPanel
from monitor.ui.sql.phrases import cell, tip
from monitor.ui.tasks import Tasks
from monitor.ui.theme import Theme
from tests.support.ports import FakePreferences, FakeQueries, until, view_ports


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def make(qtbot: QtBot, queries: FakeQueries, **ports: object) -> SqlPanel:
    panel = SqlPanel(view_ports(queries=queries, **ports), Theme(), Clock())
    qtbot.addWidget(panel)
    panel.resize(1400, 220)
    panel.show()
    return panel


@pytest.fixture
def queries() -> FakeQueries:
    return FakeQueries()


@pytest.fixture
def panel(qtbot: QtBot, queries: FakeQueries) -> SqlPanel:
    return make(qtbot, queries)


def run(panel: SqlPanel, sql: str = "SELECT 1") -> None:
    panel.editor.put(sql)
    panel.run()


def shown(panel: SqlPanel) -> list[list[str]]:
    model = panel.table.model()
    return [
        [model.index(row, column).data() for column in range(model.columnCount())] for row in range(model.rowCount())
    ]


def select(panel: SqlPanel, *cells: tuple[int, int]) -> None:
    for row, column in cells:
        index = panel.table.model().index(row, column)
        panel.table.selectionModel().select(index, QItemSelectionModel.SelectionFlag.Select)


def coloured(panel: SqlPanel) -> list[list[tuple[str, str]]]:
    """The words of each line that have a colour of their own, and its name."""
    names = {getattr(DARK, name): name for name in ("accent", "green", "amber", "dim")}
    document = panel.editor.document()
    blocks = [document.findBlockByNumber(number) for number in range(document.blockCount())]
    return [
        [
            (block.text()[each.start : each.start + each.length], names[each.format.foreground().color().name()])
            for each in block.layout().formats()
        ]
        for block in blocks
    ]


def note(panel: SqlPanel) -> str:
    return panel._note.text()


# ------------------------------------------------------------------------------------------ running


def test_at_first_it_says_what_to_do(panel: SqlPanel) -> None:
    assert panel.message.text.startswith("Write a query and press Ctrl+Enter")
    assert [button.isEnabled() for button in (panel.run_button, panel.stop_button, panel.export_button)] == [
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("key", [Qt.Key.Key_Return, Qt.Key.Key_Enter])
def test_ctrl_enter_runs_the_statement_at_the_cursor(
    qtbot: QtBot, panel: SqlPanel, queries: FakeQueries, key: Qt.Key
) -> None:
    panel.editor.put("SELECT 1;\nSELECT 2;")
    panel.activateWindow()
    panel.editor.setFocus()
    qtbot.waitUntil(panel.editor.hasFocus)
    panel.editor.moveCursor(QTextCursor.MoveOperation.End)
    qtbot.keyClick(panel.editor, key, Qt.KeyboardModifier.ControlModifier)
    assert queries.asked == ["SELECT 2"]
    assert panel.editor.toPlainText() == "SELECT 1;\nSELECT 2;"
    assert shown(panel) == [["AAPL", "214.5"], ["MSFT", "–"]]
    assert note(panel) == "2 rows in 0.012 s"


def test_what_is_selected_is_run_instead(panel: SqlPanel, queries: FakeQueries) -> None:
    panel.editor.put("SELECT '😀', 12; SELECT 2")
    cursor = panel.editor.textCursor()
    cursor.setPosition(13)  # which Qt counts as one more than there are characters
    cursor.setPosition(15, QTextCursor.MoveMode.KeepAnchor)
    panel.editor.setTextCursor(cursor)
    panel.run()
    assert queries.asked == ["12"]


def test_without_a_query_nothing_is_asked_and_the_answer_stays(panel: SqlPanel, queries: FakeQueries) -> None:
    run(panel)
    run(panel, "  -- nothing\n")
    assert (queries.asked, note(panel)) == (["SELECT 1"], "There is no query where the cursor stands.")
    assert shown(panel) == [["AAPL", "214.5"], ["MSFT", "–"]]


def test_an_answer_without_rows_says_so(panel: SqlPanel, queries: FakeQueries) -> None:
    queries.answer = QueryAnswer(("a",), [], 1.25)
    run(panel)
    assert (panel.message.text, note(panel)) == ("The query found no rows.", "0 rows in 1.2 s")


def test_the_first_rows_of_more_are_told_as_that(panel: SqlPanel, queries: FakeQueries) -> None:
    queries.answer = QueryAnswer(("i",), [(i,) for i in range(10_000)], 75.0, truncated=True)
    run(panel)
    assert note(panel) == "The first 10,000 rows, in 1:15 min; Export writes all"
    assert panel.table.model().rowCount() == 10_000


def test_a_mistake_is_said_and_underlined_until_the_text_changes(panel: SqlPanel, queries: FakeQueries) -> None:
    queries.failure = BadQuery("SQLite says: no such column: bidd.", 14)
    panel.editor.put("SELECT '😀';\n\nSELECT 1,\n    bidd FROM quote")
    cursor = panel.editor.textCursor()
    cursor.movePosition(QTextCursor.MoveOperation.End)
    panel.editor.setTextCursor(cursor)
    panel.run()
    assert panel.message.text == "SQLite says: no such column: bidd, at line 4, column 5."
    assert panel.editor.marked == "bidd"
    assert not panel.export_button.isEnabled()
    panel.editor.insert("x")
    assert panel.editor.marked == ""


async def test_a_mistake_in_what_has_been_changed_meanwhile_has_no_place(qtbot: QtBot, queries: FakeQueries) -> None:
    bus = Bus()
    panel = make(qtbot, queries, bus=bus, tasks=Tasks(bus))
    queries.failure, queries.gate = BadQuery("SQLite says: no such column: bidd.", 7), asyncio.Event()
    run(panel, "SELECT bidd FROM quote")
    panel.editor.put("SELECT bid FROM quote")
    queries.gate.set()
    await until(lambda: not panel.running)
    assert (panel.message.text, panel.editor.marked) == ("SQLite says: no such column: bidd.", "")


def test_what_is_missing_at_the_end_is_marked_there(panel: SqlPanel, queries: FakeQueries) -> None:
    queries.failure = BadQuery("SQLite says: incomplete input.", 10)
    run(panel, "SELECT 1 (")
    assert panel.message.text == "SQLite says: incomplete input, at line 1, column 11."
    assert panel.editor.marked == "("


def test_a_store_that_cannot_be_read_is_a_sentence(panel: SqlPanel, queries: FakeQueries) -> None:
    run(panel)
    queries.failure = StoreUnavailable("The database is damaged.")
    run(panel)
    assert (panel.message.text, shown(panel)) == ("The database is damaged.", [])


async def test_what_runs_says_how_long_and_can_be_stopped(qtbot: QtBot, queries: FakeQueries) -> None:
    bus = Bus()
    panel = make(qtbot, queries, bus=bus, tasks=Tasks(bus))
    clock = panel._clock
    assert isinstance(clock, Clock)
    queries.gate = asyncio.Event()
    run(panel)
    assert (panel.running, panel.run_button.isEnabled(), panel.stop_button.isEnabled()) == (True, False, True)
    clock.now += 3.4
    await until(lambda: panel.message.text == "The query is running.")
    assert (note(panel), panel.message.button.text()) == ("Running for 3.4 s", "Stop")
    panel.run()  # one at a time
    await asyncio.sleep(0)
    assert len(queries.asked) == 1
    panel.message.button.click()
    assert (panel.running, panel.message.text) == (False, "Stopped after 3.4 s.")
    queries.gate.set()
    await asyncio.sleep(0)
    assert shown(panel) == []
    run(panel)
    await until(lambda: not panel.running)
    assert shown(panel)[0] == ["AAPL", "214.5"]


async def test_escape_stops_and_closing_does_too(qtbot: QtBot, queries: FakeQueries) -> None:
    bus = Bus()
    panel = make(qtbot, queries, bus=bus, tasks=Tasks(bus))
    queries.gate = asyncio.Event()
    panel.activateWindow()
    panel.editor.setFocus()
    await until(panel.editor.hasFocus)
    run(panel)
    qtbot.keyClick(panel.editor, Qt.Key.Key_Escape)
    assert panel.message.text.startswith("Stopped after")
    run(panel)
    panel.close_panel()
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    queries.gate.set()
    await asyncio.sleep(0)
    assert shown(panel) == []


# ------------------------------------------------------------------------------------------ cells


def test_cells_are_shown_as_stored(panel: SqlPanel, queries: FakeQueries) -> None:
    values = (214.0, 7, "two\nlines", None, b"x" * 12_345, "x" * 400)
    queries.answer = QueryAnswer(("a", "b", "c", "d", "e", "f"), [values], 0.1)
    run(panel)
    assert shown(panel) == [["214.0", "7", "two ↵ lines", "–", "12,345 bytes", "x" * 300 + "…"]]
    model, role = panel.table.model(), Qt.ItemDataRole.TextAlignmentRole
    right = [bool(model.index(0, column).data(role) & Qt.AlignmentFlag.AlignRight) for column in range(6)]
    assert right == [True, True, False, False, False, False]
    assert model.headerData(0, Qt.Orientation.Horizontal, role) & Qt.AlignmentFlag.AlignRight


@pytest.mark.parametrize(
    ("column", "value", "words"),
    [
        ("start_ms", 1_795_193_162_004, "Fri 20 Nov 2026 11:46:02.004 ET"),
        ("received_us", 1_795_193_162_000_004, "Fri 20 Nov 2026 11:46:02.000004 ET"),
        ("max(start_ms)", 1_795_193_162_000, "Fri 20 Nov 2026 11:46:02.000 ET"),
        ("quote_time", 1_795_193_162_000, "Fri 20 Nov 2026 11:46:02.000 ET"),
        ("volume", 1_795_193_162_000, ""),
        ("gap_ms", 3_600_000, ""),
        ("text", "<b>a text that is longer than a cell is wide</b>", "&lt;b&gt;a text"),
        ("text", "short", ""),
    ],
)
def test_pointing_at_a_cell_adds_what_is_not_seen(column: str, value: int | str, words: str) -> None:
    assert words in tip(column, value) if words else tip(column, value) == ""


def test_a_dash_is_nothing_and_zero_is_zero() -> None:
    assert (cell(None), cell(0), cell("")) == ("–", "0", "")


def test_cells_are_copied_with_and_without_their_header(qtbot: QtBot, panel: SqlPanel, queries: FakeQueries) -> None:
    queries.answer = QueryAnswer(("a", "b", "c"), [(1, "x\ty", None), (2, "z", b"\x01\xff")], 0.1)
    run(panel)
    assert not panel.copy_button.isEnabled()
    select(panel, (0, 0), (0, 1), (1, 2))
    panel.copy_button.click()
    assert QGuiApplication.clipboard().text() == "1\tx y\t\n\t\t01ff"
    panel.activateWindow()
    panel.table.setFocus()
    qtbot.waitUntil(panel.table.hasFocus)
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    qtbot.keyClick(panel.table, Qt.Key.Key_C, both)
    assert QGuiApplication.clipboard().text() == "a\tb\tc\n1\tx y\t\n\t\t01ff"


# ------------------------------------------------------------------------------------------ export


def test_all_rows_of_the_query_that_is_shown_are_exported(
    panel: SqlPanel, queries: FakeQueries, tmp_path: Path
) -> None:
    notices: list[Notice] = []
    panel._ports.bus.listen(Notice, notices.append)
    run(panel, "SELECT 1")
    panel.editor.put("SELECT 2")  # which has not been run
    panel.export_to(tmp_path / "out.csv")
    assert queries.exported == [("SELECT 1", tmp_path / "out.csv")]
    assert note(panel) == "Wrote 1,200 rows to out.csv."
    assert [(each.level, each.sentence) for each in notices] == [(Level.INFO, "Wrote 1,200 rows to out.csv.")]
    assert shown(panel) == [["AAPL", "214.5"], ["MSFT", "–"]]


def test_an_export_that_fails_leaves_the_answer_and_says_why(
    panel: SqlPanel, queries: FakeQueries, tmp_path: Path
) -> None:
    run(panel)
    queries.failure = Unusable("out.csv cannot be written: No space left on device.")
    panel.export_to(tmp_path / "out.csv")
    assert note(panel) == "out.csv cannot be written: No space left on device."
    assert shown(panel) == [["AAPL", "214.5"], ["MSFT", "–"]]


async def test_an_export_tells_how_far_it_is_and_can_be_stopped(
    qtbot: QtBot, queries: FakeQueries, tmp_path: Path
) -> None:
    bus = Bus()
    panel = make(qtbot, queries, bus=bus, tasks=Tasks(bus))
    run(panel)
    await until(lambda: not panel.running)
    queries.gate = asyncio.Event()
    panel.export_to(tmp_path / "out.csv")
    await until(lambda: note(panel) == "Writing: 500 rows so far")
    panel.stop_button.click()
    assert note(panel) == "The export was stopped; no file was written."
    assert shown(panel) == [["AAPL", "214.5"], ["MSFT", "–"]]


def test_the_file_is_proposed_where_the_last_export_went(panel: SqlPanel, tmp_path: Path) -> None:
    panel._ports.preferences.set("export/folder", str(tmp_path))
    run(panel)
    panel.export_button.click()
    [chooser] = panel.findChildren(QFileDialog)
    assert chooser.selectedFiles() == [str(tmp_path / "query-SANDBOX.csv")]
    chooser.reject()


# ------------------------------------------------------------------------------------------ writing a query


def test_tables_and_columns_are_listed_and_written_by_a_double_click(panel: SqlPanel) -> None:
    tables = [panel.tables.topLevelItem(row) for row in range(panel.tables.topLevelItemCount())]
    assert [table.text(0) for table in tables] == ["quote", "trade"]
    assert [(tables[0].child(row).text(0), tables[0].child(row).text(1)) for row in (1, 2)] == [
        ("received_us", "integer"),
        ("bid", "any"),
    ]
    panel.editor.put("SELECT")
    panel.editor.moveCursor(QTextCursor.MoveOperation.End)
    panel.tables.itemDoubleClicked.emit(tables[0].child(2), 0)
    panel.editor.insertPlainText(" FROM ")
    panel.tables.itemDoubleClicked.emit(tables[0], 0)
    assert panel.editor.toPlainText() == "SELECT bid FROM quote"


def test_enter_writes_the_name_too(qtbot: QtBot, panel: SqlPanel) -> None:
    panel.activateWindow()
    panel.tables.setFocus()
    qtbot.waitUntil(panel.tables.hasFocus)
    panel.tables.setCurrentItem(panel.tables.topLevelItem(1))
    qtbot.keyClick(panel.tables, Qt.Key.Key_Return)
    assert panel.editor.toPlainText() == "trade"
    assert panel.editor.hasFocus()


def test_tables_that_could_not_be_read_are_read_when_it_is_seen_again(qtbot: QtBot, queries: FakeQueries) -> None:
    queries.failure = StoreUnavailable("The database does not answer.")
    panel = make(qtbot, queries)
    assert panel.tables.topLevelItemCount() == 0
    queries.failure = None
    panel.hide()
    panel.show()
    assert panel.tables.topLevelItemCount() == 2


def test_an_example_is_put_after_what_is_written(panel: SqlPanel, queries: FakeQueries) -> None:
    panel.editor.put("SELECT 1")
    panel.examples_button.menu().actions()[0].trigger()
    assert panel.editor.toPlainText() == f"SELECT 1;\n\n{EXAMPLES[0][1]}"
    panel.run()
    assert queries.asked == [EXAMPLES[0][1].rstrip(";")]


async def test_every_example_can_be_asked(tmp_path: Path) -> None:
    store = open_store(tmp_path / "monitor.db", sandbox=True, on_trouble=lambda _: None)
    for _, sql in EXAMPLES:
        assert (await store.queries.ask(sql)).columns
    await store.close()


def test_queries_come_back_with_ctrl_up_and_down(qtbot: QtBot, panel: SqlPanel) -> None:
    for sql in ("SELECT 1", "SELECT 2", "SELECT 1"):
        run(panel, sql)
    panel.editor.put("a draft")
    control = Qt.KeyboardModifier.ControlModifier
    seen = []
    for key in (Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Down, Qt.Key.Key_Down):
        qtbot.keyClick(panel.editor, key, control)
        seen.append(panel.editor.toPlainText())
    assert seen == ["SELECT 1", "SELECT 2", "SELECT 2", "SELECT 1", "a draft", "a draft"]


def test_the_history_and_the_text_are_there_in_the_next_run(qtbot: QtBot, queries: FakeQueries) -> None:
    preferences = FakePreferences()
    panel = make(qtbot, queries, preferences=preferences)
    assert not panel.history_button.isEnabled()
    run(panel, "SELECT 1 & 2")
    panel.editor.put("-- not run yet")
    panel.close_panel()
    again = make(qtbot, queries, preferences=preferences)
    assert again.editor.toPlainText() == "-- not run yet"
    again.history_button.menu().aboutToShow.emit()
    [action] = again.history_button.menu().actions()
    assert action.text() == "SELECT 1 && 2"
    action.trigger()
    assert again.editor.toPlainText() == "SELECT 1 & 2"


def test_the_parts_are_as_wide_as_they_were(qtbot: QtBot, queries: FakeQueries) -> None:
    preferences = FakePreferences()
    panel = make(qtbot, queries, preferences=preferences)
    panel._body.setSizes([300, 300, 800])
    widths = panel._body.sizes()
    panel.close_panel()
    again = make(qtbot, queries, preferences=preferences)
    assert again._body.sizes() == widths


def test_the_history_keeps_the_newest(queries: FakeQueries) -> None:
    preferences = FakePreferences()
    history = History(preferences)
    for number in range(KEPT + 5):
        history.add(f"SELECT {number}")
    history.add("x" * 50_000)
    assert History(preferences).entries == [f"SELECT {number}" for number in range(KEPT + 4, 4, -1)]


@pytest.mark.parametrize("kept", ["{", '{"a": 1}', "[1, null]", ""])
def test_a_history_that_somebody_spoiled_is_empty(kept: str) -> None:
    preferences = FakePreferences()
    preferences.set("sql/history", kept)
    assert History(preferences).entries == []


def test_words_of_sql_are_coloured_also_over_several_lines(panel: SqlPanel) -> None:
    panel.editor.put("SELECT 'a\nb' AS x /* c\nd */ FROM y")
    assert coloured(panel) == [
        [("SELECT", "accent"), ("'a", "green")],
        [("b'", "green"), ("AS", "accent"), ("/* c", "dim")],
        [("d */", "dim"), ("FROM", "accent")],
    ]

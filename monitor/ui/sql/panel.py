"""The SQL panel: tables, a query, and its answer, which can be stopped, copied and exported; nothing can be written."""

import time
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QByteArray, Qt, QTimer
from PySide6.QtGui import QAction, QKeySequence, QShortcut
from PySide6.QtWidgets import QMenu, QSplitter, QStackedWidget, QToolButton

from monitor.errors import MonitorError
from monitor.live.events import Level, Notice
from monitor.ports import BadQuery, QueryAnswer, file_name
from monitor.ui.export.job import export_folder
from monitor.ui.icons import wear
from monitor.ui.message import Message
from monitor.ui.panel import Panel, named
from monitor.ui.sql.answer import AnswerTable
from monitor.ui.sql.editor import SqlEditor
from monitor.ui.sql.examples import EXAMPLES
from monitor.ui.sql.history import History
from monitor.ui.sql.phrases import counted, outcome, place, seconds
from monitor.ui.sql.tables import TableList
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.work_dialog import CSV, choose_file

TASK, TABLES_TASK = "SQL query", "SQL tables"
_TEXT, _SHARES = "sql/text", "sql/shares"
_LONGEST_KEPT = 100_000
_TICK_MS = 250
_WELCOME = "Write a query and press Ctrl+Enter, or take one from Examples. Queries only read; nothing can be changed."
_NOTHING_WRITTEN = "There is no query where the cursor stands."


class SqlPanel(Panel):
    """One query at a time; what is shown stays until the next one ends."""

    def __init__(self, ports: ViewPorts, theme: Theme, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__("SQL")
        self._ports = ports
        self._clock = clock
        self._began: float | None = None
        self._doing = ""
        self._shown_sql = ""
        self._tables_known = False
        self.history = History(ports.preferences)
        self.tables = TableList(theme)
        self.editor = SqlEditor(theme)
        self.table = AnswerTable(theme)
        self.message = Message(self)
        self.examples_button = named(QToolButton(), "link")
        self.history_button = named(QToolButton(), "link")
        self.run_button, self.stop_button = QToolButton(), QToolButton()
        self.copy_button, self.export_button = QToolButton(), QToolButton()
        self._body = QSplitter(Qt.Orientation.Horizontal)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.message)
        self._pages.addWidget(self.table)
        self._lay_out()
        self._set_up_header(theme)
        self._set_up_keys()
        self._timer = QTimer(self, interval=_TICK_MS)
        self._timer.timeout.connect(self._tick)
        self.editor.setPlainText(ports.preferences.get(_TEXT))
        self.sight_changed.connect(self._load_tables)
        self._say(_WELCOME)
        self._show_doing("")

    @property
    def running(self) -> bool:
        """Whether a query or an export is under way."""
        return bool(self._doing)

    def run(self) -> None:
        """Ask what is selected in the editor, or the statement that the cursor stands in."""
        if self.running:
            return
        sql, offset = self.editor.question()
        if not sql.strip():
            self.set_note(_NOTHING_WRITTEN, doubtful=True)
            return
        self.history.add(sql.strip())
        self._keep_text()
        self._show_doing("Running")
        self._ports.tasks.start(TASK, self._ask(sql, offset))

    def stop(self) -> None:
        """End the query or export that is under way."""
        if not self.running:
            return
        export, took = self._doing != "Running", self._elapsed()
        self._ports.tasks.cancel(TASK)
        self._show_doing("")
        if export:
            self.set_note("The export was stopped; no file was written.")
        else:
            self._show_nothing(f"Stopped after {took}.")

    def export_to(self, path: Path) -> None:
        """Run the query of the answer once more, and write all of its rows to a CSV file."""
        if self.running or not self._shown_sql:
            return
        self._show_doing("Writing")
        self._ports.tasks.start(TASK, self._export(self._shown_sql, path))

    def close_panel(self) -> None:
        """Keep what is written and how wide its parts are, and end what is under way."""
        self._keep_text()
        self._ports.preferences.set_bytes(_SHARES, bytes(self._body.saveState().data()))
        self._timer.stop()
        self._ports.tasks.cancel(TASK)

    # ------------------------------------------------------------------ asking

    async def _ask(self, sql: str, offset: int) -> None:
        try:
            answer = await self._ports.queries.ask(sql)
        except BadQuery as error:
            self._show_doing("")
            unchanged = self.editor.toPlainText()[offset : offset + len(sql)] == sql
            where = offset + error.offset if unchanged and error.offset is not None else None
            self._show_mistake(error.sentence, where)
        except MonitorError as error:
            self._show_doing("")
            self._show_nothing(error.sentence)
        else:
            self._show_doing("")
            self._show_answer(sql, answer)

    async def _export(self, sql: str, path: Path) -> None:
        try:
            result = await self._ports.queries.export(sql, path, self._show_written)
        except MonitorError as error:
            self._show_doing("")
            self.set_note(error.sentence, doubtful=True)
            self._ports.bus.publish(Notice(Level.ERROR, error.sentence, error.detail))
        else:
            self._show_doing("")
            sentence = f"Wrote {counted(result.rows)} to {result.path.name}."
            self.set_note(sentence)
            self._ports.preferences.set("export/folder", str(result.path.parent))
            self._ports.bus.publish(Notice(Level.INFO, sentence, str(result.path)))

    def _load_tables(self) -> None:
        if self.in_sight and not self._tables_known:
            self._ports.tasks.start(TABLES_TASK, self._take_tables())

    async def _take_tables(self) -> None:
        self.tables.put(await self._ports.queries.tables())
        self._tables_known = True

    # ------------------------------------------------------------------ what is shown

    def _show_answer(self, sql: str, answer: QueryAnswer) -> None:
        self._shown_sql = sql
        self.table.put(answer.columns, answer.rows)
        self.set_note(*outcome(answer), doubtful=answer.truncated)
        if answer.rows:
            self._pages.setCurrentWidget(self.table)
        else:
            self._say("The query found no rows.")
        self._show_usable()

    def _show_mistake(self, sentence: str, offset: int | None) -> None:
        if offset is not None:
            text = self.editor.toPlainText()
            sentence = f"{sentence.rstrip('.')}, at {place(text, offset)}."
            self.editor.mark(offset)
        self._show_nothing(sentence)

    def _show_nothing(self, sentence: str) -> None:
        """A sentence in the place of an answer."""
        self._shown_sql = ""
        self.table.put((), ())
        self.set_note("")
        self._say(sentence)
        self._show_usable()

    def _say(self, sentence: str, button: str = "", act: Callable[[], object] | None = None) -> None:
        self.message.say(sentence, button, act)
        self._pages.setCurrentWidget(self.message)

    def _show_doing(self, doing: str) -> None:
        """``doing`` is Running or Writing, or nothing."""
        self._doing = doing
        self._began = self._clock() if doing else None
        if doing:
            self._timer.start()
            self.set_note(f"{doing}…")
        else:
            self._timer.stop()
        self._show_usable()

    def _tick(self) -> None:
        """What takes longer than a moment says so, with a way to end it."""
        if self._doing == "Running":
            self.set_note(f"Running for {self._elapsed()}")
            if self._pages.currentWidget() is not self.message or not self.message.button.isVisible():
                self._say("The query is running.", "Stop", self.stop)

    def _show_written(self, rows: int) -> None:
        if self._doing == "Writing":
            self.set_note(f"Writing: {counted(rows)} so far")

    def _show_usable(self) -> None:
        there = bool(self._shown_sql) and not self.running
        self.run_button.setEnabled(not self.running)
        for each in (self.stop_button, self._escape):
            each.setEnabled(self.running)
        self.export_button.setEnabled(there)
        self.copy_button.setEnabled(self.table.selectionModel().hasSelection())
        self.history_button.setEnabled(bool(self.history.entries))

    def _elapsed(self) -> str:
        return seconds(0.0 if self._began is None else self._clock() - self._began)

    # ------------------------------------------------------------------ the editor's text

    def _keep_text(self) -> None:
        text = self.editor.toPlainText()
        if len(text) <= _LONGEST_KEPT:
            self._ports.preferences.set(_TEXT, text)

    def _take_example(self, action: QAction) -> None:
        self.editor.add(action.data())
        self.editor.setFocus()

    def _take_past(self, action: QAction) -> None:
        self.editor.put(action.data())
        self.editor.setFocus()

    def _offer_history(self) -> None:
        menu = self.history_button.menu()
        menu.clear()
        for sql in self.history.entries:
            line = " ".join(sql.split()).replace("&", "&&")
            action = menu.addAction(line if len(line) <= 90 else line[:90] + "…")
            action.setData(sql)

    # ------------------------------------------------------------------ the file

    def _choose_file(self) -> None:
        if not self.export_button.isEnabled():
            return
        proposed = export_folder(self._ports.preferences) / file_name("query", self._ports.profile.sandbox)
        choose_file(self, "Export the query's rows", proposed, CSV, self._take_file)

    def _take_file(self, name: str) -> None:
        self.export_to(Path(name))

    # ------------------------------------------------------------------ how it is built

    def _lay_out(self) -> None:
        body = self._body
        body.setChildrenCollapsible(False)
        body.setHandleWidth(1)
        for part, width, share in ((self.tables, 200, 0), (self.editor, 520, 2), (self._pages, 780, 3)):
            body.addWidget(part)
            body.setStretchFactor(body.count() - 1, share)
            part.setMinimumWidth(min(width, 140))
        body.setSizes([200, 520, 780])
        body.restoreState(QByteArray(self._ports.preferences.get_bytes(_SHARES)))
        self.tables.chosen.connect(self._insert)
        self.table.selected.connect(self._show_usable)
        self.table.export_wanted.connect(self._choose_file)
        self.set_body(body)

    def _insert(self, name: str) -> None:
        self.editor.insert(name)
        self.editor.setFocus()

    def _set_up_header(self, theme: Theme) -> None:
        for button, words, take in (
            (self.examples_button, "Examples", self._take_example),
            (self.history_button, "History", self._take_past),
        ):
            menu = QMenu(button)
            menu.triggered.connect(take)
            button.setText(f"{words} ▾")
            button.setAccessibleName(words)
            button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
            button.setMenu(menu)
            self.header_row.addWidget(button)
        self.examples_button.setToolTip("Queries to begin with; one is put after what is written")
        self.history_button.setToolTip("Queries that were run, newest first (Ctrl+Up, Ctrl+Down in the query)")
        for title, sql in EXAMPLES:
            self.examples_button.menu().addAction(title).setData(sql)
        self.history_button.menu().aboutToShow.connect(self._offer_history)
        for button, icon, tip, do in (
            (self.run_button, "run", "Run the selected text, or the statement at the cursor (Ctrl+Enter)", self.run),
            (self.stop_button, "stop", "Stop (Esc)", self.stop),
            (self.copy_button, "copy", "Copy the selected cells (Ctrl+C)", self.table.copy),
            (self.export_button, "export", "Export all rows of the query to a CSV file", self._choose_file),
        ):
            button.setToolTip(tip)
            button.setAccessibleName(tip.split(" (")[0])
            button.clicked.connect(do)
            wear(button, icon, theme, "accent" if icon == "run" else "dim")
            self.header_row.addWidget(button)

    def _set_up_keys(self) -> None:
        for keys in ("Ctrl+Return", "Ctrl+Enter"):
            self._key(keys, self.run)
        self._escape = self._key("Esc", self.stop)
        self.editor.older.connect(lambda: self.editor.put(self.history.older(self.editor.toPlainText())))
        self.editor.newer.connect(lambda: self.editor.put(self.history.newer(self.editor.toPlainText())))

    def _key(self, keys: str, do: Callable[[], object]) -> QShortcut:
        shortcut = QShortcut(QKeySequence(keys), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(do)
        return shortcut

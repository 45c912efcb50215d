"""The health panel: a table of services, the lines beside it, restarts, and the report. It asks only while it shows."""

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QStackedWidget, QTableView, QToolButton, QWidget

from monitor.ports import ConnectionHealth, StreamPhase
from monitor.ui.cells import dress
from monitor.ui.health.aside import Aside
from monitor.ui.health.delegate import HealthDelegate
from monitor.ui.health.model import RESTART, STATE, HealthModel
from monitor.ui.health.names import name_of
from monitor.ui.health.phrases import lines
from monitor.ui.health.sheet import ReportSheet
from monitor.ui.icons import icon, wear
from monitor.ui.message import Message
from monitor.ui.panel import Panel, named
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

REFRESH_MS = 500
#: Wide enough for the longest figure, so that columns do not dance.
_WIDTHS = (168, 0, 56, 72, 72, 64, 60, 64, 48, 30)


class HealthPanel(Panel):
    """Twice a second while it can be seen it shows how things are; hidden it asks nobody anything."""

    def __init__(self, ports: ViewPorts, theme: Theme) -> None:
        super().__init__("Health")
        self._ports = ports
        self._theme = theme
        self.model = HealthModel(theme)
        self.table = QTableView()
        self.message = Message(self)
        self.aside = Aside()
        self.restart_button = QToolButton()
        self.report_button = QToolButton()
        self.restart_buttons: dict[str, QToolButton] = {}
        self._left = QStackedWidget()
        self._left.addWidget(self.table)
        self._left.addWidget(self.message)
        self._set_up_header()
        self._set_up_table()
        body = QWidget()
        row = QHBoxLayout(body)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._left, 1)
        row.addWidget(self.aside)
        self.set_body(body)
        self._timer = QTimer(self, interval=REFRESH_MS)
        self._timer.timeout.connect(self._tick)
        self._theme.changed.connect(self._dress_buttons)

    def refresh(self) -> None:
        """Ask for every figure, and show what changed."""
        ports = self._ports
        services, connection = ports.health.services(), ports.health.connection()
        if self.model.show(services):
            self._make_restart_buttons()
        self.aside.show_lines(
            lines(
                connection,
                ports.meters.store(),
                ports.health.process(),
                ports.watching.refused,
                ports.meters.now_ms(),
            )
        )
        if services:
            self._left.setCurrentWidget(self.table)
        else:
            self._say_why_empty(connection)
            self._left.setCurrentWidget(self.message)
        troubled = sum(not service.ok for service in services)
        self.set_note(f"{troubled} of {len(services)} services not as they should be" if troubled else "")

    def open_report(self) -> ReportSheet:
        """Show the report, to be copied."""
        sheet = ReportSheet(self._ports.health.report(), self)
        sheet.open()
        return sheet

    def close_panel(self) -> None:
        """Ask nobody any more."""
        self._timer.stop()

    # ------------------------------------------------------------------------------------------ what is shown

    def _tick(self) -> None:
        if not self.window().isMinimized():
            self.refresh()

    def _say_why_empty(self, connection: ConnectionHealth) -> None:
        if connection.phase is StreamPhase.TAKEN:
            self.message.say(connection.sentence, "Take it back", self._ports.watching.take_back)
        elif connection.phase in (StreamPhase.LIVE, StreamPhase.QUIET):
            self.message.say("Connected, and nothing is asked for yet.")
        else:
            self.message.say(connection.sentence or "Nothing is streamed.")

    def _make_restart_buttons(self) -> None:
        """A button a row; those of rows that are gone went with them."""
        self.restart_buttons = {}
        for row, service in enumerate(self.model.names):
            button = named(QToolButton(), "quiet")
            words = f"Restart {name_of(service)}: ask for its symbols anew"
            button.setToolTip(words)
            button.setAccessibleName(words)
            button.clicked.connect(lambda _=False, service=service: self._ports.health.restart(service))
            self.restart_buttons[service] = button
            self.table.setIndexWidget(self.model.index(row, RESTART), button)
        self._dress_buttons()

    def _dress_buttons(self) -> None:
        # Not worn like other icons: these buttons do not live as long as the theme.
        for button in self.restart_buttons.values():
            button.setIcon(icon("reload", self._theme.colours.dim))

    # ------------------------------------------------------------------------------------------ how it is built

    def _set_up_header(self) -> None:
        for button, drawing, words in (
            (self.restart_button, "reload", "Restart the stream: make a new connection"),
            (self.report_button, "copy", "Copy report…"),
        ):
            wear(button, drawing, self._theme)
            button.setToolTip(words)
            button.setAccessibleName(words)
            self.header_row.addWidget(button)
        self.restart_button.clicked.connect(lambda: self._ports.health.restart())
        self.report_button.clicked.connect(self.open_report)

    def _set_up_table(self) -> None:
        table = self.table
        table.setModel(self.model)
        dress(table, self._theme)
        table.setItemDelegate(HealthDelegate(self._theme, table))
        table.setObjectName("health")
        table.setAccessibleName("Health of the stream's services")
        header = table.horizontalHeader()
        for column, width in enumerate(_WIDTHS):
            mode = QHeaderView.ResizeMode.Stretch if column == STATE else QHeaderView.ResizeMode.Fixed
            header.setSectionResizeMode(column, mode)
            if width:
                header.resizeSection(column, width)

    # ------------------------------------------------------------------------------------------ Qt's events

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.refresh()
        self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self._timer.stop()

"""The main window: docks, menus, tool bar, messages and status, joined by link groups."""

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QApplication, QDialog, QLabel, QMainWindow, QStatusBar, QTabWidget, QVBoxLayout, QWidget

from monitor.live.events import AlertFired, Level, Notice, SignInChanged, StreamChanged
from monitor.market.bar import Interval
from monitor.ports import StreamPhase, Wanted
from monitor.ui.actions import ACTIVITY, Actions
from monitor.ui.alert_sound import AlertSound
from monitor.ui.audit.panel import AuditPanel
from monitor.ui.book.panel import BookPanel
from monitor.ui.chains.sheet import ChainSheet
from monitor.ui.chart.grid import ChartGrid
from monitor.ui.chart.panel import ChartPanel
from monitor.ui.chart_commands import ChartCommands
from monitor.ui.colours_menu import ColoursMenu
from monitor.ui.data.panel import DataPanel
from monitor.ui.database.entries import DatabaseEntries
from monitor.ui.details.panel import DetailsPanel
from monitor.ui.docks import DockArea, PanelDock
from monitor.ui.export.exporting import Exporting
from monitor.ui.health.panel import HealthPanel
from monitor.ui.help import About, KeyList
from monitor.ui.link import Link
from monitor.ui.link_groups import LinkGroups
from monitor.ui.log.panel import LogPanel
from monitor.ui.message_bar import MessageBar
from monitor.ui.movers.panel import MoversPanel
from monitor.ui.panel import Panel, named
from monitor.ui.planner.planning import Planning
from monitor.ui.raw_frames import RawFrames
from monitor.ui.requests.panel import RequestsPanel
from monitor.ui.sign_out import SignOutDialog
from monitor.ui.signin.dialog import SignInDialog
from monitor.ui.sql.panel import SqlPanel
from monitor.ui.status.bar import StatusFields
from monitor.ui.storage.sheet import StorageSheet
from monitor.ui.stream_hours import StreamHours
from monitor.ui.tape.panel import TapePanel
from monitor.ui.theme import Theme
from monitor.ui.toolbar import ToolBar
from monitor.ui.typed import IntervalEntry, hear_typing
from monitor.ui.view_ports import ViewPorts
from monitor.ui.watchlist.panel import WatchlistPanel

_SIZE = (1600, 900)
#: What a desktop puts around a window, at most.
_FRAME = QSize(16, 40)


class MainWindow(QMainWindow):
    """Everything a trader sees.

    ``sign_in_hosts`` are the only hosts that the sign-in page may reach. Without ``keep_layout`` the default workspace
    is shown and whatever becomes of it is forgotten: for runs that nobody sits in front of. ``world_wanted`` is told
    when the person wants the other world: True for the sandbox, False for a real account.
    """

    closed = Signal()
    world_wanted = Signal(bool)

    def __init__(
        self, ports: ViewPorts, theme: Theme, sign_in_hosts: Sequence[str] = (), keep_layout: bool = True
    ) -> None:
        super().__init__()
        self._keep_layout = keep_layout
        self._ports, self._theme = ports, theme
        self._hosts = tuple(sign_in_hosts)
        self._laid_out = False
        theme.restore(ports.preferences)
        self.setWindowTitle("Market Monitor — SANDBOX" if ports.profile.sandbox else "Market Monitor")
        self.links = LinkGroups(ports.preferences, keep_layout, self)
        self.watchlist = WatchlistPanel(ports, self.links.link("watchlist"), theme)
        self.charts = ChartGrid(ports, self.links, theme, keep_layout)
        self.book = BookPanel(ports, self.links.link("book"), theme)
        self.tape = TapePanel(ports, self.links.link("tape"), theme)
        self.movers = MoversPanel(ports, self.links.link("movers"), theme)
        self.details = DetailsPanel(ports, self.links.link("details"), theme)
        self.data = DataPanel(ports, theme, self.watchlist.symbols)
        self.log = LogPanel(ports, theme)
        self.audit = AuditPanel(ports, theme)
        self.health = HealthPanel(ports, theme)
        self.requests = RequestsPanel(ports, theme)
        self.sql = SqlPanel(ports, theme)
        self.commands = Actions(self, theme, ports.profile.sandbox)
        self.toolbar = ToolBar(
            ports,
            theme,
            [self.commands.add_symbol, self.commands.download, self.commands.export_chart],
            self.commands.layouts,
            self.commands.colours,
        )
        self.status = StatusFields(ports, theme)
        self.messages = MessageBar(ports.bus, theme)
        self.interval_entry = IntervalEntry(self)
        self.planning = Planning(ports, theme, self.watchlist, self)
        self.exporting = Exporting(ports, self.charts, self.watchlist, self)
        self.chart_commands = ChartCommands(
            ports, self.charts, self.watchlist, self.commands, self.toolbar, self.interval_entry, self
        )
        self._area = self._make_docks()
        self._fill_frame()
        self._connect()
        self._start()

    # ------------------------------------------------------------------------------------------ what others call

    @property
    def chart(self) -> ChartPanel:
        """The chart in focus."""
        return self.charts.focused

    @property
    def link(self) -> Link:
        """That of the chart in focus."""
        return self.chart.link

    def go_to(self, symbol: str) -> None:
        """Show ``symbol`` on the chart in focus and in every panel that is linked with it."""
        self.link.choose(symbol)

    def set_interval(self, interval: Interval) -> None:
        """Show bars of ``interval`` on the chart in focus."""
        self.chart_commands.set_interval(interval)

    def open_sign_in(self) -> SignInDialog:
        """Open the sign-in at its first unsettled step."""
        dialog = self._make_sign_in()
        dialog.start()
        return dialog

    def open_key_change(self) -> SignInDialog:
        """Open the sign-in at the developer key."""
        dialog = self._make_sign_in()
        dialog.start(change_key=True)
        return dialog

    def open_chains(self) -> ChainSheet:
        """Open the sheet on option snapshots, the linked symbol proposed."""
        sheet = ChainSheet(self._ports, self._theme, self.link.symbol, self)
        sheet.plan_wanted.connect(self.planning.open_on)
        sheet.open()
        return sheet

    def open_storage(self) -> StorageSheet:
        """Open the sheet on what is kept, where and for how long."""
        sheet = StorageSheet(self._ports, self)
        sheet.open()
        return sheet

    def reset_layout(self) -> None:
        """Bring every panel back to its place in the default workspace."""
        self._area.arrange()
        self.chart.setFocus()  # which hiding and showing has sent astray

    def fit_screen(self) -> None:
        """Fill a screen that is too small for the window with its frame: the status bar must be in sight."""
        fitting = self.size().boundedTo(self.screen().availableGeometry().size() - _FRAME)
        if fitting != self.size():
            self.resize(fitting)
            self.setWindowState(self.windowState() | Qt.WindowState.WindowMaximized)

    # ------------------------------------------------------------------------------------------ how it is built

    def _make_docks(self) -> DockArea:
        def dock(panel: Panel, title: str) -> PanelDock:
            return PanelDock(panel, title, self._theme, self)

        self.setDockNestingEnabled(True)
        self.setTabPosition(Qt.DockWidgetArea.AllDockWidgetAreas, QTabWidget.TabPosition.North)
        below = (
            *((self.movers, "Movers"), (self.details, "Details"), (self.data, "Data"), (self.log, "Log")),
            *((self.health, "Health"), (self.requests, "Requests"), (self.audit, "Audit"), (self.sql, "SQL")),
        )
        return DockArea(
            self,
            watchlist=dock(self.watchlist, "Watchlist"),
            chart=dock(self.charts, "Chart"),
            book=dock(self.book, "Level 2"),
            tape=dock(self.tape, "Time and sales"),
            below=[dock(panel, title) for panel, title in below],
            front=self.data,
        )

    def _fill_frame(self) -> None:
        self.commands.fill(self.menuBar(), self._area.docks)
        self.commands.recipes.aboutToShow.connect(lambda: self.exporting.fill(self.commands.recipes))
        self._raw_frames = RawFrames(self.commands.raw_frames, self._ports.frames, self._ports.bus, self)
        DatabaseEntries(self.commands.back_up, self.commands.check_database, self._ports, self)
        palettes = ColoursMenu(self._theme, self._ports.preferences, self)
        self.commands.menus["View"].insertMenu(self.commands.full_screen, palettes)
        self.commands.menus["Data"].addSeparator()
        self.commands.menus["Data"].addMenu(StreamHours(self._ports.preferences, self))
        self.commands.menus["Data"].aboutToShow.connect(self._raw_frames.show_state)
        if self._ports.profile.sandbox:
            self._banner = named(QLabel("SANDBOX"), "sandboxBanner")
            self._banner.setToolTip("A simulated market on this machine; nothing here is real.")
            self.menuBar().setCornerWidget(self._banner)
        self.addToolBar(self.toolbar)
        foot = QWidget()
        column = QVBoxLayout(foot)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.messages)
        column.addWidget(self.status)
        bar = QStatusBar()
        bar.setSizeGripEnabled(False)
        bar.setContentsMargins(0, 0, 0, 0)
        bar.addWidget(foot, 1)
        self.setStatusBar(bar)

    def _connect(self) -> None:
        act = self.commands
        for action, do in (
            (act.export_chart, self.exporting.open_chart),
            (act.export_watchlist, self.exporting.open_watchlist),
            (act.export_recorded, self.exporting.open_recorded),
            (act.import_bars, lambda: self.exporting.open_import(self.data.load)),
            (act.chains, self.open_chains),
            (act.planner, lambda: self.planning.open()),
            (act.storage, self.open_storage),
            (act.sign_in, self.open_sign_in),
            (act.change_key, self.open_key_change),
            (act.sign_out, self._ask_to_sign_out),
            (act.other_world, self._change_world),
            (act.quit, self.close),
            (act.colours, self._switch_colours),
            (act.reset_layout, self.reset_layout),
            (act.gap_map, self._show_data),
            (act.take_back, self._ports.watching.take_back),
            (act.restart_stream, self._restart_stream),
            (act.keys, self._show_keys),
            (act.about, self._show_about),
        ):
            action.triggered.connect(do)
        act.activity.toggled.connect(self._want_activity)
        act.full_screen.toggled.connect(self._show_full_screen)
        for panel in (self.charts, self.movers, self.details):
            panel.sign_in_wanted.connect(self.open_sign_in)
        self.movers.watch_wanted.connect(self.watchlist.add_symbol)
        self.movers.chart_wanted.connect(self._show_chart)
        self.status.sign_in_wanted.connect(self.open_sign_in)
        self.status.health_wanted.connect(self._show_health)
        self.status.requests_wanted.connect(self._show_requests)
        self.messages.details_wanted.connect(self._show_log)
        self.messages.moving.connect(self._area.hold)
        self.messages.sign_in_wanted.connect(self.open_sign_in)
        self._stops = (
            self._ports.bus.listen(SignInChanged, lambda _: self._show_sign_in()),
            self._ports.bus.listen(StreamChanged, self._take_stream),
            self._ports.bus.listen(AlertFired, lambda _: QApplication.alert(self)),
            AlertSound(self.commands.alert_sound, self._ports.preferences, self._ports.bus, parent=self).stop,
        )
        self.watchlist.lists.changed.connect(self.data.load)
        self.data.symbol_chosen.connect(self.go_to)
        hear_typing(self, self._take_letter, self.interval_entry.begin)

    def _start(self) -> None:
        self.resize(*_SIZE)
        self.commands.name_sign_in(self._ports.sign_in)
        self.commands.name_symbol("")
        self._area.arrange()
        self._laid_out = self._keep_layout and self._area.restore(self._ports.preferences)
        self.chart_commands.show()
        self.chart.setFocus()

    # ------------------------------------------------------------------------------------------ what happens

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        if not self._laid_out:
            # Sizes are true only once the window has its own.
            self._laid_out = True
            QTimer.singleShot(0, self, self._area.proportion)

    def closeEvent(self, event: QCloseEvent) -> None:
        if self._keep_layout:
            self._area.keep(self._ports.preferences)
            self.charts.keep()
        for dock in self._area.docks:
            dock.panel.close_panel()
        for part in (self.status, self.messages, self.toolbar.symbol_box):
            part.close_panel()
        for stop in self._stops:
            stop()
        self.planning.stop()
        for dialog in self.findChildren(QDialog):
            dialog.close()
        self.closed.emit()
        super().closeEvent(event)

    def _take_letter(self, letter: str) -> None:
        """Letters typed on the watchlist add to it; anywhere else they search."""
        if self.watchlist.table.hasFocus():
            self.watchlist.entry.begin(letter)
        else:
            self.toolbar.symbol_box.begin(letter)

    def _make_sign_in(self) -> SignInDialog:
        dialog = SignInDialog(self._ports, self._theme, self._hosts, self)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.sandbox_wanted.connect(lambda: self.world_wanted.emit(True))
        # A key that is taken, or a sign-in set aside, is no change of the sign-in yet.
        dialog.finished.connect(self._show_sign_in)
        return dialog

    def _show_sign_in(self) -> None:
        self.commands.name_sign_in(self._ports.sign_in)
        self.status.refresh()

    def _take_stream(self, event: StreamChanged) -> None:
        self.commands.take_back.setEnabled(event.phase is StreamPhase.TAKEN)

    def _ask_to_sign_out(self) -> None:
        SignOutDialog(self._ports, self).open()

    def _change_world(self) -> None:
        self.world_wanted.emit(not self._ports.profile.sandbox)

    def _switch_colours(self) -> None:
        self._theme.use(not self._theme.dark)
        self._theme.keep(self._ports.preferences)

    def _show_full_screen(self, full: bool) -> None:
        if full:
            self.showFullScreen()
        else:
            self.showNormal()

    def _show_log(self) -> None:
        self._raise(self.log, self.log.table)

    def _show_health(self) -> None:
        self._raise(self.health, self.health.table)

    def _show_data(self) -> None:
        self._raise(self.data, self.data.canvas)

    def _show_chart(self, symbol: str) -> None:
        self.go_to(symbol)
        self._raise(self.charts, self.chart)

    def _raise(self, panel: Panel, inside: QWidget) -> None:
        self._area.bring_forward(panel)
        inside.setFocus()

    def _show_requests(self) -> None:
        self._raise(self.requests, self.requests.table)

    def _restart_stream(self) -> None:
        self._ports.health.restart()

    def _want_activity(self, wanted: bool) -> None:
        """Not remembered: what is private is asked for anew in each run."""
        self._ports.watching.want("account activity", Wanted(activity=wanted))
        sentence = ACTIVITY if wanted else "Account activity is streamed no longer; what was recorded stays."
        self._ports.bus.publish(Notice(Level.INFO, sentence))

    def _show_keys(self) -> None:
        KeyList(self).open()

    def _show_about(self) -> None:
        About(self._ports, self).open()

"""Panels as docks: each wears its own header as title bar; the default arrangement, and keeping a changed one."""

from PySide6.QtCore import QByteArray, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QDockWidget, QHBoxLayout, QMainWindow, QToolButton, QWidget

from monitor.ports import Preferences
from monitor.ui.icons import wear
from monitor.ui.panel import Panel
from monitor.ui.theme import Theme

#: Raise it when docks are added or renamed, so that an older arrangement is not half applied.
LAYOUT_VERSION = 7
_STATE, _GEOMETRY = "window/state", "window/geometry"
#: Shares of the window's width for the left and right columns, and of its height for the tabs below.
_LEFT, _RIGHT, _BELOW, _BOOK = 0.215, 0.25, 0.29, 0.55
#: So many pixels the tabs below get at least: a few rows of a table under its header.
_BELOW_LEAST = 224
#: A title bar counts as reachable when this much of it lies on a screen.
_REACH = QSize(80, 20)


class PanelDock(QDockWidget):
    """A panel that can be moved, tabbed, torn off, closed and shown again."""

    def __init__(self, panel: Panel, title: str, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(title, parent)
        self.panel = panel
        self.setObjectName(f"{type(panel).__name__}Dock")
        self.setWidget(panel)
        # Qt tells the same of a window that is minimised, where nothing lies over the panel.
        self.visibilityChanged.connect(lambda seen: panel.cover(not seen and not self.window().isMinimized()))
        self._buttons = QWidget()
        self._row = QHBoxLayout(self._buttons)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(0)
        self._add_button("float", "Tear off, or put back", theme).clicked.connect(self._toggle_floating)
        self._add_button("close", "Close the panel; View shows it again", theme).clicked.connect(self.close)
        self._take_title_bar(panel.title_bar)
        panel.title_bar_changed.connect(self._take_title_bar)

    def _take_title_bar(self, bar: QWidget) -> None:
        """Be dragged by another header, which gets the buttons."""
        row = bar.layout()
        if row is not None:
            row.addWidget(self._buttons)
        self.setTitleBarWidget(bar)

    def _add_button(self, name: str, tip: str, theme: Theme) -> QToolButton:
        button = QToolButton()
        button.setToolTip(tip)
        button.setAccessibleName(f"{self.windowTitle()}: {tip}")
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        wear(button, name, theme)
        self._row.addWidget(button)
        return button

    def _toggle_floating(self) -> None:
        self.setFloating(not self.isFloating())


class DockArea:
    """The window's docks: watchlist, chart, book over tape, and tabs below, of which one is in ``front`` at first."""

    def __init__(
        self,
        window: QMainWindow,
        watchlist: PanelDock,
        chart: PanelDock,
        book: PanelDock,
        tape: PanelDock,
        below: list[PanelDock],
        front: Panel,
    ) -> None:
        self._window, self._front = window, front
        self._watchlist, self._chart, self._book, self._tape, self._below = watchlist, chart, book, tape, below

    @property
    def docks(self) -> list[PanelDock]:
        return [self._watchlist, self._chart, self._book, self._tape, *self._below]

    def arrange(self) -> None:
        """The default workspace, every panel shown and in its place."""
        window = self._window
        for dock in self.docks:
            window.removeDockWidget(dock)
            dock.setFloating(False)
        window.addDockWidget(Qt.DockWidgetArea.TopDockWidgetArea, self._watchlist)
        window.splitDockWidget(self._watchlist, self._chart, Qt.Orientation.Horizontal)
        window.splitDockWidget(self._chart, self._book, Qt.Orientation.Horizontal)
        window.splitDockWidget(self._book, self._tape, Qt.Orientation.Vertical)
        for dock in self._below:
            window.addDockWidget(Qt.DockWidgetArea.BottomDockWidgetArea, dock)
        for dock in self.docks:
            dock.show()  # before they are tabs: of tabs that are hidden none can be brought forward
        for first, second in zip(self._below, self._below[1:], strict=False):
            window.tabifyDockWidget(first, second)
        self.bring_forward(self._front)
        self.proportion()

    def bring_forward(self, panel: Panel) -> None:
        """Show the dock of ``panel``, before those that share its place."""
        dock = self._dock_of(panel)
        dock.show()
        dock.raise_()

    def _dock_of(self, panel: Panel) -> PanelDock:
        return next(dock for dock in self.docks if dock.panel is panel)

    def proportion(self) -> None:
        """Give every dock its share of the window as large as it is now."""
        window, width, height = self._window, self._window.width(), self._window.height()
        left, right = round(width * _LEFT), round(width * _RIGHT)
        columns = [self._watchlist, self._chart, self._book]
        window.resizeDocks(columns, [left, width - left - right, right], Qt.Orientation.Horizontal)
        below = max(round(height * _BELOW), _BELOW_LEAST)
        window.resizeDocks([self._chart, self._dock_of(self._front)], [height - below, below], Qt.Orientation.Vertical)
        upper = height - below
        book = round(upper * _BOOK)
        window.resizeDocks([self._book, self._tape], [book, upper - book], Qt.Orientation.Vertical)

    def hold(self) -> None:
        """Whatever is about to change at the window's foot takes its room from the panels below, and gives it back.

        Left alone, Qt shares it out, and the chart would be a little smaller each time.
        """
        below = next((dock for dock in self._below if not dock.visibleRegion().isEmpty()), None)
        if below is None or below.isFloating() or not self._chart.isVisible() or self._chart.isFloating():
            return
        height = self._chart.height()

        def give_back() -> None:
            rest = self._chart.height() + below.height() - height
            self._window.resizeDocks([self._chart, below], [height, rest], Qt.Orientation.Vertical)

        QTimer.singleShot(0, self._window, give_back)

    def keep(self, preferences: Preferences) -> None:
        """Remember the arrangement and the window's place."""
        preferences.set_bytes(_STATE, bytes(self._window.saveState(LAYOUT_VERSION).data()))
        preferences.set_bytes(_GEOMETRY, bytes(self._window.saveGeometry().data()))

    def restore(self, preferences: Preferences) -> bool:
        """Put everything back where it was; False when there is nothing to go by."""
        geometry, state = preferences.get_bytes(_GEOMETRY), preferences.get_bytes(_STATE)
        if geometry:
            self._window.restoreGeometry(QByteArray(geometry))
        restored = bool(state) and self._window.restoreState(QByteArray(state), LAYOUT_VERSION)
        for widget in (self._window, *(dock for dock in self.docks if dock.isFloating())):
            pull_back(widget)
        return restored


def pull_back(widget: QWidget) -> None:
    """Move a window whose title bar lies on no screen onto the primary one, and make it fit."""
    frame = widget.geometry()
    title = QRect(frame.topLeft(), QSize(frame.width(), _REACH.height()))
    for screen in QGuiApplication.screens():
        seen = screen.availableGeometry().intersected(title)
        if seen.width() >= _REACH.width() and seen.height() >= _REACH.height() // 2:
            return
    available = QGuiApplication.primaryScreen().availableGeometry()
    frame.setSize(frame.size().boundedTo(available.size()))
    frame.moveCenter(available.center())
    widget.setGeometry(frame)

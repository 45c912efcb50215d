"""The key list and the about box."""

import platform
from collections.abc import Sequence

from PySide6 import __version__ as pyside_version
from PySide6.QtCore import QSize, Qt, qVersion
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QDialog,
    QDialogButtonBox,
    QGridLayout,
    QLabel,
    QLayout,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from monitor import __version__
from monitor.ui.panel import named
from monitor.ui.view_ports import ViewPorts

KEYS = (
    (
        "Anywhere",
        (
            ("A … Z, $ or Ctrl+K", "Find a symbol"),
            ("1 … 9 or ,", "Change the interval"),
            ("Esc", "Leave a search or an entry"),
            ("Alt+W", "Add the symbol to the watchlist"),
            ("Ctrl+E", "Export the chart's bars"),
            ("Ctrl+Shift+E", "Export recorded data"),
            ("F1 or ?", "This list"),
            ("F9", "The gap map"),
            ("F11", "Full screen"),
            ("Ctrl+Q", "Quit"),
        ),
    ),
    (
        "Chart",
        (
            ("← →", "One bar back or on"),
            ("Ctrl+← Ctrl+→", "Far back or on"),
            ("Ctrl+↑ Ctrl+↓", "Zoom in or out"),
            ("Home, End", "Oldest or latest bar"),
            ("Shift+← Shift+→", "Move a cursor from bar to bar"),
            ("Alt+R", "Reset the view"),
            ("Alt+G", "Go to a date"),
            (".", "Layout: how many charts"),
            ("Ctrl+PgDown Ctrl+PgUp", "The next chart, the one before"),
            ("Alt+Enter", "Only this chart, or all again"),
            ("/, +", "Indicators, compare symbols"),
            ("Alt+L Alt+P Alt+I", "Prices logarithmic, in percent, inverted"),
            ("Alt+S", "Save a picture"),
            ("Ctrl+Shift+C", "Copy the bars in view"),
            ("Wheel", "Zoom"),
            ("Drag", "Pan; on an axis: scale"),
            ("Double click on an axis", "Fit it again"),
        ),
    ),
    (
        "Watchlist",
        (
            ("↑ ↓", "Move, and take the other panels along"),
            ("A … Z or $", "Add a symbol"),
            ("Del", "Remove the symbol"),
            ("Drag", "Change the order"),
        ),
    ),
    (
        "Drawings",
        (
            ("Alt+T, Alt+C, Alt+F", "Trend line, channel, Fibonacci"),
            ("Alt+H, Alt+V", "Horizontal or vertical line"),
            ("Shift+drag", "Measure"),
            ("Drag, Ctrl+drag", "Move, clone"),
            ("Ctrl", "Invert the magnet while a point is set"),
            ("Ctrl+Z, Ctrl+Y", "Undo, redo, alerts too"),
            ("Ctrl+C, Ctrl+V, Del", "Copy, paste, remove"),
            ("Ctrl+Alt+H", "Hide or show all"),
            ("Esc", "Leave the tool, or what is selected"),
        ),
    ),
    (
        "Alerts on the chart",
        (
            ("Alt+A", "Alert at the cursor's price"),
            ("Drag, double click", "Move the line, edit the alert"),
            ("Alt+↑ Alt+↓", "Select the next one up or down"),
            ("↑ ↓, Enter, Del", "Move it by a tick (Shift: ten), edit it, remove it"),
        ),
    ),
    (
        "Movers and details",
        (
            ("↑ ↓", "Move, and take the other panels along"),
            ("Enter", "Chart the symbol"),
            ("F5", "Refresh"),
        ),
    ),
    (
        "Data",
        (
            ("← → ↑ ↓", "A day or a symbol on; with Shift: select up to there"),
            ("Ctrl+← Ctrl+→", "A month back or on"),
            ("Home, End", "Oldest or newest day"),
            ("Ctrl+A, Esc", "Select everything or nothing"),
            ("Enter", "Chart the symbol"),
            ("Del", "Delete what is selected"),
            ("Wheel", "Scroll; with Shift along the days, with Ctrl zoom"),
        ),
    ),
    (
        "Health",
        (("Tab, Space", "To a service's restart button, and press it"),),
    ),
    (
        "Requests and audit",
        (("Ctrl+C", "Copy the selected rows"),),
    ),
    (
        "SQL",
        (
            ("Ctrl+Enter", "Run what is selected, or the statement at the cursor"),
            ("Esc", "Stop it"),
            ("Ctrl+↑ Ctrl+↓", "The query before or after"),
            ("Enter", "On a table or column: write its name"),
            ("Ctrl+C, Ctrl+Shift+C", "Copy the selected cells; with their header"),
        ),
    ),
)
#: The sections of the left column.
_LEFT = 3
#: What a desktop puts around a window, at most.
_FRAME = QSize(16, 40)
_ENDS = (Qt.Key.Key_Home, Qt.Key.Key_End)


_KEPT = {
    "keyring": "encrypted, with a key in the system's password store",
    "passphrase": "encrypted, with a passphrase",
    "session": "in memory, until the program ends",
}


class KeyList(QDialog):
    """Every key and what it does."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Keys")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        content = named(QWidget(), "keys")
        self._columns = QBoxLayout(QBoxLayout.Direction.LeftToRight, content)
        self._columns.setContentsMargins(0, 0, 0, 0)
        self._columns.setSpacing(40)
        for sections in (KEYS[:_LEFT], KEYS[_LEFT:]):
            self._columns.addLayout(_key_grid(sections))
        self._wide = content.sizeHint().width()
        self.scrolled = named(_Scroll(content), "keys")
        self.scrolled.setAccessibleName("Keys")
        column = QVBoxLayout()
        column.addWidget(self.scrolled)
        _close_below(self, column)
        self.resize(self.sizeHint())  # Qt by itself takes two thirds of the screen at most

    def sizeHint(self) -> QSize:
        """All of it, where the screen has the room."""
        return super().sizeHint().boundedTo(self.screen().availableGeometry().size() - _FRAME)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """One column below the other where they do not fit beside each other."""
        super().resizeEvent(event)
        fits = self.scrolled.maximumViewportSize().width() - self.scrolled.verticalScrollBar().width() >= self._wide
        directions = QBoxLayout.Direction
        self._columns.setDirection(directions.LeftToRight if fits else directions.TopToBottom)


class _Scroll(QScrollArea):
    """As large as what it holds, where there is the room; else keys move through it."""

    def __init__(self, content: QWidget) -> None:
        super().__init__()
        self._content = content
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QScrollArea.Shape.NoFrame)

    def sizeHint(self) -> QSize:
        return self._content.sizeHint() + QSize(self.verticalScrollBar().sizeHint().width(), 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        bar = self.verticalScrollBar()
        if event.key() in _ENDS:
            bar.setValue(bar.minimum() if event.key() == Qt.Key.Key_Home else bar.maximum())
        else:
            super().keyPressEvent(event)


class About(QDialog):
    """What this is, in which versions, and where the data are."""

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("About Market Monitor")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        profile = ports.profile
        self.rows = (
            ("Version", __version__),
            ("Python", platform.python_version()),
            ("Qt", f"{qVersion()} (PySide6 {pyside_version})"),
            ("Chromium", _chromium()),
            ("Database", ports.meters.store().engine),
            ("System", platform.platform(terse=True)),
            ("World", "SANDBOX: a simulated market" if profile.sandbox else "Live: Charles Schwab"),
            ("Data", str(profile.data_dir)),
            ("Tokens", _KEPT.get(ports.sign_in.kept_by, ports.sign_in.kept_by)),
        )
        grid = QGridLayout()
        grid.setHorizontalSpacing(24)
        grid.setVerticalSpacing(4)
        grid.addWidget(named(QLabel("Market Monitor"), "heading"), 0, 0, 1, 2)
        words = "Watch the market on your own machine, and keep what you saw.\nNot a product of Charles Schwab."
        grid.addWidget(named(QLabel(words), "hint"), 1, 0, 1, 2)
        for row, (name, value) in enumerate(self.rows, 2):
            grid.addWidget(named(QLabel(name), "hint"), row, 0)
            label = QLabel(value)
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            grid.addWidget(label, row, 1)
        _close_below(self, grid)


def _key_grid(sections: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(24)
    grid.setVerticalSpacing(4)
    for title, keys in sections:
        row = grid.rowCount()
        grid.addWidget(named(QLabel(title), "heading"), row, 0, 1, 2)
        grid.setRowMinimumHeight(row, 32)
        for offset, (key, meaning) in enumerate(keys, 1):
            grid.addWidget(named(QLabel(key), "hint"), row + offset, 0)
            grid.addWidget(QLabel(meaning), row + offset, 1)
    grid.setRowStretch(grid.rowCount(), 1)
    grid.setColumnStretch(1, 1)
    return grid


def _chromium() -> str:
    """The browser of the sign-in page; it is loaded only here and when somebody signs in."""
    from PySide6.QtWebEngineCore import qWebEngineChromiumSecurityPatchVersion, qWebEngineChromiumVersion

    return f"{qWebEngineChromiumVersion()!s}, with security patches up to {qWebEngineChromiumSecurityPatchVersion()!s}"


def _close_below(dialog: QDialog, content: QLayout) -> None:
    column = QVBoxLayout(dialog)
    column.setContentsMargins(24, 16, 24, 16)
    column.setSpacing(16)
    column.addLayout(content)
    buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
    buttons.rejected.connect(dialog.reject)
    column.addWidget(buttons)

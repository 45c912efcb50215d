"""The tool bar: symbol, intervals, the layout of the charts, and the switch between dark and light."""

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QSizePolicy, QToolBar, QToolButton, QWidget

from monitor.market.bar import Interval
from monitor.ui.chart.grid_layout import GridLayout
from monitor.ui.icons import SIDE, icon
from monitor.ui.panel import named
from monitor.ui.symbol_box import SymbolBox
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

_WORDS = {Interval.DAY: "Daily bars", Interval.WEEK: "Weekly bars", Interval.MONTH: "Monthly bars"}


class ToolBar(QToolBar):
    """``interval_chosen`` carries an Interval; the symbol box speaks for itself."""

    interval_chosen = Signal(object)

    def __init__(
        self, ports: ViewPorts, theme: Theme, about_symbol: list[QAction], layouts: QMenu, last: QAction
    ) -> None:
        super().__init__("Tool bar")
        self.setObjectName("toolBar")
        self.setMovable(False)
        self.setIconSize(QSize(SIDE, SIDE))
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.PreventContextMenu)
        self.toggleViewAction().setEnabled(False)
        self.symbol_box = SymbolBox(ports, theme)
        self.addWidget(self.symbol_box)
        self.addSeparator()
        self._intervals: dict[Interval, QAction] = {}
        self._add_intervals()
        self.addSeparator()
        self.addActions(about_symbol)
        self.addSeparator()
        self._theme = theme
        self._layout_shown = GridLayout.ONE
        self.layout_button = self._make_layout_button(layouts)
        self.addWidget(self.layout_button)
        theme.changed.connect(self._wear_layout)
        space = QWidget()
        space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.addWidget(space)
        self.addAction(last)

    def open_layouts(self) -> None:
        """Offer the layouts of the charts."""
        button, menu = self.layout_button, self.layout_button.menu()
        if menu is not None:
            menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def show_layout(self, layout: GridLayout) -> None:
        """Wear the layout in use."""
        self._layout_shown = layout
        self._wear_layout()

    def _wear_layout(self) -> None:
        self.layout_button.setIcon(icon(self._layout_shown.icon, self._theme.colours.dim))

    def _make_layout_button(self, layouts: QMenu) -> QToolButton:
        button = named(QToolButton(), "layoutButton")
        button.setText("Layout ▾")
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        button.setToolTip("How many charts, and how they stand (.)")
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setMenu(layouts)
        return button

    def show_interval(self, interval: Interval) -> None:
        """Mark the interval that the chart shows; one that was typed has a button as long as it is shown."""
        typed = interval not in self._intervals
        self._typed.setVisible(typed)
        if typed:
            self._typed.setText(interval.label)
            self._typed.setData(interval)
            self._typed.setToolTip(f"Bars of {interval.label}, made of minutes")
        self._intervals.get(interval, self._typed).setChecked(True)

    def _add_intervals(self) -> None:
        group = QActionGroup(self)
        for interval in Interval:
            action = QAction(interval.label, self)
            action.setCheckable(True)
            words = _WORDS.get(interval, f"Bars of {interval.label}")
            action.setToolTip(f"{words} (type a digit for any interval)")
            action.setData(interval)
            group.addAction(action)
            self.addAction(action)
            self._intervals[interval] = action
        self._typed = QAction(self, checkable=True, visible=False)
        group.addAction(self._typed)
        self.addAction(self._typed)
        group.triggered.connect(lambda action: self.interval_chosen.emit(action.data()))

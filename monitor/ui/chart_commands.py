"""What menus, tool bar and keys do on the chart in focus, and on the grid that it stands in."""

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QShortcut
from PySide6.QtWidgets import QWidget

from monitor.market.bar import Interval
from monitor.ui.actions import Actions
from monitor.ui.chart.grid import ChartGrid
from monitor.ui.chart.grid_layout import GridLayout
from monitor.ui.known_symbol import is_known
from monitor.ui.link import Link
from monitor.ui.toolbar import ToolBar
from monitor.ui.typed import IntervalEntry
from monitor.ui.view_ports import ViewPorts
from monitor.ui.watchlist.panel import WatchlistPanel


class ChartCommands(QObject):
    """Connects the actions with the grid for as long as the window lives."""

    def __init__(
        self,
        ports: ViewPorts,
        charts: ChartGrid,
        watchlist: WatchlistPanel,
        actions: Actions,
        toolbar: ToolBar,
        entry: IntervalEntry,
        window: QWidget,
    ) -> None:
        super().__init__(window)
        self._ports, self._charts, self._watchlist = ports, charts, watchlist
        self._actions, self._toolbar = actions, toolbar
        box = toolbar.symbol_box
        box.chosen.connect(self._check_symbol)
        box.left.connect(lambda: charts.focused.setFocus())
        toolbar.interval_chosen.connect(self.set_interval)
        entry.chosen.connect(self.set_interval)
        for action, do in (
            (actions.find_symbol, self._find_symbol),
            (actions.add_symbol, lambda: watchlist.add_symbol(self._symbol)),
            (actions.download, lambda: ports.loader.ensure(self._symbol)),
            (actions.cancel_download, lambda: ports.loader.cancel(self._symbol)),
            (actions.next_chart, lambda: charts.focus_next(1)),
            (actions.previous_chart, lambda: charts.focus_next(-1)),
            (actions.maximise, lambda: charts.maximise(not charts.maximised)),
        ):
            action.triggered.connect(do)
        self._layouts = actions.layouts
        self._layouts.chosen.connect(charts.set_layout)
        QShortcut(".", window, toolbar.open_layouts)
        charts.symbol_changed.connect(self._show_symbol)
        charts.interval_changed.connect(toolbar.show_interval)
        charts.layout_changed.connect(self._show_layout)
        charts.focus_moved.connect(self.show)
        self._show_layout(charts.grid_layout)

    def set_interval(self, interval: Interval) -> None:
        """Show bars of ``interval`` on the chart in focus."""
        self._charts.focused.set_interval(interval)
        self._toolbar.show_interval(self._charts.focused.interval)

    def show(self) -> None:
        """Have tool bar and menus tell of the chart in focus."""
        self._show_symbol(self._symbol)
        self._toolbar.show_interval(self._charts.focused.interval)

    @property
    def _symbol(self) -> str:
        return self._charts.focused.link.symbol

    def _show_symbol(self, symbol: str) -> None:
        self._toolbar.symbol_box.show_symbol(symbol)
        self._actions.name_symbol(symbol)
        if symbol:
            self._ports.preferences.set("symbol", symbol)

    def _show_layout(self, layout: GridLayout) -> None:
        self._layouts.show_layout(layout)
        self._toolbar.show_layout(layout)
        for action in (self._actions.next_chart, self._actions.previous_chart, self._actions.maximise):
            action.setEnabled(layout is not GridLayout.ONE)

    def _check_symbol(self, symbol: str) -> None:
        self._ports.tasks.start("go to symbol", self._go_if_known(symbol, self._charts.focused.link))

    async def _go_if_known(self, symbol: str, link: Link) -> None:
        """Move the chart that was in focus when the symbol was typed."""
        if await is_known(self._ports, symbol):
            link.choose(symbol)

    def _find_symbol(self) -> None:
        self._toolbar.symbol_box.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._toolbar.symbol_box.selectAll()

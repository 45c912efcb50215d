"""Exports and imports as the window has them: the dialogs, and the recipes in menus."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMenu

from monitor.ports import Recipe, Recipes
from monitor.ui.bar_import.dialog import ImportDialog
from monitor.ui.chart.grid import ChartGrid
from monitor.ui.export.dialog import ExportDialog
from monitor.ui.export.forms import ChartForm, ExportForm, RecordedForm, WatchlistForm
from monitor.ui.export.job import Table
from monitor.ui.view_ports import ViewPorts
from monitor.ui.watchlist.panel import WatchlistPanel


class Exporting(QObject):
    """Made as the window opens, its parent."""

    def __init__(self, ports: ViewPorts, charts: ChartGrid, watchlist: WatchlistPanel, window: QObject) -> None:
        super().__init__(window)
        self._ports, self._charts, self._watchlist = ports, charts, watchlist
        self._window = charts.window
        self._recipes = Recipes(ports.preferences)
        watchlist.recipes = self.fill
        watchlist.export_requested.connect(self.open_watchlist)

    def open_chart(self) -> ExportDialog:
        """Offer the bars of the chart in focus for export."""
        chart = self._charts.focused
        return self._open(ChartForm(chart.symbol, chart.interval, chart.visible_range()))

    def open_watchlist(self) -> ExportDialog:
        """Offer the watchlist as it is shown."""
        return self._open(WatchlistForm(Table(*self._watchlist.table_as_shown())))

    def open_recorded(self) -> ExportDialog:
        """Offer what was recorded, of the symbols watched."""
        symbol = self._charts.focused.symbol
        symbols = [symbol] if symbol else self._watchlist.symbols()
        return self._open(RecordedForm(symbols, self._ports.meters.now_ms()))

    def open_import(self, reread: Callable[[], None]) -> ImportDialog:
        """Offer to take bars from a file; ``reread`` is called once some have come in."""
        dialog = ImportDialog(self._ports, self._window())
        dialog.imported.connect(self._charts.reload)
        dialog.imported.connect(reread)
        dialog.open()
        return dialog

    def fill(self, menu: QMenu) -> None:
        """Put the recipes into ``menu``: each runs, and below them each can be removed."""
        menu.clear()
        recipes = self._recipes.all()
        for recipe in recipes.values():
            at = f" (daily at {recipe.daily_at} ET)" if recipe.daily_at else ""
            menu.addAction(f"{recipe.name.replace('&', '&&')}{at}", partial(self.run, recipe))
        if not recipes:
            menu.addAction("None saved: “Export recorded data…” saves one").setEnabled(False)
            return
        menu.addSeparator()
        remove = menu.addMenu("Remove")
        for name in recipes:
            remove.addAction(name.replace("&", "&&"), partial(self._recipes.remove, name))

    def run(self, recipe: Recipe) -> None:
        """Write the file of a recipe as of now."""
        self._ports.tasks.start(f"recipe {recipe.name}", self._ports.recipes.make(recipe))

    def _open(self, form: ExportForm) -> ExportDialog:
        dialog = ExportDialog(self._ports, form, self._window())
        dialog.open()
        return dialog

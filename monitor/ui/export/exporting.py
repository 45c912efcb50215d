"""Exports and imports as the window has them: the dialogs, and the recipes, run when asked for or due."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QMenu

from monitor.live.events import Level, Notice
from monitor.market.calendar import from_ms
from monitor.ports import Recipe, Recipes
from monitor.ui.bar_import.dialog import ImportDialog
from monitor.ui.chart.grid import ChartGrid
from monitor.ui.export.dialog import ExportDialog
from monitor.ui.export.forms import ChartForm, ExportForm, RecordedForm, WatchlistForm
from monitor.ui.export.job import Table, rows_in_words
from monitor.ui.view_ports import ViewPorts
from monitor.ui.watchlist.panel import WatchlistPanel

_LOOK_MS = 20_000
#: A recipe that is made later than this after its moment was missed then.
_MISSED_MS = 600_000


class Exporting(QObject):
    """Made as the window opens, its parent; ``stop`` it as that closes."""

    def __init__(self, ports: ViewPorts, charts: ChartGrid, watchlist: WatchlistPanel, window: QObject) -> None:
        super().__init__(window)
        self._ports, self._charts, self._watchlist = ports, charts, watchlist
        self._window = charts.window
        self._recipes = Recipes(ports.preferences)
        self._look = QTimer(self, interval=_LOOK_MS)
        self._look.timeout.connect(self.run_due)
        watchlist.recipes = self.fill
        watchlist.export_requested.connect(self.open_watchlist)

    def start(self) -> None:
        """Make what was missed while the program was away, and look for what falls due from now on."""
        self._look.start()
        self.run_due()

    def stop(self) -> None:
        self._look.stop()

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

    def run(self, recipe: Recipe, at_ms: int | None = None) -> None:
        """Write the file of a recipe, as of ``at_ms`` or now."""
        now = self._ports.meters.now_ms()
        self._recipes.note_run(recipe.name, now)
        self._ports.tasks.start(f"recipe {recipe.name}", self._write(recipe, now if at_ms is None else at_ms))

    def run_due(self) -> None:
        """Make what is due; what was missed is made up for, and said."""
        now = self._ports.meters.now_ms()
        for recipe, at in self._recipes.due(now):
            if now - at > _MISSED_MS:
                sentence = f"The recipe “{recipe.name}” was missed on {from_ms(at):%a %d %b %H:%M} ET; it is made now."
                self._ports.bus.publish(Notice(Level.INFO, sentence))
            self.run(recipe, at)

    async def _write(self, recipe: Recipe, at_ms: int) -> None:
        request = recipe.request(at_ms, self._ports.profile.sandbox)
        result = await self._ports.exporter.export(request, lambda _done, _total: None, lambda: False)
        if result is not None:
            wrote = f"The recipe “{recipe.name}” wrote {rows_in_words(result.rows)} to {result.path.name}."
            level = Level.WARNING if result.troubles else Level.INFO
            self._ports.bus.publish(Notice(level, " ".join([wrote, *result.troubles]), str(result.path)))

    def _open(self, form: ExportForm) -> ExportDialog:
        dialog = ExportDialog(self._ports, form, self._window())
        dialog.open()
        return dialog

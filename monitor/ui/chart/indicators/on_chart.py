"""The indicators of one chart: chosen in a dialog, computed off the loop, and brought back at the next start."""

import asyncio

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from monitor.analysis.coverage import trading_of
from monitor.analysis.indicators import IndicatorSeries, Pane, Settings
from monitor.errors import BadData
from monitor.live.events import Level, Notice
from monitor.market.bar import BarSeries, Interval
from monitor.market.calendar import around_the_clock, sessions
from monitor.ui.chart.indicators.applying import ChartTemplates
from monitor.ui.chart.indicators.dialog import IndicatorsDialog
from monitor.ui.chart.indicators.keeping import keep_indicators, kept_indicators
from monitor.ui.chart.indicators.settings_dialog import SettingsDialog
from monitor.ui.chart.indicators.shown import Shown
from monitor.ui.chart.panes import Pane as ChartPane
from monitor.ui.chart.view import ChartView
from monitor.ui.view_ports import ViewPorts

_OVER = {Pane.PRICES, Pane.BESIDE}


class ChartIndicators(QObject):
    """Computes what ``wanted`` says, in a task of the name given, and puts it on the view.

    ``changed`` tells that others are wanted.
    """

    changed = Signal()

    def __init__(self, ports: ViewPorts, view: ChartView, panel: QWidget, task: str) -> None:
        super().__init__(panel)
        self._task = task
        self._ports, self._view, self._panel = ports, view, panel
        self.templates = ChartTemplates(ports, self)
        kept = kept_indicators(ports.preferences)
        self.wanted = self.templates.for_new_chart() if kept is None else kept
        self._computing: asyncio.Task[None] | None = None
        self._changed = 0  # the first of the bars that have changed since indicators began to be computed
        view.bars_changed.connect(self._follow)
        view.indicator_clicked.connect(self._act)

    def stop(self) -> None:
        """Compute no more."""
        self._ports.tasks.cancel(self._task)

    async def computed(self, symbol: str, interval: Interval, bars: BarSeries) -> list[Shown]:
        """What is wanted for these bars, which nobody changes meanwhile; each pane is where it was."""
        trading = trading_of(symbol, around_the_clock if self._ports.profile.sandbox else sessions)
        wanted: list[Settings] = []
        made: list[tuple[Settings, IndicatorSeries | None]] = []
        while wanted is not self.wanted:  # other ones may be wanted meanwhile
            wanted, made = self.wanted, []
            for settings in wanted:
                try:
                    series = None
                    if settings.pane is not Pane.BESIDE:
                        series = await asyncio.to_thread(IndicatorSeries, settings, bars, interval, trading)
                except BadData as error:
                    self._ports.bus.publish(Notice(Level.WARNING, f"{settings.label}: {error.sentence}"))
                    continue
                made.append((settings, series))
        before = {id(each.settings): each for each in self._view.scene.indicators}
        return [_shown(settings, series, before.get(id(settings))) for settings, series in made]

    def want(self, indicators: list[Settings]) -> None:
        """Show these, and remember them for the next time."""
        self.wanted = indicators
        keep_indicators(self._ports.preferences, indicators)
        self._computing = self._ports.tasks.start(self._task, self._compute())
        self.changed.emit()

    def _follow(self, first: int, current: bool) -> None:
        """The bars that are shown have changed; where that concerns too many values, all are computed anew."""
        self._changed = min(self._changed, first)
        if not current and (self._computing is None or self._computing.done()):
            self._computing = self._ports.tasks.start(self._task, self._compute())

    async def _compute(self) -> None:
        """Put what is wanted beside the bars that are shown, anew as long as those change too far back meanwhile."""
        scene, current = self._view.scene, False
        while not current:
            bars, rows = scene.bars, scene.bars.rows()
            self._changed = len(rows)
            shown = await self.computed(scene.symbol, scene.interval, rows)
            if scene.bars is not bars:
                return  # others are shown now, which come with their own
            taken = [each.take(bars, self._changed) for each in shown]
            current = all(taken)
            self._view.show_indicators(shown)

    def open_dialog(self) -> IndicatorsDialog:
        """Offer all indicators there are."""
        dialog = IndicatorsDialog(self.wanted, self._view.scene.colours, self._panel)
        dialog.changed.connect(self.want)
        dialog.templates.aboutToShow.connect(lambda: self.templates.fill(dialog.templates, dialog))
        follow = self.changed.connect(lambda: dialog.take(self.wanted))
        dialog.finished.connect(lambda: self.changed.disconnect(follow))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _act(self, shown: Shown, action: str) -> None:
        """What was clicked in an indicator's line."""
        if action == "hide":
            shown.visible = not shown.visible
            self._view.refresh()
        elif action == "remove":
            self.want([each for each in self.wanted if each is not shown.settings])
        elif action == "settings":
            self.open_settings(shown.settings)

    def open_settings(self, settings: Settings) -> SettingsDialog:
        """Offer the parameters and colours of one that is wanted."""
        dialog = SettingsDialog(settings, self._view.scene.colours, self._panel)
        dialog.chosen.connect(lambda other: self.want([other if each is settings else each for each in self.wanted]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog


def _shown(settings: Settings, series: IndicatorSeries | None, earlier: Shown | None) -> Shown:
    """Newly computed values, hidden and in a pane as they were before."""
    pane = None if settings.pane in _OVER else (earlier.pane if earlier else None) or ChartPane()
    made = Shown(settings, series, pane)
    made.visible = earlier is None or earlier.visible
    return made

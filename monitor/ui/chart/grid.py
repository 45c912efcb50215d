"""Several charts in a grid: one of them is in focus, and is what keys, tool bar and menus act on."""

import msgspec
from PySide6.QtCore import QEvent, QObject, Signal, SignalInstance
from PySide6.QtWidgets import QApplication, QSplitter, QVBoxLayout, QWidget

from monitor.ui.chart.grid_layout import GridLayout
from monitor.ui.chart.own_preferences import OwnPreferences
from monitor.ui.chart.panel import ChartPanel, chart_name
from monitor.ui.link_groups import LinkGroups
from monitor.ui.panel import Panel, named
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts

_KEY = "charts"
_NUMBERS = range(1, GridLayout.NINE.count + 1)
_HANDLE_PX = 3
#: Splitters share out their room in proportion to sizes, whatever these add up to.
_SHARE = 1000
Sizes = tuple[tuple[int, ...], ...]


class _Kept(msgspec.Struct, frozen=True):
    """How the charts were left: their numbers by place, and by layout the sizes of its lines and of what is in each."""

    layout: GridLayout = GridLayout.ONE
    shown: tuple[int, ...] = (1,)
    focused: int = 1
    sizes: dict[str, Sizes] = {}

    @property
    def sound(self) -> bool:
        """Whether it can be shown at all; a file may have been changed by hand."""
        known = set(self.shown) <= set(_NUMBERS) and self.focused in self.shown
        return known and len(set(self.shown)) == len(self.shown) == self.layout.count


class ChartGrid(Panel):
    """One to nine charts. Where a single one is shown, its header is the title bar of all.

    ``focus_moved`` tells that another chart is in focus, ``symbol_changed`` and ``interval_changed`` what the one in
    focus shows, ``layout_changed`` carries the GridLayout. Without ``keeps`` there is one chart at first, and nothing
    is kept of what becomes of the grid.
    """

    focus_moved = Signal()
    symbol_changed = Signal(str)
    interval_changed = Signal(object)
    layout_changed = Signal(object)
    sign_in_wanted = Signal()

    def __init__(self, ports: ViewPorts, links: LinkGroups, theme: Theme, keeps: bool = True) -> None:
        super().__init__("Charts")
        self._ports, self._links, self._theme, self._keeps = ports, links, theme, keeps
        kept = self._read() if keeps else _Kept()
        self._charts: dict[int, ChartPanel] = {}
        self._layout = kept.layout
        self._shown, self._focused = kept.shown, kept.focused
        self._sizes = dict(kept.sizes)
        self._maximised = self._settling = False
        self._bar: QWidget | None = None
        self._lines: list[QSplitter] = []
        self._outer = QSplitter()
        body = QWidget()
        self._place = QVBoxLayout(body)
        self._place.setContentsMargins(0, 0, 0, 0)
        self._place.addWidget(self._outer)
        self.set_body(body)
        self._build()
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.connect(self._hear_focus)

    # ---------------------------------------------------------------------------------------- what others call

    @property
    def focused(self) -> ChartPanel:
        """The chart that keys, tool bar and menus act on."""
        return self._charts[self._focused]

    @property
    def charts(self) -> list[ChartPanel]:
        """All there are, by place."""
        return [self._charts[number] for number in self._shown]

    @property
    def grid_layout(self) -> GridLayout:
        return self._layout

    @property
    def maximised(self) -> bool:
        """Whether only the chart in focus is shown although there are others."""
        return self._maximised

    @property
    def title_bar(self) -> QWidget:
        """The header of the only chart shown, else one for all of them."""
        return self.focused.header if self._alone else self.header

    def set_layout(self, layout: GridLayout) -> None:
        """Show as many charts as ``layout`` has: the one in focus stays, those that come back are as they were left.

        A chart that never was begins as a copy of the one in focus.
        """
        self.maximise(False)
        if layout is self._layout:
            return
        self._note_sizes()
        shown = list(_NUMBERS[: layout.count])
        if self._focused not in shown:
            shown[-1] = self._focused
        self._layout, self._shown = layout, tuple(shown)
        had_focus = self.focused.isAncestorOf(QApplication.focusWidget() or self)
        self._build()
        if had_focus:
            self.focused.setFocus()
        self.keep()

    def maximise(self, on: bool) -> None:
        """Show only the chart in focus, or all of them again."""
        if self._layout is not GridLayout.ONE and on is not self._maximised:
            self._maximised = on
            self._settle()

    def focus_on(self, chart: ChartPanel) -> None:
        """Put a chart in focus: the accent's line is around it, and the others show what comes less often."""
        number = next(number for number, each in self._charts.items() if each is chart)
        if number != self._focused:
            self._focused = number
            self._settle()
            self.focus_moved.emit()

    def focus_next(self, step: int) -> None:
        """Give the keyboard to the next chart, or with -1 to the one before."""
        place = self._shown.index(self._focused) + step
        self.focus_on(self.charts[place % len(self._shown)])
        self.focused.setFocus()

    def reload(self) -> None:
        """Read the bars of all charts anew."""
        for chart in self.charts:
            chart.reload()

    def keep(self) -> None:
        """Remember how the charts stand."""
        if self._keeps:
            self._note_sizes()
            kept = _Kept(self._layout, self._shown, self._focused, self._sizes)
            self._ports.preferences.set(_KEY, msgspec.json.encode(kept).decode())

    def cover(self, covered: bool) -> None:
        super().cover(covered)
        for chart in self.charts:
            chart.cover(covered)

    def close_panel(self) -> None:
        """Close every chart."""
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.focusChanged.disconnect(self._hear_focus)
        for chart in self.charts:
            chart.close_panel()

    # ---------------------------------------------------------------------------------------- how they stand

    def _build(self) -> None:
        """Make the charts that are missing, stand all in their places, and close those that have none."""
        self._settling = True
        for number in self._shown:
            if number not in self._charts:
                self._charts[number] = self._make(number)
        before, layout = self._outer, self._layout
        self._outer = self._splitter()
        self._outer.setOrientation(layout.outer)
        self._lines, rest = [], self.charts
        for count in layout.lines.counts:
            line = self._splitter()
            line.setOrientation(layout.inner)
            for chart in rest[:count]:
                line.addWidget(chart)
            rest = rest[count:]
            self._lines.append(line)
            self._outer.addWidget(line)
        self._place.replaceWidget(before, self._outer)
        self._outer.show()
        self._put_sizes(self._sizes.get(layout.value) or _even(layout))
        self._settle()
        for number in set(self._charts) - set(self._shown):
            self._drop(self._charts.pop(number))
        before.deleteLater()
        self.layout_changed.emit(layout)

    def _make(self, number: int) -> ChartPanel:
        """The chart of that number, as it was left or like the one in focus."""
        like = self._charts.get(self._focused)
        own = OwnPreferences(self._ports.preferences, number)
        if like and not own.begun:
            own.copy(like.kept)
        link = self._links.link(chart_name(number), like.link if like else None)
        chart = ChartPanel(self._ports, link, self._theme, number)
        chart.cover(self._covered)
        chart.interval_changed.connect(lambda interval: self._tell(chart, self.interval_changed, interval))
        chart.link.symbol_changed.connect(lambda symbol: self._tell(chart, self.symbol_changed, symbol))
        chart.sign_in_wanted.connect(self.sign_in_wanted)
        chart.enlarge_button.clicked.connect(lambda on: self._enlarge(chart, on))
        for each in (chart.header, *chart.header.findChildren(QWidget)):
            each.installEventFilter(self)
        return chart

    def _drop(self, chart: ChartPanel) -> None:
        chart.close_panel()
        chart.hide()
        chart.deleteLater()

    def _tell(self, chart: ChartPanel, signal: SignalInstance, value: object) -> None:
        """Pass on what the chart in focus tells."""
        if chart is self.focused:
            signal.emit(value)

    def _enlarge(self, chart: ChartPanel, on: bool) -> None:
        self.focus_on(chart)
        self.maximise(on)

    @property
    def _alone(self) -> bool:
        """Whether a single chart is shown."""
        return self._maximised or self._layout is GridLayout.ONE

    def _settle(self) -> None:
        """Show what is to be seen, with headers and frames as they are to be, and each chart at its own pace."""
        self._settling = True
        alone, several = self._alone, self._layout is not GridLayout.ONE
        for number, chart in self._charts.items():
            here = number == self._focused
            chart.be_focused(here)
            chart.show_frame("" if alone else "focused" if here else "plain")
            chart.enlarge_button.setVisible(several)
            chart.enlarge_button.setChecked(self._maximised)
        self.focused.show()
        for chart in self.charts:
            chart.setVisible(not alone or chart is self.focused)
        for line in self._lines:
            line.setVisible(not alone or line.isAncestorOf(self.focused))
        self.setFocusProxy(self.focused)
        if self._bar is not self.title_bar:
            self._bar = self.title_bar
            self.title_bar_changed.emit(self._bar)
        for panel in (self, *self.charts):
            if panel.header is not self._bar:
                panel.take_header()
        self.header.setVisible(not alone)
        self._settling = False

    # ---------------------------------------------------------------------------------------- sizes

    def _splitter(self) -> QSplitter:
        splitter = named(QSplitter(), "chartGrid")
        splitter.setChildrenCollapsible(False)
        splitter.setHandleWidth(_HANDLE_PX)
        splitter.splitterMoved.connect(lambda _place, _index: self._align(splitter))
        return splitter

    def _align(self, moved: QSplitter) -> None:
        """Rows with as many charts stay in line, like columns."""
        for line in self._lines:
            if moved in self._lines and line is not moved and line.count() == moved.count():
                line.setSizes(moved.sizes())

    def _note_sizes(self) -> None:
        if self.isVisible() and not self._maximised:
            self._sizes[self._layout.value] = tuple(tuple(each.sizes()) for each in (self._outer, *self._lines))

    def _put_sizes(self, sizes: Sizes) -> None:
        for splitter, each in zip((self._outer, *self._lines), sizes, strict=False):
            splitter.setSizes(each)

    # ---------------------------------------------------------------------------------------- focus

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """A press on a chart's header puts the chart in focus."""
        if event.type() == QEvent.Type.MouseButtonPress and isinstance(watched, QWidget):
            self._focus_around(watched)
        return False

    def _hear_focus(self, _before: QWidget | None, now: QWidget | None) -> None:
        if now is not None and not self._settling:
            self._focus_around(now)

    def _focus_around(self, widget: QWidget) -> None:
        """Put the chart that the widget belongs to in focus."""
        for chart in self.charts:
            if any(part is widget or part.isAncestorOf(widget) for part in (chart, chart.header)):
                self.focus_on(chart)

    def _read(self) -> _Kept:
        try:
            kept = msgspec.json.decode(self._ports.preferences.get(_KEY), type=_Kept)
        except msgspec.DecodeError:  # nothing was kept yet
            return _Kept()
        return kept if kept.sound else _Kept()


def _even(layout: GridLayout) -> Sizes:
    """The same size for all that stand in a line; only what is larger for being alone in its column has more."""
    counts = layout.lines.counts
    lead = 2 if layout is GridLayout.THREE else 1
    return ((lead * _SHARE, *[_SHARE] * (len(counts) - 1)), *((_SHARE,) * count for count in counts))

"""The canvas of one chart: a still layer kept as a picture, and what lives painted over it.

The picture (background, grid, all candles but the last) is painted again only when the view changes; a tick or a move
of the mouse costs the last candle, the labels and the crosshair.
"""

from collections.abc import Callable

from PySide6.QtCore import QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QHideEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QToolButton, QWidget

from monitor.analysis.bars import interval_start
from monitor.market.bar import BarSeries, Interval
from monitor.ui.chart.backdrop import bar_time
from monitor.ui.chart.compare.legend import Hit as ComparedHit
from monitor.ui.chart.countdown import countdown
from monitor.ui.chart.drawings.layer import DrawingLayer
from monitor.ui.chart.events.layer import EventLayer
from monitor.ui.chart.gaps import Missing
from monitor.ui.chart.gestures import Gestures
from monitor.ui.chart.indicators.legend import Hit
from monitor.ui.chart.indicators.shown import Shown
from monitor.ui.chart.layers import Crosshair, paint_live, paint_still
from monitor.ui.chart.legend import aloud
from monitor.ui.chart.looks import Looks
from monitor.ui.chart.price_axis import Fit
from monitor.ui.chart.scene import Scene
from monitor.ui.chart.series import ChartBars
from monitor.ui.panel import named
from monitor.ui.theme import Theme, data_font

#: A reader of the screen hears of so many holes, the newest last.
_MOST_DESCRIBED = 5


class ChartView(QWidget):
    """Paints a Scene, and keeps its view in step with the bars it is given.

    ``indicator_clicked`` carries a Shown and what is to be done with it, a name of ``ACTIONS``; ``read_aloud`` what a
    reader of the screen was told of the bar under the keyboard's cursor; ``bars_changed`` the first bar of those shown
    that ``put_bars`` has changed, and whether all indicators are up to date with it. ``pointed`` tells that the
    crosshair has moved, ``held_changed`` whether a mouse button is down, ``arranged`` that what is in view, its scale
    or its place on the canvas may be another.
    """

    indicator_clicked = Signal(object, str)
    bars_changed = Signal(int, bool)
    read_aloud = Signal(str)
    pointed = Signal()
    held_changed = Signal(bool)
    arranged = Signal()

    def __init__(self, theme: Theme, now_ms: Callable[[], int], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scene = Scene(theme.colours)
        self.drawings = DrawingLayer(self.scene)
        self.events = EventLayer(self.scene)
        self._theme = theme
        self._now_ms = now_ms
        self._still = QPixmap()
        self._stale = True
        self._mouse: QPoint | None = None
        self._along: tuple[int, float | None] | None = None
        self._remaining = ""
        self._held = False
        self._refit = True
        self._centred = False
        self.hits: list[Hit] = []
        self.compared_hits: list[ComparedHit] = []
        self.setFont(data_font())
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.setAccessibleName("Chart")
        self.setMinimumSize(120, 60)
        Gestures(self)
        self.latest_button = named(QToolButton(self), "toLatest")
        self.latest_button.setText("»")
        self.latest_button.setToolTip("To the latest bar (End)")
        self.latest_button.clicked.connect(self.go_latest)
        self.latest_button.hide()
        self._seconds = QTimer(self, interval=1000)
        self._seconds.timeout.connect(self._tick_clock)
        theme.changed.connect(self._recolour)

    # ---------------------------------------------------------------------------------------- what is shown

    def show_bars(self, symbol: str, interval: Interval, bars: BarSeries | ChartBars) -> None:
        """Show a series: the same symbol and interval again keeps the bars in view, another starts at the latest."""
        scene, view = self.scene, self.scene.viewport
        fresh = bars if isinstance(bars, ChartBars) else ChartBars(bars)
        if same := (symbol, interval) == (scene.symbol, scene.interval) and len(scene.bars) > 0:
            # The newest bar may not be among them yet: under a hand the view does not give way to that.
            view.replace(len(fresh), self._inserted_before_view(fresh), clamp=not self._held)
        else:
            view.begin(len(fresh))
            scene.scale.fitting = Fit.CENTRE if self._centred else Fit.ALL
        scene.symbol, scene.interval, scene.bars = symbol, interval, fresh
        self.refresh(refit=not (same and self._held))

    def _inserted_before_view(self, fresh: ChartBars) -> int:
        """How far the bars now in view move when ``fresh`` ones replace them."""
        earlier, view = self.scene.bars, self.scene.viewport
        if view.shows_latest and not self._held:
            return len(fresh) - len(earlier)
        at = int(view.right) if self._mouse is None or not self._held else view.bar_at(self._mouse.x())
        at = min(max(0, at), len(earlier) - 1)
        return fresh.place(int(earlier.start[at])) - at

    def put_bars(self, rows: BarSeries) -> None:
        """Replace or append bars at the end. While a mouse button is down neither the view nor the scale moves."""
        scene, count = self.scene, len(self.scene.bars)
        first = scene.bars.put(rows)
        if first is None:
            return
        moved = first < count - 1 or len(scene.bars) != count
        current = [shown.take(scene.bars, first) for shown in scene.indicators]
        for compared in scene.compared:
            compared.follow(scene.bars, first)
        self.bars_changed.emit(first, all(current))
        scene.viewport.grow(len(scene.bars), follow=not self._held)
        self._show_moved(moved)

    def take_compared(self, first: int) -> None:
        """A compared symbol has other values from the bar at index ``first`` on."""
        self._show_moved(first < len(self.scene.bars) - 1)

    def _show_moved(self, moved: bool) -> None:
        """Paint what live bars have changed: all of it when more than the last bar has ``moved``."""
        if self._held:
            self._stale = self._stale or moved
            self.update()
        elif moved or not self.scene.holds_last:
            self.refresh()
        else:
            self.update()

    def set_facts(
        self, exchange: str, previous_close: float | None, bid: float | None = None, ask: float | None = None
    ) -> None:
        """What the quote tells of the symbol."""
        scene, facts = self.scene, (exchange, previous_close, bid, ask)
        if facts != (scene.exchange, scene.previous_close, scene.bid, scene.ask):
            scene.exchange, scene.previous_close, scene.bid, scene.ask = facts
            self.update()

    def set_looks(self, looks: Looks) -> None:
        """Show the bars there are in another way."""
        scene, scale = self.scene, self.scene.scale
        scene.kind, scene.zone, scene.shaded = looks.kind, looks.zone, looks.shaded
        scene.shows_previous_close, scene.shows_bid_and_ask = looks.previous_close, looks.bid_and_ask
        self.events.shows_revisions, self.events.shows_provenance = looks.revisions, looks.provenance
        scale.logarithmic, scale.percent, scale.inverted = looks.logarithmic, looks.percent, looks.inverted
        if scale.automatic:
            scale.fitting = Fit.CENTRE if looks.centred else Fit.ALL
        self._centred = looks.centred
        self.refresh()

    def fit_prices(self) -> None:
        """Have the price scale follow what is in view again."""
        self.scene.scale.fitting = Fit.CENTRE if self._centred else Fit.ALL
        self.refresh()

    def leave_prices(self) -> None:
        """Let the price scale follow nothing from now on."""
        self.scene.scale.fitting = Fit.OFF
        self.refresh()

    def share_corner(self, shared: bool) -> None:
        """Leave the corner below the price axis to something else, or take it back."""
        if shared is not self.scene.corner_taken:
            self.scene.corner_taken = shared
            self.paint_anew()

    def show_indicators(self, indicators: list[Shown]) -> None:
        """Show these beside the bars there are; each pane is as high as it was."""
        scene = self.scene
        scene.indicators = indicators
        scene.panes = list({id(shown.pane): shown.pane for shown in indicators if shown.pane is not None}.values())
        self.scene.lay_out(self.width(), self.height(), self.fontMetrics())
        self.refresh(refit=not self._held)

    def show_missing(self, missing: list[Missing]) -> None:
        """Hatch these stretches, which have no bars."""
        if missing != self.scene.missing:
            self.scene.missing = missing
            self.setAccessibleDescription(" ".join(hole.words for hole in missing[-_MOST_DESCRIBED:]))
            self._stale = True
            self.update()

    def paint_anew(self) -> None:
        """What rests in the picture has changed, but not the view."""
        self._stale = True
        self.update()

    @property
    def held(self) -> bool:
        """Whether a mouse button is down."""
        return self._held

    def hold(self, held: bool) -> None:
        """Freeze the view against live bars while a mouse button is down."""
        self._held = held
        self.held_changed.emit(held)
        if not held:
            self.refresh()

    def refresh(self, refit: bool = True) -> None:
        """The view or its bars changed: paint all of it with the next frame, and fit it unless told not to."""
        self._stale = True
        self._refit = self._refit or refit
        self.latest_button.setVisible(not self.scene.viewport.shows_latest)
        self.arranged.emit()
        self.update()

    def go_to(self, start_ms: int) -> None:
        """Show the first bar from ``start_ms`` on, or the week or month that holds it, a quarter of the way in."""
        scene = self.scene
        start = start_ms if scene.interval.intraday else interval_start(start_ms, scene.interval)
        scene.viewport.go_to(scene.bars.place(start))
        self.refresh()

    def go_latest(self) -> None:
        self.scene.viewport.go_latest()
        self.refresh()

    @property
    def hovered_index(self) -> int | None:
        """The bar under the mouse, which the crosshair snaps to."""
        scene = self.scene
        if self._mouse is None or not len(scene.bars) or not scene.body.contains(self._mouse):
            return None
        return min(max(0, scene.viewport.bar_at(self._mouse.x())), len(scene.bars) - 1)

    @property
    def mouse(self) -> QPoint | None:
        """Where the crosshair is, by mouse or keys."""
        return self._mouse

    def point_at(self, place: QPoint | None) -> None:
        """Move the crosshair, or take it off."""
        self._mouse = place
        self.pointed.emit()
        self.update()

    @property
    def hovered_price(self) -> float | None:
        """The price under the mouse; None where it is not among the prices."""
        mouse, scene = self._mouse, self.scene
        return scene.scale.price(mouse.y()) if mouse is not None and scene.plot.contains(mouse) else None

    def point_along(self, start_ms: int | None, price: float | None = None) -> None:
        """Show the crosshair of another chart at the bar that begins then, and at a price; or take it off."""
        along = None if start_ms is None else (start_ms, price)
        if along != self._along:
            self._along = along
            self.update()

    def move_cursor(self, bars: int) -> None:
        """Move the crosshair by bars, from the newest in view where it is not shown, and read the bar aloud."""
        scene = self.scene
        if not len(scene.bars):
            return
        view, here = scene.viewport, self.hovered_index
        index = min(view.last, len(scene.bars)) - 1 if here is None else here + bars
        index = min(max(index, 0), len(scene.bars) - 1)
        beyond = index + 0.5 - (view.right - view.span), view.right - index - 0.5
        if min(beyond) < 0:  # its middle is out of view: so far that all of it is in view
            view.pan(beyond[0] - 1 if beyond[0] < 0 else 1 - beyond[1])
            self.refresh()
            scene.measure()
        bar = scene.bars.rows(index, index + 1)[0]
        y = min(max(int(scene.scale.y(bar["close"])), 0), scene.plot.bottom())
        self.point_at(QPoint(int(view.centre_of(index)), y))
        told = f"{bar_time(int(bar['start']), scene.interval, scene.zone)}: {aloud(scene, index)}"
        words = ". ".join(filter(None, (told, self.events.aloud(index))))
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self, words))
        self.read_aloud.emit(words)

    # ---------------------------------------------------------------------------------------- painting

    def paintEvent(self, _event: QPaintEvent) -> None:
        if self._stale or self._still.devicePixelRatio() != self.devicePixelRatioF():
            self._paint_still()
        with QPainter(self) as painter:  # which ends also where something fails
            painter.drawPixmap(0, 0, self._still)
            self._paint_live(painter, self._mouse, self._along)

    def paint(self, painter: QPainter) -> None:
        """Paint all of it on something else, without the crosshair."""
        self._measure()
        self._paint_ground(painter)
        self._paint_live(painter, None, None)

    def _paint_live(self, painter: QPainter, mouse: QPoint | None, along: tuple[int, float | None] | None) -> None:
        """What moves with a tick or the mouse, here or ``along`` on another chart."""
        painter.setFont(self.font())
        bars, index = self.scene.bars, self.hovered_index if mouse is not None else None
        elsewhere = index is None and along is not None and len(bars) > 0
        if elsewhere and along is not None:
            index = min(bars.place(along[0]), len(bars) - 1)
        at = Crosshair(mouse, index, along[1] if elsewhere and along is not None else None, elsewhere)
        self._remaining = self._countdown()
        found = paint_live(painter, self.scene, self.events, self.drawings, at, self._remaining)
        self.compared_hits, self.hits = found

    def _measure(self) -> None:
        scene = self.scene
        scene.measure(self._refit)
        self._stale = self._refit = False
        if scene.lay_out(self.width(), self.height(), self.fontMetrics()):
            scene.measure()
            self.arranged.emit()

    def _paint_still(self) -> None:
        """The layer that only a change of the view changes."""
        ratio = self.devicePixelRatioF()
        self._measure()
        if self._still.size() != self.size() * ratio:
            self._still = QPixmap(self.size() * ratio)
        self._still.setDevicePixelRatio(ratio)
        with QPainter(self._still) as painter:
            self._paint_ground(painter)

    def _paint_ground(self, painter: QPainter) -> None:
        painter.setFont(self.font())
        paint_still(painter, self.scene, self.events, self.drawings)

    def _countdown(self) -> str:
        bars = self.scene.bars
        return countdown(self.scene.interval, int(bars.start[-1]), self._now_ms()) if len(bars) else ""

    def _tick_clock(self) -> None:
        if self._countdown() != self._remaining:
            self.update()

    def _recolour(self) -> None:
        self.scene.colours = self._theme.colours
        self._stale = True
        self.update()

    # ---------------------------------------------------------------------------------------- Qt's events

    def sizeHint(self) -> QSize:
        return QSize(790, 520)

    def resizeEvent(self, _event: QResizeEvent) -> None:
        self.scene.lay_out(self.width(), self.height(), self.fontMetrics())
        self.latest_button.setGeometry(self.scene.plot.right() - 38, self.scene.plot.bottom() - 34, 28, 24)
        self.refresh()

    def be_seen(self, seen: bool) -> None:
        """Count the seconds down while somebody can see it; else there is no picture to keep either."""
        if seen:
            self._seconds.start()
        else:
            self._seconds.stop()
            self._still = QPixmap()
            self._stale = True

    def showEvent(self, _event: QShowEvent) -> None:
        self.be_seen(True)

    def hideEvent(self, _event: QHideEvent) -> None:
        self.be_seen(False)

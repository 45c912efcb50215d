"""What the painters of one chart share: the bars in view, where they lie, and the colours to use."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QLine, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPen
from shiboken6 import wrapInstance

from monitor.market.bar import Interval
from monitor.ports import Zone
from monitor.ui.chart.compare.compared import Compared, reached
from monitor.ui.chart.indicators.shown import Shown, widened
from monitor.ui.chart.kinds import Kind
from monitor.ui.chart.kinds.heikin_ashi import LEAD, heikin_ashi
from monitor.ui.chart.panes import Pane, divide
from monitor.ui.chart.price_axis import VOLUME_SHARE, PriceScale
from monitor.ui.chart.series import Bins, ChartBars, bin_size, joined_bins
from monitor.ui.chart.tail import EMPTY
from monitor.ui.chart.viewport import Viewport
from monitor.ui.palettes import Colours

if TYPE_CHECKING:
    from monitor.ui.chart.gaps import Missing

TIME_AXIS_PX = 24
_PRICE_AXIS_PX = 62
_GROUND_ALPHA = 200

Pixels = npt.NDArray[np.int64] | int


@dataclass
class Scene:
    """One chart's state; ``measure`` brings ``bins``, the scale and the volume's ceiling up to what is in view."""

    colours: Colours
    interval: Interval = Interval.M1
    symbol: str = ""
    exchange: str = ""
    previous_close: float | None = None
    bid: float | None = None
    ask: float | None = None
    shows_previous_close: bool = True
    shows_bid_and_ask: bool = False
    kind: Kind = Kind.CANDLES
    zone: Zone = Zone.NEW_YORK
    shaded: bool = True
    bars: ChartBars = field(default_factory=lambda: ChartBars(EMPTY))
    viewport: Viewport = field(default_factory=Viewport)
    scale: PriceScale = field(default_factory=PriceScale)
    canvas: QRect = field(default_factory=QRect)
    #: Whether something else than the zone's name stands below the price axis.
    corner_taken: bool = False
    zone_place: QRect = field(default_factory=QRect)
    plot: QRect = field(default_factory=QRect)
    panes: list[Pane] = field(default_factory=list)
    indicators: list[Shown] = field(default_factory=list)
    compared: list[Compared] = field(default_factory=list)
    most_volume: float = 1.0
    missing: "list[Missing]" = field(default_factory=list)
    bins: Bins = field(default_factory=lambda: ChartBars(EMPTY).merge(0, 0, 1))
    #: The bin before the first one in view, or none.
    before: Bins = field(default_factory=lambda: ChartBars(EMPTY).merge(0, 0, 1))

    def tint(self, name: str, share: float, ground: str = "panel") -> QColor:
        """A colour mixed into another; Qt fills columns of opaque pixels many times faster than clear ones."""
        ink, paper = self.colours.colour(name), self.colours.colour(ground)
        red, green, blue = (
            round(b + (a - b) * share)
            for a, b in (
                (ink.red(), paper.red()),
                (ink.green(), paper.green()),
                (ink.blue(), paper.blue()),
            )
        )
        return QColor(red, green, blue)

    def lay_out(self, width: int, height: int, metrics: QFontMetrics) -> bool:
        """Divide the canvas into the plot and its axes; the price axis is as wide as its longest price.

        True when the plot has another size than before, so that ``measure`` is due.
        """
        ends = self.scale.low, self.scale.high, self.scale.price(0), self.scale.price(self.scale.height)
        longest = max(_PRICE_AXIS_PX, *(metrics.horizontalAdvance(self.scale.words(end)) + 16 for end in ends))
        self.canvas = QRect(0, 0, width, height)
        plot = divide(self.panes, max(1, width - longest), max(1, height - TIME_AXIS_PX))
        changed, self.plot = plot != self.plot, plot
        self.scale.height = plot.height()
        if self.viewport.width != plot.width():
            self.viewport.resize(plot.width())
        return changed

    def measure(self, refit: bool = True) -> None:
        """Merge the bars in view, and fit prices and volume to them when ``refit``."""
        view, size = self.viewport, bin_size(1 / self.viewport.bar_px)
        found = self._shaped(view.first, view.last, size)
        lead = int(np.searchsorted(found.index, view.first // size * size))
        self.bins, self.before = found.part(slice(lead, None)), found.part(slice(max(0, lead - 1), lead))
        if not len(self.bins):
            return
        self.scale.base = float(self.bins.close[0])
        for each in self.compared:
            each.rebase(self.bins)
        if refit:
            low, high = widened(float(self.bins.low.min()), float(self.bins.high.max()), self.indicators, self.bins)
            low, high = reached(low, high, self.compared, self.bins, self.scale.base)
            self.scale.fit(low, high, float(self.bins.close[-1]))
            self.most_volume = max(1.0, float(self.bins.volume.max()))
            self._measure_panes()

    def _measure_panes(self) -> None:
        for pane in self.panes:
            found = [
                extremes for each in self.indicators if each.pane is pane and (extremes := each.extremes(self.bins))
            ]
            if found:
                pane.scale.fit(min(low for low, _ in found), max(high for _, high in found))

    def _shaped(self, first: int, last: int, size: int) -> Bins:
        """The bins that touch these bars and at least one before them, as the kind of chart has them."""
        if self.kind is Kind.HEIKIN_ASHI:
            first = first // size * size - LEAD * size
            found = heikin_ashi(self.bars.merge(first, last, size))
            # The very first bars have no others to come from: their beginning is that of the series.
            return found if first <= 0 else found.part(slice(LEAD - 1, None))
        return self.bars.merge(first - size, last, size)

    @property
    def body(self) -> QRect:
        """The prices and the panes below them."""
        return QRect(0, 0, self.plot.width(), max(1, self.canvas.height() - TIME_AXIS_PX))

    @property
    def price_ticks(self) -> list[float]:
        """Round prices along the axis; none while there are no bars."""
        return self.scale.ticks() if len(self.bars) else []

    @property
    def last_bins(self) -> tuple[Bins, int]:
        """The bin of the newest bar as it stands now, when it is in view, with one before it if there is one.

        And how many stand before it.
        """
        count, size = len(self.bars), self.bins.size
        if not count or not self.viewport.shows_latest:
            return self.bins.part(slice(0, 0)), 0
        found = self._shaped(count - 1, count, size)
        return found.part(slice(-2, None)), min(1, len(found) - 1)

    def still_bins(self) -> tuple[Bins, int]:
        """The bins in view but that of the newest bar, after the one before them if there is one; and if there is."""
        joined = joined_bins(self.before, self.bins)
        return joined.part(slice(0, -1 if self.viewport.shows_latest else None)), len(self.before)

    @property
    def holds_last(self) -> bool:
        """Whether the newest bar as it stands now can be drawn without a new fit."""
        found, lead = self.last_bins
        bins = found.part(slice(lead, None))
        if not len(bins):
            return True
        range_ = reached(float(bins.low.min()), float(bins.high.max()), self.compared, bins, self.scale.base)
        prices = self.scale.holds(*range_)
        for each in self.indicators:
            extremes = each.extremes(bins) if each.pane is not None else None
            if extremes and each.pane and not each.pane.scale.holds(*extremes):
                return False
        return prices and float(bins.volume.max()) <= self.most_volume

    def volume_top(self, volume: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Pixels from the plot's top to the top of volume bars, which stand in its lower fifth."""
        height = self.plot.height()
        share = np.clip(np.asarray(volume, float) / self.most_volume, 0, 1)
        return np.rint(height - share * height * VOLUME_SHARE).astype(np.int64)


def back_words(painter: QPainter, scene: Scene, words: QRect | QRectF) -> None:
    """A ground behind words over the bars, through which these hardly show."""
    painter.fillRect(words, scene.colours.colour("panel", _GROUND_ALPHA))


def draw_lines(painter: QPainter, colour: QColor, width: float, x0: Pixels, y0: Pixels, x1: Pixels, y1: Pixels) -> None:
    """Draw many smooth lines at once, given as arrays of whole pixels.

    Lines by themselves are twenty times faster than one that has to be joined at its bends.
    """
    lines = _fours(x0, y0, x1, y1)
    if len(lines):
        pen = QPen(colour, width)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.drawLines(cast(QLine, wrapInstance(lines.ctypes.data, QLine)), len(lines))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, on=False)


def fill_rects(painter: QPainter, colour: QColor, left: Pixels, top: Pixels, right: Pixels, bottom: Pixels) -> None:
    """Fill many rectangles at once, given as arrays of whole pixels, edges included.

    Qt reads them straight from the array (a QRect is four 32-bit integers): twenty times faster than from a list.
    """
    rects = _fours(left, top, right, bottom)
    if len(rects):
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        painter.drawRects(cast(QRect, wrapInstance(rects.ctypes.data, QRect)), len(rects))


def _fours(*columns: Pixels) -> npt.NDArray[np.int32]:
    """Rows of four whole numbers as Qt has them in memory; a column may be one number for all."""
    sizes = [np.size(column) for column in columns]
    rows = np.empty((max(sizes) if all(sizes) else 0, len(columns)), np.int32)
    for place, column in enumerate(columns):
        rows[:, place] = column
    return rows

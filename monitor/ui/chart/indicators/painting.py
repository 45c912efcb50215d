"""Indicators painted: lines, steps, bands, columns, dots and marks, over the prices or in panes of their own."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PySide6.QtGui import QColor, QPainter

from monitor.analysis.indicators import Draw, Output
from monitor.ui.chart.indicators.shown import Extent, Shown
from monitor.ui.chart.kinds.columns import body_width
from monitor.ui.chart.price_axis import PriceScale
from monitor.ui.chart.scene import Scene, draw_lines, fill_rects
from monitor.ui.chart.series import Bins

_BAND_ALPHA = 28
_DASH = 6
_MARK_PX = 4

Ints = npt.NDArray[np.int64]


def paint_indicators(painter: QPainter, scene: Scene, bins: Bins, lead: int) -> None:
    """All of them for these bins, of which the first ``lead`` are only where lines come from."""
    if len(bins) <= lead:
        return
    for shown in scene.indicators:
        if not shown.visible or not shown.drawn:
            continue
        pane = shown.pane
        area = scene.plot if pane is None else pane.rect
        painter.save()
        painter.setClipRect(area)
        painter.translate(0, area.top())
        _paint(painter, scene, scene.scale if pane is None else pane.scale, shown, bins, lead)
        painter.restore()


def _paint(painter: QPainter, scene: Scene, scale: PriceScale, shown: Shown, bins: Bins, lead: int) -> None:
    extents = {output.name: shown.merged(place, bins) for place, output in enumerate(shown.outputs)}
    drawn = [output for _, output in shown.drawn]
    upper = next((output for output in drawn if output.draw is Draw.UPPER), None)
    lower = next((output for output in drawn if output.draw is Draw.LOWER), None)
    if upper is not None and lower is not None:
        colour = scene.colours.colour(shown.settings.colour(upper))
        colour.setAlpha(_BAND_ALPHA)
        _fill_band(painter, scene, scale, bins, lead, (extents[upper.name], extents[lower.name]), colour)
    for output in drawn:
        sign = extents[output.sign_of].last if output.sign_of else extents[output.name].last
        brush = _Brush(painter, scene, scale, shown, output, bins, lead, extents[output.name], sign)
        _DRAW[output.draw](brush)


class _Brush:
    """What drawing one output needs."""

    def __init__(
        self,
        painter: QPainter,
        scene: Scene,
        scale: PriceScale,
        shown: Shown,
        output: Output,
        bins: Bins,
        lead: int,
        extent: Extent,
        sign: npt.NDArray[np.float64],
    ) -> None:
        self.painter, self.scene, self.scale, self.bins, self.lead = painter, scene, scale, bins, lead
        self.extent = extent
        self.rising = scene.colours.colour(shown.settings.colour(output))
        self.falling = scene.colours.colour(shown.settings.falling(output))
        self.sign = sign
        self.back = int(shown.settings.values[output.back]) if output.back else 0
        self.shift = round(self.back * scene.viewport.bar_px)

    @property
    def centre(self) -> Ints:
        """The middle of each bin."""
        view = self.scene.viewport
        middle = view.centre_of(self.bins.index) if self.bins.size == 1 else view.left_of(self.bins.index)
        return middle - self.shift

    def known(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        return ~np.isnan(values)

    def y(self, values: npt.NDArray[np.float64]) -> Ints:
        return self.scale.y(np.nan_to_num(values))


def _line(brush: _Brush, keep: Callable[[Ints], npt.NDArray[np.bool_]] | None = None) -> None:
    if brush.bins.size > 1:
        _columns(brush)
        return
    x, values = brush.centre, brush.extent.last
    y = brush.y(values)
    joined = brush.known(values[:-1]) & brush.known(values[1:])
    if keep is not None:
        joined &= keep(x[1:])
    draw_lines(brush.painter, brush.rising, 1.0, x[:-1][joined], y[:-1][joined], x[1:][joined], y[1:][joined])


def _columns(brush: _Brush) -> None:
    """Merged bins from their lowest to their highest value, so that none is lost, and to where the one before ended."""
    low, high, last = brush.extent.low, brush.extent.high, brush.extent.last
    known, x = brush.known(low), brush.centre
    known[: brush.lead] = False
    before = np.concatenate([low[:1], last[:-1]])
    before = np.where(np.isnan(before), low, before)
    one, other = brush.y(np.fmin(low, before)), brush.y(np.fmax(high, before))
    top, bottom = np.minimum(one, other), np.maximum(one, other)
    right = np.maximum(x, brush.scene.viewport.left_of(brush.bins.index + brush.bins.size) - 1 - brush.shift)
    fill_rects(brush.painter, brush.rising, x[known], top[known], right[known], bottom[known])


def _dashed(brush: _Brush) -> None:
    _line(brush, lambda x: (x + round(brush.scene.viewport.right * brush.scene.viewport.bar_px)) // _DASH % 2 == 0)


def _steps(brush: _Brush) -> None:
    view, values = brush.scene.viewport, brush.extent.last
    known = brush.known(values)
    known[: brush.lead] = False
    left = view.left_of(brush.bins.index) - brush.shift
    right = view.left_of(brush.bins.index + brush.bins.size) - 1 - brush.shift
    y = brush.y(values)
    fill_rects(brush.painter, brush.rising, left[known], y[known], right[known], y[known])


def _histogram(brush: _Brush) -> None:
    values = brush.extent.last
    known = brush.known(values)
    known[: brush.lead] = False
    half = body_width(brush.scene.viewport.bar_px) // 2 if brush.bins.size == 1 else 0
    x, zero = brush.centre, int(brush.scale.y(0.0))
    high = brush.y(np.where(values >= 0, brush.extent.high, brush.extent.low))
    for which, colour in ((brush.sign >= 0, brush.rising), (brush.sign < 0, brush.falling)):
        some = known & which
        top, bottom = np.minimum(high[some], zero), np.maximum(high[some], zero)
        fill_rects(brush.painter, colour, x[some] - half, top, x[some] + half, bottom)


def _dots(brush: _Brush) -> None:
    values, x = brush.extent.last, brush.centre
    known = brush.known(values)
    known[: brush.lead] = False
    y = brush.y(values)
    for which, colour in ((brush.sign >= 0, brush.rising), (brush.sign < 0, brush.falling)):
        some = known & which
        fill_rects(brush.painter, colour, x[some] - 1, y[some] - 1, x[some] + 1, y[some] + 1)


def _marks(brush: _Brush) -> None:
    """Small triangles: below the low where values are positive, above the high where they are negative."""
    _triangles(brush, brush.extent.high > 0, brush.rising, brush.bins.low, 1)
    _triangles(brush, brush.extent.low < 0, brush.falling, brush.bins.high, -1)


def _above(brush: _Brush) -> None:
    """Triangles over the highs where there is a value."""
    _triangles(brush, np.nan_to_num(brush.extent.high) != 0, brush.rising, brush.bins.high, -1)


def _below(brush: _Brush) -> None:
    """Triangles under the lows where there is a value."""
    _triangles(brush, np.nan_to_num(brush.extent.high) != 0, brush.rising, brush.bins.low, 1)


def _triangles(
    brush: _Brush, which: npt.NDArray[np.bool_], colour: QColor, prices: npt.NDArray[np.float64], step: int
) -> None:
    some = np.flatnonzero(which)
    some = some[some >= brush.lead]
    at = np.maximum(some - brush.back // brush.bins.size, 0)
    x, tip = brush.centre[some], brush.scale.y(prices[at]) + 4 * step
    for row in range(_MARK_PX):
        fill_rects(brush.painter, colour, x - row, tip + row * step, x + row, tip + row * step)


def _fill_band(
    painter: QPainter,
    scene: Scene,
    scale: PriceScale,
    bins: Bins,
    lead: int,
    band: tuple[Extent, Extent],
    colour: QColor,
) -> None:
    """Tint what lies between two lines, a column a pixel."""
    upper, lower = (extent.last for extent in band)
    known = ~np.isnan(upper) & ~np.isnan(lower)
    if known.sum() < 2:
        return
    view = scene.viewport
    x = (view.centre_of(bins.index) if bins.size == 1 else view.left_of(bins.index))[known]
    # The clear tint of a column must not be laid twice.
    columns = np.arange(max(0, int(x[0]) + min(lead, 1)), min(scene.plot.width(), int(x[-1]) + 1))
    top, bottom = (np.rint(np.interp(columns, x, scale.y(side[known]))).astype(np.int64) for side in (upper, lower))
    fill_rects(painter, colour, columns, np.minimum(top, bottom), columns, np.maximum(top, bottom))


_DRAW: dict[Draw, Callable[[_Brush], None]] = {
    Draw.LINE: _line,
    Draw.DASHED: _dashed,
    Draw.STEPS: _steps,
    Draw.HISTOGRAM: _histogram,
    Draw.DOTS: _dots,
    Draw.UPPER: _line,
    Draw.LOWER: _line,
    Draw.MARKS: _marks,
    Draw.ABOVE: _above,
    Draw.BELOW: _below,
}

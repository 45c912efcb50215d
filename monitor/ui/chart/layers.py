"""The two layers of a chart: what rests in its picture, and what moves over it with a tick or the mouse."""

from typing import NamedTuple

from PySide6.QtCore import QPoint
from PySide6.QtGui import QPainter

from monitor.ui.chart.axis_tags import Tag, paint_tags
from monitor.ui.chart.backdrop import paint_backdrop
from monitor.ui.chart.compare.legend import Hit as ComparedHit
from monitor.ui.chart.compare.legend import paint_rows as paint_compared_rows
from monitor.ui.chart.compare.painting import compared_tags, paint_compared, paint_dots
from monitor.ui.chart.drawings.layer import DrawingLayer
from monitor.ui.chart.events.layer import EventLayer
from monitor.ui.chart.gaps import paint_missing, paint_missing_words
from monitor.ui.chart.indicators.legend import Hit, paint_rows
from monitor.ui.chart.indicators.painting import paint_indicators
from monitor.ui.chart.indicators.pane_marks import paint_axes, paint_levels
from monitor.ui.chart.indicators.profile import paint_profiles
from monitor.ui.chart.kinds.painting import paint_bars
from monitor.ui.chart.legend import paint_legend
from monitor.ui.chart.marks import (
    crosshair_tags,
    paint_bid_and_ask,
    paint_crosshair,
    paint_crosshair_along,
    paint_last_price,
    paint_previous_close,
    paint_prices,
    shows,
)
from monitor.ui.chart.scene import Scene


class Crosshair(NamedTuple):
    """The mouse and the bar it points at; or, ``elsewhere``, the bar and price that another chart points at."""

    mouse: QPoint | None
    bar: int | None
    price: float | None
    elsewhere: bool

    def tags(self, scene: Scene) -> list[Tag]:
        """What it tells on the price axis; a pane's value is told with its lines."""
        if self.bar is None:
            return []
        if self.elsewhere:
            return crosshair_tags(scene, self.price) if shows(scene, self.bar) else []
        inside = self.mouse is not None and self.mouse.y() <= scene.plot.bottom()
        return crosshair_tags(scene, scene.scale.price(self.mouse.y()) if self.mouse and inside else None)


def paint_still(painter: QPainter, scene: Scene, events: EventLayer, drawings: DrawingLayer) -> None:
    """All but the last bars; clips what follows to the plot."""
    paint_backdrop(painter, scene)
    painter.setClipRect(scene.plot)
    paint_missing(painter, scene)
    paint_profiles(painter, scene)
    still = scene.still_bins()
    paint_bars(painter, scene, *still)
    paint_compared(painter, scene, *still)
    paint_levels(painter, scene)
    paint_indicators(painter, scene, *still)
    painter.setClipRect(scene.plot)
    events.paint_still(painter)
    drawings.paint_still(painter)


def paint_live(
    painter: QPainter, scene: Scene, events: EventLayer, drawings: DrawingLayer, at: Crosshair, remaining: str
) -> tuple[list[ComparedHit], list[Hit]]:
    """The last bars, the lines of newest prices, words and the crosshair; gives where the legend takes clicks."""
    compared_hits: list[ComparedHit] = []
    hits: list[Hit] = []
    painter.setClipRect(scene.plot)
    paint_previous_close(painter, scene)
    paint_bid_and_ask(painter, scene)
    last = scene.last_bins
    paint_bars(painter, scene, *last)
    paint_compared(painter, scene, *last)
    tags = [*events.paint_live(painter), *drawings.paint_live(painter)]
    painter.setClipping(False)
    paint_indicators(painter, scene, *last)
    tags += [*paint_last_price(painter, scene, remaining), *compared_tags(scene), *at.tags(scene)]
    places = paint_tags(painter, scene, tags)
    if scene.symbol:
        paint_legend(painter, scene, at.bar)
        paint_missing_words(painter, scene, at.mouse)
        compared_hits = paint_compared_rows(painter, scene, at.bar, at.mouse)
        hits = paint_rows(painter, scene, at.bar, at.mouse)
    paint_axes(painter, scene)
    if at.bar is not None and at.elsewhere:
        paint_crosshair_along(painter, scene, at.bar, at.price)
        paint_dots(painter, scene, at.bar)
    elif at.bar is not None and at.mouse is not None:
        paint_crosshair(painter, scene, at.mouse, at.bar)
        paint_dots(painter, scene, at.bar)
    paint_prices(painter, scene, places)
    events.paint_words(painter, at.mouse, at.bar, free_foot=not drawings.hint)
    return compared_hits, hits

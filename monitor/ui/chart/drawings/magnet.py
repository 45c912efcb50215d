"""The magnet: draws a point to the open, high, low or close of the bar that it is near."""

from PySide6.QtCore import QPointF

from monitor.market.drawing import Anchor
from monitor.ui.chart.drawings.places import Places
from monitor.ui.chart.scene import Scene

PULL_PX = 40.0


def drawn_to(scene: Scene, point: QPointF) -> Anchor | None:
    """The nearest of the four prices of the bars at ``point``, where one is within the magnet's reach.

    Where many bars share a pixel, they count as one, and the anchor stands on the bar that has the price.
    """
    places = Places.of(scene)
    first = max(0, places.bar_at(point.x()))
    rows = scene.bars.rows(first, max(first, places.bar_at(point.x() + 1) - 1) + 1)
    if not len(rows) or places.bar_at(point.x()) < 0:
        return None
    at = {"open": 0, "high": int(rows["high"].argmax()), "low": int(rows["low"].argmin()), "close": len(rows) - 1}
    prices = [(float(rows[name][row]), row) for name, row in at.items()]
    price, row = min(prices, key=lambda each: abs(places.y(each[0]) - point.y()))
    if abs(places.y(price) - point.y()) > PULL_PX:
        return None
    return Anchor(places.time(first + row + 0.5), price)

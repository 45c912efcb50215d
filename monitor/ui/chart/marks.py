"""Marks that move with every tick or with the mouse: the price axis' labels, the last price, and the crosshair."""

from collections.abc import Sequence

from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from monitor.ui import format as words
from monitor.ui.chart.axis_tags import Rank, Tag, height_of, paint_words, price_tag
from monitor.ui.chart.backdrop import bar_time
from monitor.ui.chart.indicators.legend import value_words
from monitor.ui.chart.scene import TIME_AXIS_PX, Scene


def paint_last_price(painter: QPainter, scene: Scene, remaining: str) -> list[Tag]:
    """The dashed line of the last price; gives its tag, with ``remaining`` below it."""
    count = len(scene.bars)
    if not count:
        return []
    bar = scene.bars.rows(count - 1, count)[0]
    colour = scene.colours.colour("up" if bar["close"] >= bar["open"] else "down")
    y = int(scene.scale.y(bar["close"]))
    if 0 <= y < scene.plot.height():
        _dashed(painter, colour, QPoint(0, y), QPoint(scene.plot.right(), y))
    close = float(bar["close"])
    told = scene.scale.words(close) if scene.scale.percent else words.price(close)
    lines = [told] + ([remaining] if remaining else [])
    return [price_tag(y, lines, colour, scene.colours.colour("panel"), Rank.LAST_PRICE)]


def paint_previous_close(painter: QPainter, scene: Scene) -> None:
    """A thin line at yesterday's close, when it is in view."""
    if scene.shows_previous_close and scene.previous_close:
        y = int(scene.scale.y(scene.previous_close))
        if 0 <= y < scene.plot.height():
            painter.setPen(QPen(scene.colours.colour("amber", 130), 1, Qt.PenStyle.DotLine))
            painter.drawLine(0, y, scene.plot.right(), y)


def paint_bid_and_ask(painter: QPainter, scene: Scene) -> None:
    """Thin lines at the best bid and ask."""
    if not scene.shows_bid_and_ask:
        return
    for price, name in ((scene.bid, "up"), (scene.ask, "down")):
        y = int(scene.scale.y(price)) if price else -1
        if 0 <= y < scene.plot.height():
            painter.setPen(QPen(scene.colours.colour(name, 150), 1, Qt.PenStyle.DotLine))
            painter.drawLine(0, y, scene.plot.right(), y)


def paint_prices(painter: QPainter, scene: Scene, tags: Sequence[QRect]) -> None:
    """The price axis' labels, except where one of the ``tags`` stands."""
    painter.setPen(scene.colours.colour("dim"))
    ticks = scene.price_ticks
    for price, y in zip(ticks, scene.scale.y(ticks).tolist(), strict=True):
        place = QRect(scene.plot.right() + 8, y - 8, scene.canvas.width() - scene.plot.width() - 8, 16)
        if 8 < y < scene.plot.bottom() - 6 and not any(place.intersects(tag) for tag in tags):
            painter.drawText(
                place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, scene.scale.words(price)
            )


def paint_crosshair(painter: QPainter, scene: Scene, mouse: QPoint, index: int) -> None:
    """Dashed lines through the bar at ``index`` and the mouse, labelled at the time, and in a pane at its value."""
    _paint_moment(painter, scene, index)
    _paint_level(painter, scene, mouse.y())
    if mouse.y() > scene.plot.bottom():
        dim, panel, height = scene.colours.colour("dim"), scene.colours.colour("panel"), height_of(1)
        left, top = scene.plot.right() + 2, min(mouse.y() - height // 2, scene.body.height() - height)
        place = QRect(left, top, scene.canvas.width() - left, height)
        paint_words(painter, place, [_pane_words(scene, mouse)], dim, panel)


def paint_crosshair_along(painter: QPainter, scene: Scene, index: int, price: float | None) -> None:
    """The crosshair of another chart: a line through the bar at ``index``, and one at the price."""
    if shows(scene, index):
        _paint_moment(painter, scene, index)
        if (y := _level(scene, price)) is not None:
            _paint_level(painter, scene, y)


def crosshair_tags(scene: Scene, price: float | None) -> list[Tag]:
    """The tag of a crosshair at a price, if that is in view."""
    y = _level(scene, price)
    if price is None or y is None:
        return []
    told = scene.scale.words(price) if scene.scale.percent else words.price(price)
    return [price_tag(y, [told], scene.colours.colour("dim"), scene.colours.colour("panel"), Rank.CROSSHAIR)]


def shows(scene: Scene, index: int) -> bool:
    """Whether the middle of a bar is in view."""
    return 0 <= int(scene.viewport.centre_of(index)) <= scene.plot.right()


def _level(scene: Scene, price: float | None) -> int | None:
    """The pixel of a price that is in view."""
    y = int(scene.scale.y(price)) if price is not None else -1
    return y if 0 <= y <= scene.plot.bottom() else None


def _paint_moment(painter: QPainter, scene: Scene, index: int) -> None:
    """The line through a bar, and its time."""
    colours, x = scene.colours, int(scene.viewport.centre_of(index))
    _dashed(painter, colours.colour("dim"), QPoint(x, 0), QPoint(x, scene.body.bottom()))
    told = bar_time(int(scene.bars.start[index]), scene.interval, scene.zone)
    time_tag(painter, scene, x, told, colours.colour("dim"), colours.colour("panel"))


def _paint_level(painter: QPainter, scene: Scene, y: int) -> None:
    _dashed(painter, scene.colours.colour("dim"), QPoint(0, y), QPoint(scene.plot.right(), y))


def _pane_words(scene: Scene, mouse: QPoint) -> str:
    """The value of the pane at the mouse."""
    for shown in scene.indicators:
        pane = shown.pane
        if pane is not None and pane.rect.contains(0, mouse.y()):
            return value_words(shown, pane.scale.price(mouse.y() - pane.rect.top()))
    price = scene.scale.price(mouse.y())
    return scene.scale.words(price) if scene.scale.percent else words.price(price)


def _dashed(painter: QPainter, colour: QColor, begin: QPoint, end: QPoint) -> None:
    pen = QPen(colour, 1, Qt.PenStyle.CustomDashLine)
    pen.setDashPattern([3, 3])
    painter.setPen(pen)
    painter.drawLine(begin, end)


def time_tag(painter: QPainter, scene: Scene, x: int, text: str, ground: QColor, ink: QColor) -> None:
    """A tag on the time axis with its middle at ``x``, kept inside the plot's width."""
    width = painter.fontMetrics().horizontalAdvance(text) + 16
    left = min(max(0, x - width // 2), scene.plot.right() - width)
    place = QRect(left, scene.body.bottom() + 2, width, TIME_AXIS_PX - 4)
    if place.intersects(scene.zone_place):  # whose word must not look out from under it
        painter.fillRect(scene.zone_place & scene.canvas, scene.colours.colour("panel"))
    paint_words(painter, place, [text], ground, ink)

"""A chart as others can use it: a picture in a file or on the clipboard, and its bars as text."""

from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QRect, QSaveFile, Qt
from PySide6.QtGui import QFont, QImage, QPainter
from PySide6.QtSvg import QSvgGenerator

from monitor.errors import Unusable
from monitor.ui.chart.compare.compared import Compared
from monitor.ui.chart.scene import Scene
from monitor.ui.chart.time_axis import in_zone
from monitor.ui.chart.view import ChartView

#: Pixels of the picture to one on the screen, so that it can be enlarged.
_SCALE = 2


def picture(view: ChartView, mark: str) -> QImage:
    """What the chart shows, without the crosshair, in twice its size; ``mark`` is written over it unless empty."""
    image = QImage(view.size() * _SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(_SCALE)
    with QPainter(image) as painter:
        _paint(painter, view, mark)
    return image


def save(view: ChartView, path: Path, mark: str) -> None:
    """Write the picture as PNG or SVG, as the name ends, whole or not at all. Raises Unusable."""
    file = QSaveFile(str(path))
    if not file.open(QSaveFile.OpenModeFlag.WriteOnly):
        raise Unusable(f"{path} cannot be written: {file.errorString()}.")
    if path.suffix.lower() == ".svg":
        generator = QSvgGenerator()
        generator.setOutputDevice(file)
        generator.setSize(view.size())
        generator.setViewBox(QRect(0, 0, view.width(), view.height()))
        generator.setTitle(f"{view.scene.symbol} {view.scene.interval.label}")
        with QPainter(generator) as painter:
            _paint(painter, view, mark)
    else:
        picture(view, mark).save(file, "PNG")  # type: ignore[call-overload]
    if not file.commit():
        raise Unusable(f"{path} cannot be written: {file.errorString()}.")


def _paint(painter: QPainter, view: ChartView, mark: str) -> None:
    view.paint(painter)
    if mark:
        font = QFont(painter.font())
        font.setPixelSize(28)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(view.scene.colours.colour("amber", 90))
        painter.drawText(view.scene.plot, Qt.AlignmentFlag.AlignCenter, mark)


def bars_as_text(scene: Scene, first: int, last: int) -> str:
    """The bars from ``first`` to ``last`` - 1 as CSV, with the values of the indicators that are shown.

    Of each compared symbol that is shown it has the close and the percent since the first bar in view.
    """
    return "\n".join(",".join(line) for line in _lines(scene, first, last)) + "\n"


def _lines(scene: Scene, first: int, last: int) -> Iterator[list[str]]:
    columns = [(shown, place, output) for shown in scene.indicators if shown.visible for place, output in shown.drawn]
    names = [_name(shown.settings.label, output.title, len(shown.drawn) > 1) for shown, _, output in columns]
    compared = [each for each in scene.compared if each.drawn]
    beside = [f"{each.symbol} {what}" for each in compared for what in ("close", "%")]
    own = [f"{scene.symbol} %"] if compared else []
    yield ["start", "open", "high", "low", "close", "volume", *own, *beside, *names]
    for index, row in enumerate(scene.bars.rows(first, last).tolist(), start=first):
        start, *figures = row
        moment = in_zone(start, scene.zone)
        when = moment.isoformat(timespec="minutes") if scene.interval.intraday else f"{moment:%Y-%m-%d}"
        values = [shown.at(place, index) for shown, place, _ in columns]
        yield [when, *map(_value, figures), *_beside(scene, compared, index, figures[3]), *map(_value, values)]


def _beside(scene: Scene, compared: list[Compared], index: int, close: float) -> list[str]:
    """The chart's own percent, then the close and percent of each compared symbol; nothing without any."""
    base = scene.scale.base
    own = [f"{(close / base - 1) * 100:.4f}" if base > 0 else ""] if compared else []
    for each in compared:
        percent = each.percent(scene.bars, index)
        own += [_value(each.line.at(index)) if each.line else "", f"{percent:.4f}" if percent == percent else ""]
    return own


def _name(label: str, output: str, several: bool) -> str:
    return f"{label} {output}".replace(",", "") if several else label.replace(",", "")


def _value(value: float) -> str:
    return "" if value != value else f"{value:.10g}"

"""The legend: symbol, interval, exchange and the figures of one bar, as text and as paint."""

from collections.abc import Sequence
from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QFont, QPainter

from monitor.market.instrument import is_index
from monitor.ui import format as words
from monitor.ui.chart.compare.painting import percent_words
from monitor.ui.chart.indicators.legend import value_words
from monitor.ui.chart.scene import Scene, back_words


class Piece(NamedTuple):
    """Some words of the legend: ``colour`` names one of the palette."""

    text: str
    colour: str
    bold: bool = False


def legend(scene: Scene, index: int | None) -> list[Piece]:
    """What the legend says of the bar at ``index``, or of the last bar; figures are left out when there is no bar."""
    parts = [scene.interval.label] + ([scene.exchange] if scene.exchange else [])
    pieces = [Piece(scene.symbol, "text", True), Piece("".join(f" · {part}" for part in parts), "dim")]
    count = len(scene.bars)
    if not count:
        return pieces
    at = count - 1 if index is None else index
    rows = scene.bars.rows(max(0, at - 1), at + 1)
    bar = rows[-1]
    if scene.compared and scene.scale.base > 0:
        pieces.append(Piece(f"   {percent_words((float(bar['close']) / scene.scale.base - 1) * 100)}", "text", True))
    colour = "up" if bar["close"] >= bar["open"] else "down"
    for letter, name in (("O", "open"), ("H", "high"), ("L", "low"), ("C", "close")):
        pieces += [Piece(f"   {letter} ", "dim"), Piece(words.price(bar[name]), colour if letter == "C" else "text")]
    if len(rows) > 1 and rows[0]["close"]:
        change = float(bar["close"] - rows[0]["close"])
        share = change / float(rows[0]["close"]) * 100
        sign = "up" if change >= 0 else "down"
        pieces.append(Piece(f"  {words.change(change)} ({words.percent(share)} %)", sign))
    if is_index(scene.symbol):
        return pieces
    return [*pieces, Piece("   Vol ", "dim"), Piece(words.volume(float(bar["volume"])), "text")]


def shortened(pieces: Sequence[Piece]) -> list[Piece]:
    """Without open, high and low."""
    left_out = {
        at + after for at, piece in enumerate(pieces) for after in (0, 1) if piece.text.strip() in ("O", "H", "L")
    }
    return [piece for at, piece in enumerate(pieces) if at not in left_out]


def aloud(scene: Scene, index: int) -> str:
    """A bar in words, for who hears the screen: the figures, what is compared with, and the indicators' values."""
    bar = scene.bars.rows(index, index + 1)[0]
    told = [f"{name} {words.price(float(bar[name]))}" for name in ("open", "high", "low", "close")]
    told.append(f"volume {words.volume(float(bar['volume']))}")
    told += [f"{each.symbol} {percent_words(each.percent(scene.bars, index))}" for each in scene.compared if each.drawn]
    for shown in scene.indicators:
        if shown.visible and shown.drawn:
            values = [value_words(shown, shown.at(place, index)) for place, _ in shown.drawn]
            told.append(f"{shown.settings.label} {' '.join(values)}")
    return ", ".join(told)


def paint_legend(painter: QPainter, scene: Scene, index: int | None) -> None:
    """Top left, on one line; what finds no room before the price axis is left out, open, high and low first."""
    font = painter.font()
    bold = QFont(font)
    bold.setWeight(QFont.Weight.Bold)
    at = QPoint(10, 10 + painter.fontMetrics().ascent())
    pieces = legend(scene, index)
    if at.x() + sum(painter.fontMetrics().horizontalAdvance(piece.text) for piece in pieces) > scene.plot.right():
        pieces = shortened(pieces)
    for number, piece in enumerate(pieces):
        painter.setFont(bold if piece.bold else font)
        metrics = painter.fontMetrics()
        width = metrics.horizontalAdvance(piece.text)
        # A letter is of no use without its figure.
        figure = pieces[number + 1].text if piece.colour == "dim" and 1 < number < len(pieces) - 1 else ""
        if at.x() + width + metrics.horizontalAdvance(figure) > scene.plot.right():
            break
        back_words(painter, scene, QRect(at.x(), at.y() - metrics.ascent() - 1, width, metrics.height() + 2))
        painter.setPen(scene.colours.colour(piece.colour))
        painter.drawText(at, piece.text)
        at += QPoint(width, 0)
    painter.setFont(font)

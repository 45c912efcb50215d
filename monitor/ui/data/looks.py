"""How each state of a day looks: a colour of the theme and a mark beside it, so that colour is never all there is."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen, QPolygonF

from monitor.ui.data.model import Code
from monitor.ui.palettes import Colours

#: The states as the legend names them, in its order.
NAMES = {
    Code.COMPLETE: "complete",
    Code.PARTIAL: "partial",
    Code.MISSING: "missing",
    Code.FAILED: "failed",
    Code.EMPTY: "empty at source",
    Code.OUT_OF_REACH: "out of reach",
    Code.TODAY: "today",
}


def paint_cell(painter: QPainter, code: Code, rect: QRectF, colours: Colours) -> None:
    """One cell: full, half full, crossed out, a bar, a ring, hatched, or a frame."""
    if code is not Code.CLOSED:
        _PAINTERS[code](painter, rect, colours)


def _complete(painter: QPainter, rect: QRectF, colours: Colours) -> None:
    painter.fillRect(rect, _blend(colours, "good", 0.62))


def _partial(painter: QPainter, rect: QRectF, colours: Colours) -> None:
    """Filled from below to the diagonal."""
    painter.fillRect(rect, _blend(colours, "amber", 0.30))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_blend(colours, "amber", 0.90))
    painter.drawPolygon(QPolygonF([rect.topLeft(), rect.bottomRight(), rect.bottomLeft()]))


def _missing(painter: QPainter, rect: QRectF, colours: Colours) -> None:
    """A bar across it, as a minus."""
    painter.fillRect(rect, _blend(colours, "bad", 0.72))
    middle = QRectF(rect.left() + 2, rect.center().y() - 1, rect.width() - 4, 2)
    painter.fillRect(middle, colours.colour("panel"))


def _failed(painter: QPainter, rect: QRectF, colours: Colours) -> None:
    """Crossed out."""
    painter.fillRect(rect, _blend(colours, "bad", 0.28))
    painter.setPen(QPen(_blend(colours, "bad", 1.0), 1.4))
    inner = rect.adjusted(2, 3, -2, -3)
    painter.drawLine(inner.topLeft(), inner.bottomRight())
    painter.drawLine(inner.bottomLeft(), inner.topRight())


def _empty(painter: QPainter, rect: QRectF, colours: Colours) -> None:
    """A frame with nothing in it but a dot: there was an answer, and no bars."""
    painter.setPen(QPen(_blend(colours, "good", 0.62), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(_blend(colours, "good", 0.62))
    painter.drawEllipse(rect.center(), 1.5, 1.5)


def _out_of_reach(painter: QPainter, rect: QRectF, colours: Colours) -> None:
    """Pale and hatched."""
    painter.fillRect(rect, _blend(colours, "dim", 0.12))
    painter.save()
    painter.setClipRect(rect)
    painter.setPen(QPen(_blend(colours, "dim", 0.30), 1))
    for offset in range(-int(rect.height()), int(rect.width()), 5):
        start = QPointF(rect.left() + offset, rect.bottom())
        painter.drawLine(start, start + QPointF(rect.height(), -rect.height()))
    painter.restore()


def _today(painter: QPainter, rect: QRectF, colours: Colours) -> None:
    """A frame that fills from below."""
    painter.setPen(QPen(_blend(colours, "accent", 0.95), 1))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRect(rect.adjusted(0.5, 0.5, -0.5, -0.5))
    lower = QRectF(rect.left() + 2, rect.center().y(), rect.width() - 4, rect.bottom() - rect.center().y() - 2)
    painter.fillRect(lower, _blend(colours, "accent", 0.60))


_PAINTERS = {
    Code.COMPLETE: _complete,
    Code.PARTIAL: _partial,
    Code.MISSING: _missing,
    Code.FAILED: _failed,
    Code.EMPTY: _empty,
    Code.OUT_OF_REACH: _out_of_reach,
    Code.TODAY: _today,
}


def _blend(colours: Colours, name: str, share: float) -> QColor:
    """The colour laid over the panel's ground; opaque, so that neighbours never shine through."""
    over, under = colours.colour(name), colours.colour("panel")
    parts = (
        round(o * share + u * (1 - share))
        for o, u in zip(over.getRgb()[:3], under.getRgb()[:3], strict=True)  # type: ignore[index]
    )
    return QColor(*parts)


@dataclass(frozen=True, slots=True)
class Pitch:
    """The size of a tile in the screen's own pixels, of which ``scale`` make one of Qt's."""

    wide: int
    tall: int
    scale: float = 1.0

    @property
    def across(self) -> float:
        """From cell to cell, in Qt's pixels."""
        return self.wide / self.scale

    @property
    def down(self) -> float:
        """From row to row, in Qt's pixels."""
        return self.tall / self.scale


def compose(codes: npt.NDArray[np.uint8], pitch: Pitch, colours: Colours) -> QImage:
    """The picture of a whole map: ``codes`` by rows and columns, each a tile of the atlas."""
    atlas = _atlas(colours, pitch)
    rows, columns = codes.shape
    tall, wide = rows * pitch.tall, columns * pitch.wide
    pixels = np.ascontiguousarray(atlas[codes].transpose(0, 2, 1, 3)).reshape(tall, wide)
    image = QImage(pixels.data, wide, tall, wide * 4, QImage.Format.Format_RGB32).copy()  # the array goes on return
    image.setDevicePixelRatio(pitch.scale)
    return image


@lru_cache(maxsize=16)
def _atlas(colours: Colours, pitch: Pitch) -> npt.NDArray[np.uint32]:
    """The tiles one after the other by code: pixels of each, by lines."""
    wide, tall = pitch.wide, pitch.tall
    tiles = np.empty((len(Code), tall, wide), np.uint32)
    for code in Code:
        image = QImage(wide, tall, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(pitch.scale)
        image.fill(colours.colour("panel"))
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        gap = 1 if pitch.across > 5 else 0
        paint_cell(painter, code, QRectF(0, 2, pitch.across - gap, pitch.down - 4), colours)
        painter.end()
        tiles[code] = np.frombuffer(image.constBits(), np.uint32).reshape(tall, image.bytesPerLine() // 4)[:, :wide]
    return tiles

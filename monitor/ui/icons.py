"""The program's own line icons, drawn in the colours of the theme."""

from functools import cache
from typing import Protocol

from PySide6.QtCore import QByteArray, QSize, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer
from shiboken6 import isValid

from monitor.resource import resource
from monitor.ui.theme import Theme

#: Icons are drawn for this size; the larger pixmaps serve screens with more dots an inch.
SIDE = 16
_SCALES = (1, 2, 3)


class Iconed(Protocol):
    """An action or a button: whatever shows an icon."""

    def setIcon(self, icon: QIcon) -> None: ...


@cache
def icon(name: str, colour: str, dim: str = "") -> QIcon:
    """The icon ``resources/icons/<name>.svg`` with its lines in ``colour``, and in ``dim`` when disabled."""
    result = QIcon()
    for mode, ink in ((QIcon.Mode.Normal, colour), (QIcon.Mode.Disabled, dim or colour)):
        for scale in _SCALES:
            result.addPixmap(_draw(name, ink, scale), mode)
    return result


def _draw(name: str, colour: str, scale: int) -> QPixmap:
    source = resource(f"icons/{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    pixmap = QPixmap(QSize(SIDE, SIDE) * scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    QSvgRenderer(QByteArray(source.encode())).render(painter)
    painter.end()
    pixmap.setDevicePixelRatio(scale)
    return pixmap


def wear(target: Iconed, name: str, theme: Theme, colour: str = "dim") -> None:
    """Give ``target`` the icon in the theme's ``colour``, now and whenever the theme changes."""

    def draw() -> None:
        if not isValid(target):  # it was closed since
            theme.changed.disconnect(draw)
            return
        c = theme.colours
        target.setIcon(icon(name, getattr(c, colour), c.line))

    draw()
    theme.changed.connect(draw)

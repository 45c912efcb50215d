"""A small square of a colour, beside the words for it."""

from PySide6.QtGui import QIcon, QPixmap

from monitor.ui.palettes import Colours

_SWATCH_PX = 12


def swatch(palette: Colours, name: str) -> QIcon:
    """The colour of that name in the palette, or ``#rrggbb`` itself."""
    picture = QPixmap(_SWATCH_PX, _SWATCH_PX)
    picture.fill(palette.colour(name))
    return QIcon(picture)

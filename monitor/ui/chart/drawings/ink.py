"""The inks people draw with: by name, so that they suit dark and light, or any colour of their own."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor

from monitor.market.drawing import Dash, DrawingKind, Style
from monitor.ui.palettes import Colours

#: Names, as they are kept and shown, of colours of the palette.
INKS = {"blue": "blue", "green": "green", "red": "red", "amber": "amber", "plain": "text", "grey": "dim"}
WIDTHS = (1, 2, 3, 4)
#: Words are as large as the pen is wide.
SIZES = ("Small", "Medium", "Large", "Huge")
PENS = {
    Dash.SOLID: Qt.PenStyle.SolidLine,
    Dash.DASHED: Qt.PenStyle.DashLine,
    Dash.DOTTED: Qt.PenStyle.DotLine,
}
_FIRST = {DrawingKind.FIBONACCI: Style("amber"), DrawingKind.TEXT: Style("plain")}


def first_style(kind: DrawingKind) -> Style:
    """How a kind looks until a person chooses otherwise."""
    return _FIRST.get(kind, Style())


def width_of(style: Style) -> int:
    """The width of the pen in pixels, within what can be chosen."""
    return min(max(style.width, WIDTHS[0]), WIDTHS[-1])


def ink(colours: Colours, name: str) -> QColor:
    """The colour of an ink; what is neither a known name nor a colour is drawn in blue."""
    colour = QColor(name) if name.startswith("#") else colours.colour(INKS.get(name, "blue"))
    return colour if colour.isValid() else colours.colour("blue")

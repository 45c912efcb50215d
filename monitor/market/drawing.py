"""What a person draws on a chart: kinds, anchors in time and price, and looks."""

from enum import StrEnum

from msgspec import Struct


class DrawingKind(StrEnum):
    """The values are those in the database."""

    TREND = "trend"
    RAY = "ray"
    HORIZONTAL = "horizontal"
    VERTICAL = "vertical"
    RECTANGLE = "rectangle"
    CHANNEL = "channel"
    FIBONACCI = "fibonacci"
    TEXT = "text"

    @property
    def anchors(self) -> int:
        """How many anchors such a drawing has."""
        return _ANCHORS.get(self, 2)


_ANCHORS = {DrawingKind.HORIZONTAL: 1, DrawingKind.VERTICAL: 1, DrawingKind.TEXT: 1, DrawingKind.CHANNEL: 3}

#: Retracements of a move that ran from the first anchor (1) to the second (0).
FIBONACCI_LEVELS = (0.0, 0.236, 0.382, 0.5, 0.618, 0.786, 1.0)


class Dash(StrEnum):
    """How a line is broken."""

    SOLID = "solid"
    DASHED = "dashed"
    DOTTED = "dotted"


class Anchor(Struct, frozen=True, array_like=True):
    """A place on a chart: ms UTC, and a price."""

    time: int
    price: float


class Style(Struct, frozen=True):
    """``colour`` is the name of an ink, which suits dark and light, or ``#rrggbb``; ``width`` is in pixels."""

    colour: str = "blue"
    width: int = 1
    dash: Dash = Dash.SOLID


class Drawing(Struct, frozen=True):
    """One drawing of a symbol; a change of it is another struct with the same ``id``.

    ``place`` orders them from back to front. A channel's first two anchors are its base, the third lies on the line
    beside it. Only the price of a horizontal line counts, and only the time of a vertical one.
    """

    id: str
    kind: DrawingKind
    anchors: tuple[Anchor, ...]
    style: Style = Style()
    place: int = 0
    text: str = ""
    locked: bool = False
    hidden: bool = False

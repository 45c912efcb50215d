"""The tools to draw with: their words, keys and icons, and what each click sets."""

from typing import NamedTuple

from PySide6.QtGui import QKeySequence

from monitor.market.drawing import DrawingKind


class Tool(NamedTuple):
    """``steps`` say what each click sets; a tool without a ``kind`` measures."""

    title: str
    icon: str
    keys: str
    steps: tuple[str, ...]
    kind: DrawingKind | None = None

    @property
    def clicks(self) -> int:
        return len(self.steps)


_ENDS = "click where it begins", "click where it ends"
_CORNERS = "click a corner", "click the corner across"

TREND = Tool("Trend line", "trend", "Alt+T", _ENDS, DrawingKind.TREND)
RAY = Tool("Ray", "ray", "", ("click where it begins", "click where it passes"), DrawingKind.RAY)
HORIZONTAL = Tool("Horizontal line", "horizontal", "Alt+H", ("click its price",), DrawingKind.HORIZONTAL)
VERTICAL = Tool("Vertical line", "vertical", "Alt+V", ("click its time",), DrawingKind.VERTICAL)
RECTANGLE = Tool("Rectangle", "rectangle", "", _CORNERS, DrawingKind.RECTANGLE)
CHANNEL = Tool("Channel", "channel", "Alt+C", (*_ENDS, "click how wide it is"), DrawingKind.CHANNEL)
FIBONACCI = Tool(
    "Fibonacci retracement",
    "fibonacci",
    "Alt+F",
    ("click where the move begins", "click where it ends"),
    DrawingKind.FIBONACCI,
)
TEXT = Tool("Text", "text", "", ("click where it stands",), DrawingKind.TEXT)
MEASURE = Tool("Measure", "measure", "", _ENDS)

TOOLS = (TREND, RAY, HORIZONTAL, VERTICAL, RECTANGLE, CHANNEL, FIBONACCI, TEXT, MEASURE)


def with_keys(text: str, keys: str) -> str:
    """The words of a menu entry that shows a key, which the chart itself hears."""
    return f"{text}\t{QKeySequence(keys).toString(QKeySequence.SequenceFormat.NativeText)}" if keys else text


def title_of(kind: DrawingKind) -> str:
    """What a kind is called."""
    return next(tool.title for tool in TOOLS if tool.kind is kind)

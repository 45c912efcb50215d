"""The palette, dark and light, and the one style sheet made from it."""

from dataclasses import dataclass

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from monitor.resource import resource


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour the program paints with, as ``#rrggbb``."""

    ground: str
    panel: str
    header: str
    line: str
    text: str
    dim: str
    up: str
    down: str
    accent: str
    amber: str
    selection: str
    hover: str
    banner: str
    banner_text: str
    #: Lines of a chart that are to be told apart.
    series: tuple[str, ...]

    def colour(self, name: str, alpha: int = 255) -> QColor:
        """The named colour with an opacity of 0 to 255; ``series1`` is the first of the series, ``#rrggbb`` itself."""
        if name.startswith("#"):
            colour = QColor(name)
        elif name.startswith("series"):
            colour = QColor(self.series[(int(name[6:]) - 1) % len(self.series)])
        else:
            colour = QColor(getattr(self, name))
        colour.setAlpha(alpha)
        return colour


DARK = Colours(
    ground="#14171c",
    panel="#1a1e25",
    header="#20252e",
    line="#2b313b",
    text="#d6dae1",
    dim="#8b93a1",
    up="#26a69a",
    down="#f05653",
    accent="#4c8dff",
    amber="#e0a030",
    selection="#26344f",
    hover="#2a313c",
    banner="#5a3d00",
    banner_text="#ffc44d",
    series=("#b678ff", "#2cc5d2", "#ff7a9c", "#9ccc3c", "#ff8a3d", "#e6d24a", "#c9a287", "#8fa3bf"),
)
LIGHT = Colours(
    ground="#eef0f3",
    panel="#ffffff",
    header="#f4f5f7",
    line="#d5d9df",
    text="#1b1f26",
    dim="#5d6674",
    up="#0a796e",
    down="#c62f2c",
    accent="#1f5fd6",
    amber="#8f5e00",
    selection="#d7e4fb",
    hover="#e6e9ee",
    banner="#ffd98a",
    banner_text="#5a3b00",
    series=("#7a35cc", "#007c89", "#c2255c", "#4f7a00", "#c2500a", "#7d6b00", "#80543a", "#55657d"),
)

#: The colours of link groups 1 to 9, as thinkorswim orders them.
LINK_COLOURS = ("#c0392b", "#c9a227", "#2f6fd6", "#2e9e5b", "#8e44ad", "#7b2d3b", "#d9731a", "#7a5230", "#9a86c8")


class Theme(QObject):
    """The colours in use; painters read ``colours`` at paint time and repaint on ``changed``."""

    changed = Signal()

    def __init__(self, dark: bool = True) -> None:
        super().__init__()
        self._dark = dark

    @property
    def dark(self) -> bool:
        return self._dark

    @property
    def colours(self) -> Colours:
        return DARK if self._dark else LIGHT

    def use(self, dark: bool) -> None:
        """Switch the whole application to the dark or the light scheme."""
        self._dark = dark
        scheme = Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light
        QGuiApplication.styleHints().setColorScheme(scheme)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setStyle("Fusion")
            application.setPalette(self._palette())
            application.setStyleSheet(self._style_sheet())
        self.changed.emit()

    def _palette(self) -> QPalette:
        c, palette = self.colours, QPalette()
        roles = QPalette.ColorRole
        for role, name in (
            (roles.Window, "ground"),
            (roles.Base, "panel"),
            (roles.AlternateBase, "header"),
            (roles.Button, "header"),
            (roles.ToolTipBase, "header"),
            (roles.WindowText, "text"),
            (roles.Text, "text"),
            (roles.ButtonText, "text"),
            (roles.ToolTipText, "text"),
            (roles.PlaceholderText, "dim"),
            (roles.Highlight, "selection"),
            (roles.HighlightedText, "text"),
            (roles.Link, "accent"),
            (roles.Accent, "accent"),
        ):
            palette.setColor(role, c.colour(name))
        disabled = QPalette.ColorGroup.Disabled
        for role in (roles.WindowText, roles.Text, roles.ButtonText):
            palette.setColor(disabled, role, c.colour("dim"))
        return palette

    def _style_sheet(self) -> str:
        text = resource("style.qss").read_text(encoding="utf-8")
        text = text.replace("@icons@", resource("icons").as_posix())
        for name in Colours.__slots__:
            if name != "series":
                text = text.replace(f"@{name}@", getattr(self.colours, name))
        return text


def data_font(points: float = 9.0) -> QFont:
    """The font of numbers: tabular digits, so that columns do not dance."""
    font = QFont(QGuiApplication.font())
    font.setPointSizeF(points)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font

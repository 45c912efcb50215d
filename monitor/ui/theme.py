"""The colours in use, and the one style sheet made from them."""

from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAccessibilityHints, QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from monitor.ports import Preferences
from monitor.resource import resource
from monitor.ui.palettes import Colours, Palette

#: The colours of link groups 1 to 9, as thinkorswim orders them.
LINK_COLOURS = ("#c0392b", "#c9a227", "#2f6fd6", "#2e9e5b", "#8e44ad", "#7b2d3b", "#d9731a", "#7a5230", "#9a86c8")


_DARK_KEY, _PALETTE_KEY = "theme", "palette"


class Kept(Protocol):
    """Where choices are read from: preferences, or the settings file as it was read."""

    def get(self, key: str, default: str, /) -> str: ...


class Theme(QObject):
    """The colours in use; painters read ``colours`` at paint time and repaint on ``changed``.

    Until a person chooses a palette, it is that of high contrast while the system asks for it.
    """

    changed = Signal()

    def __init__(self, dark: bool = True, system: QAccessibilityHints | None = None) -> None:
        """``system`` tells what people who see little have set there; without one it is this system."""
        super().__init__()
        self._dark = dark
        self._chosen: Palette | None = None
        self._hints = QGuiApplication.styleHints()  # which takes what it gave along when it goes
        self._system = system or self._hints.accessibility()
        self._system.contrastPreferenceChanged.connect(self._take_contrast)

    @property
    def dark(self) -> bool:
        return self._dark

    @property
    def palette(self) -> Palette:
        if self._chosen is not None:
            return self._chosen
        asked = self._system.contrastPreference() is Qt.ContrastPreference.HighContrast
        return Palette.HIGH_CONTRAST if asked else Palette.GREEN_RED

    @property
    def colours(self) -> Colours:
        return self.palette.colours(self._dark)

    def use(self, dark: bool) -> None:
        """Switch the whole application to the dark or the light scheme."""
        self._dark = dark
        scheme = Qt.ColorScheme.Dark if dark else Qt.ColorScheme.Light
        self._hints.setColorScheme(scheme)
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setStyle("Fusion")
            application.setPalette(self._palette())
            application.setStyleSheet(self._style_sheet())
        self.changed.emit()

    def choose(self, palette: Palette | None) -> None:
        """Switch the whole application to a palette, or to the one that suits the system."""
        self._chosen = palette
        self.use(self._dark)

    def restore(self, kept: Kept) -> None:
        """Take up what was chosen; a palette that is not known counts as none."""
        name = kept.get(_PALETTE_KEY, "")
        self._chosen = Palette(name) if name in set(Palette) else None
        self.use(kept.get(_DARK_KEY, "dark") == "dark")

    def keep(self, preferences: Preferences) -> None:
        """Remember what is chosen."""
        preferences.set(_DARK_KEY, "dark" if self._dark else "light")
        preferences.set(_PALETTE_KEY, self._chosen or "")

    def _take_contrast(self) -> None:
        if self._chosen is None:
            self.use(self._dark)

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
        sheets = ["style.qss"] + (["high-contrast.qss"] if self.palette is Palette.HIGH_CONTRAST else [])
        text = "".join(resource(sheet).read_text(encoding="utf-8") for sheet in sheets)
        text = text.replace("@icons@", resource("icons").as_posix())
        text = text.replace("@scheme@", "dark" if self._dark else "light")
        for name in Colours.__slots__:
            if name != "series":
                text = text.replace(f"@{name}@", getattr(self.colours, name))
        return text


def ink_on(ground: str) -> str:
    """Black or white: what can be read better on a ground of any colour, given as ``#rrggbb``."""
    red, green, blue = QColor(ground).getRgbF()[:3]  # type: ignore[index]
    bright = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
    return "#000000" if bright > 0.18 else "#ffffff"  # where both have the same contrast


def data_font(points: float = 9.0) -> QFont:
    """The font of numbers: tabular digits, so that columns do not dance."""
    font = QFont(QGuiApplication.font())
    font.setPointSizeF(points)
    font.setFeature(QFont.Tag("tnum"), 1)
    return font

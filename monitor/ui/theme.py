"""The colours in use, and the one style sheet made from them."""

from typing import Protocol

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QAccessibilityHints, QColor, QFont, QGuiApplication, QPalette, QStyleHints
from PySide6.QtWidgets import QApplication

from monitor.ports import Preferences
from monitor.resource import resource
from monitor.ui.palettes import Colours, Palette

#: The colours of link groups 1 to 9, as thinkorswim orders them.
LINK_COLOURS = ("#c0392b", "#c9a227", "#2f6fd6", "#2e9e5b", "#8e44ad", "#7b2d3b", "#d9731a", "#7a5230", "#9a86c8")


_DARK_KEY, _PALETTE_KEY = "theme", "palette"
_KEPT = {True: "dark", False: "light", None: "system"}
_SCHEMES = {True: Qt.ColorScheme.Dark, False: Qt.ColorScheme.Light, None: Qt.ColorScheme.Unknown}


class Kept(Protocol):
    """Where choices are read from: preferences, or the settings file as it was read."""

    def get(self, key: str, default: str, /) -> str: ...


class Theme(QObject):
    """The colours in use; painters read ``colours`` at paint time and repaint on ``changed``.

    Until a person chooses a palette, it is that of high contrast while the system asks for it. Dark or light is as the
    person chose, or as the system is, now and after it has changed.
    """

    changed = Signal()

    def __init__(
        self, dark: bool = True, system: QAccessibilityHints | None = None, hints: QStyleHints | None = None
    ) -> None:
        """``system`` tells what people who see little have set there, ``hints`` its scheme; else this system."""
        super().__init__()
        self._scheme: bool | None = dark
        self._worn = dark
        self._chosen: Palette | None = None
        self._hints = hints or QGuiApplication.styleHints()  # which takes what it gave along when it goes
        self._system = system or self._hints.accessibility()
        self._system.contrastPreferenceChanged.connect(self._take_contrast)
        self._hints.colorSchemeChanged.connect(self._take_scheme)

    @property
    def dark(self) -> bool:
        """Whether the scheme in use is the dark one; so it is too where the system does not tell its own."""
        return self._hints.colorScheme() is not Qt.ColorScheme.Light if self._scheme is None else self._scheme

    @property
    def scheme(self) -> bool | None:
        """What was chosen: True dark, False light, None what the system has."""
        return self._scheme

    @property
    def chosen(self) -> Palette | None:
        """The palette that was chosen; None what the system asks for."""
        return self._chosen

    @property
    def palette(self) -> Palette:
        return self._chosen or self.asked

    @property
    def asked(self) -> Palette:
        """The palette that suits the system."""
        asked = self._system.contrastPreference() is Qt.ContrastPreference.HighContrast
        return Palette.HIGH_CONTRAST if asked else Palette.GREEN_RED

    @property
    def colours(self) -> Colours:
        return self.palette.colours(self.dark)

    def use(self, dark: bool | None) -> None:
        """Switch the whole application to the dark or the light scheme, or to that of the system."""
        self._scheme = dark
        self._hints.setColorScheme(_SCHEMES[dark])
        self._wear()

    def _wear(self) -> None:
        self._worn = self.dark
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setStyle("Fusion")
            application.setPalette(self._palette())
            application.setStyleSheet(self._style_sheet())
        self.changed.emit()

    def choose(self, palette: Palette | None) -> None:
        """Switch the whole application to a palette, or to the one that suits the system."""
        self._chosen = palette
        self.use(self._scheme)

    def restore(self, kept: Kept) -> None:
        """Take up what was chosen; a palette that is not known counts as none."""
        name = kept.get(_PALETTE_KEY, "")
        self._chosen = Palette(name) if name in set(Palette) else None
        self.use({name: dark for dark, name in _KEPT.items()}.get(kept.get(_DARK_KEY, ""), True))

    def keep(self, preferences: Preferences) -> None:
        """Remember what is chosen."""
        preferences.set(_DARK_KEY, _KEPT[self._scheme])
        preferences.set(_PALETTE_KEY, self._chosen or "")

    def _take_contrast(self) -> None:
        if self._chosen is None:
            self._wear()

    def _take_scheme(self) -> None:
        if self._scheme is None and self.dark is not self._worn:
            self._wear()

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
        text = text.replace("@scheme@", "dark" if self.dark else "light")
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

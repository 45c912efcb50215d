"""The palettes: every colour the program paints with, in dark and in light, for different eyes and customs."""

from dataclasses import dataclass, replace
from enum import StrEnum

from PySide6.QtGui import QColor


class Palette(StrEnum):
    """What a person chooses beside dark and light; the value is kept in settings."""

    GREEN_RED = "green-red"
    BLUE_ORANGE = "blue-orange"
    GREEN_MAGENTA = "green-magenta"
    RED_UP = "red-up"
    HIGH_CONTRAST = "high-contrast"

    @property
    def words(self) -> str:
        """As menus say it."""
        return _WORDS[self]

    def colours(self, dark: bool) -> "Colours":
        """Its colours on a dark or on a light ground."""
        return _PALETTES[self][0 if dark else 1]


_WORDS = {
    Palette.GREEN_RED: "&Green and red",
    Palette.BLUE_ORANGE: "&Blue and orange (colour-blind)",
    Palette.GREEN_MAGENTA: "Green and &magenta (colour-blind)",
    Palette.RED_UP: "&Red up, green down",
    Palette.HIGH_CONTRAST: "&High contrast",
}


@dataclass(frozen=True, slots=True)
class Colours:
    """Every colour of one palette, as ``#rrggbb``.

    ``up`` and ``down`` are of prices, and of bid and ask; ``good`` and ``bad`` of everything else. Whatever these are,
    ``blue``, ``green`` and ``red`` are what they are called: people draw with them.
    """

    ground: str
    panel: str
    header: str
    line: str
    text: str
    dim: str
    up: str
    down: str
    good: str
    bad: str
    accent: str
    amber: str
    blue: str
    green: str
    red: str
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
    down="#f2625f",
    good="#26a69a",
    bad="#f2625f",
    accent="#4c8dff",
    amber="#e0a030",
    blue="#4c8dff",
    green="#26a69a",
    red="#f2625f",
    selection="#1b2947",
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
    up="#0a776c",
    down="#c62f2c",
    good="#0a776c",
    bad="#c62f2c",
    accent="#1f5fd6",
    amber="#8f5e00",
    blue="#1f5fd6",
    green="#0a776c",
    red="#c62f2c",
    selection="#e3edff",
    hover="#e6e9ee",
    banner="#ffd98a",
    banner_text="#5a3b00",
    series=("#7a35cc", "#007580", "#c2255c", "#4a7300", "#b54a08", "#7a6800", "#80543a", "#55657d"),
)
_DARK_BLUE_ORANGE = replace(
    DARK, up="#56a8ff", down="#f58a2e", good="#56a8ff", bad="#f58a2e", amber="#f2e05c", accent="#2cc5b0"
)
_LIGHT_BLUE_ORANGE = replace(
    LIGHT, up="#0060c4", down="#a84b00", good="#0060c4", bad="#a84b00", amber="#5c4c00", accent="#00756a"
)
_DARK_GREEN_MAGENTA = replace(DARK, up="#4cbf6b", down="#ea6be0", good="#4cbf6b", bad="#ea6be0", amber="#f2cf5c")
_LIGHT_GREEN_MAGENTA = replace(LIGHT, up="#19762f", down="#b0219f", good="#19762f", bad="#b0219f", amber="#7a5000")
_DARK_HIGH_CONTRAST = Colours(
    ground="#262626",
    panel="#000000",
    header="#101010",
    line="#a0a0a0",
    text="#ffffff",
    dim="#d6d6d6",
    up="#33dcff",
    down="#ffab73",
    good="#33dcff",
    bad="#ffab73",
    accent="#8fcbff",
    amber="#ffe04d",
    blue="#8fcbff",
    green="#5ef0a0",
    red="#ffa0a0",
    selection="#002a5c",
    hover="#262626",
    banner="#ffd633",
    banner_text="#000000",
    series=("#d2a8ff", "#4de3f0", "#ffa3bd", "#b5e853", "#ffb27a", "#f2e36b", "#e6c9b3", "#b9cbe6"),
)
_LIGHT_HIGH_CONTRAST = Colours(
    ground="#e4e4e4",
    panel="#ffffff",
    header="#f4f4f4",
    line="#5a5a5a",
    text="#000000",
    dim="#333333",
    up="#00486b",
    down="#861e00",
    good="#00486b",
    bad="#861e00",
    accent="#003c9e",
    amber="#553600",
    blue="#003c9e",
    green="#00503a",
    red="#900000",
    selection="#d3e3ff",
    hover="#e4e4e4",
    banner="#5a3b00",
    banner_text="#ffffff",
    series=("#5b1fa8", "#005159", "#8a0f3c", "#335000", "#7a3000", "#524600", "#5c3a26", "#37465a"),
)


def _reversed(colours: Colours) -> Colours:
    return replace(colours, up=colours.down, down=colours.up)


_PALETTES = {
    Palette.GREEN_RED: (DARK, LIGHT),
    Palette.BLUE_ORANGE: (_DARK_BLUE_ORANGE, _LIGHT_BLUE_ORANGE),
    Palette.GREEN_MAGENTA: (_DARK_GREEN_MAGENTA, _LIGHT_GREEN_MAGENTA),
    Palette.RED_UP: (_reversed(DARK), _reversed(LIGHT)),
    Palette.HIGH_CONTRAST: (_DARK_HIGH_CONTRAST, _LIGHT_HIGH_CONTRAST),
}

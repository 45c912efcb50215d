"""Every palette can be read, and those for colour-blind eyes tell up from down as such eyes see them."""

from itertools import product

import pytest
from PySide6.QtGui import QColor

from monitor.ui.book.canvas import TIERS
from monitor.ui.palettes import DARK, LIGHT, Colours, Palette

#: What a colour becomes without the second or the first kind of cone, in linear light: Machado, Oliveira and Fernandes,
#: "A Physiologically-based Model for Simulation of Color Vision Deficiency" (2009), severity 1.0.
BLINDNESS = {
    "deuteranopia": (
        (0.367322, 0.860646, -0.227968),
        (0.280085, 0.672501, 0.047413),
        (-0.011820, 0.042940, 0.968881),
    ),
    "protanopia": (
        (0.152286, 1.052583, -0.204868),
        (0.114503, 0.786281, 0.099216),
        (-0.003882, -0.048116, 1.051998),
    ),
}
#: How far apart in CIELAB up and down are at least (teal and red, to eyes that see them so: 26).
APART = 50.0
INKS = ("text", "dim", "up", "down", "good", "bad", "amber", "accent")
EACH = [
    pytest.param(palette, palette.colours(dark), id=f"{palette}-{'dark' if dark else 'light'}")
    for palette, dark in product(Palette, (True, False))
]
Triple = tuple[float, ...]


def linear(colour: str) -> Triple:
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in QColor(colour).getRgbF()[:3])


def times(matrix: tuple[Triple, ...], vector: Triple) -> Triple:
    return tuple(sum(m * v for m, v in zip(row, vector, strict=True)) for row in matrix)


def luminance(colour: str) -> float:
    return times(((0.2126, 0.7152, 0.0722),), linear(colour))[0]


def contrast(one: str, other: str) -> float:
    """As WCAG 2 counts it."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(light: Triple) -> Triple:
    """CIELAB of linear sRGB, under D65."""
    xyz = times(((0.412456, 0.357576, 0.180438), (0.212673, 0.715152, 0.072175), (0.019334, 0.119192, 0.950304)), light)
    white = (0.95047, 1.0, 1.08883)
    x, y, z = (
        share ** (1 / 3) if share > 216 / 24389 else (24389 / 27 * share + 16) / 116
        for share in (part / whole for part, whole in zip(xyz, white, strict=True))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def distance(one: str, other: str, blindness: str) -> float:
    """CIE76, of the colours as they are seen."""
    seen = (
        lab(tuple(min(1.0, max(0.0, part)) for part in times(BLINDNESS[blindness], linear(colour))))
        for colour in (one, other)
    )
    return float(sum((a - b) ** 2 for a, b in zip(*seen, strict=True)) ** 0.5)


def mixed(ink: QColor, ground: str) -> str:
    """What a painter leaves of a clear colour laid over a ground."""
    share, under = ink.alphaF(), QColor(ground)
    return QColor.fromRgbF(
        *(a * share + b * (1 - share) for a, b in zip(ink.getRgbF()[:3], under.getRgbF()[:3], strict=True))
    ).name()


def least(palette: Palette) -> float:
    return 7.0 if palette is Palette.HIGH_CONTRAST else 4.5


@pytest.mark.parametrize(("palette", "colours"), EACH)
@pytest.mark.parametrize("ground", ["ground", "panel", "header", "selection"])
def test_every_ink_can_be_read_on_every_ground(palette: Palette, colours: Colours, ground: str) -> None:
    found = {name: contrast(getattr(colours, name), getattr(colours, ground)) for name in INKS}
    assert {name: ratio for name, ratio in found.items() if ratio < least(palette)} == {}


@pytest.mark.parametrize(("palette", "colours"), EACH)
def test_text_can_be_read_on_buttons_and_the_banner(palette: Palette, colours: Colours) -> None:
    assert contrast(colours.text, colours.hover) >= least(palette)
    assert contrast(colours.banner_text, colours.banner) >= least(palette)


@pytest.mark.parametrize(("palette", "colours"), EACH)
def test_lines_of_a_chart_can_be_read_as_words_and_as_grounds_of_words(palette: Palette, colours: Colours) -> None:
    for name in (*(f"series{number}" for number in range(1, 9)), "blue", "green", "red", "amber"):
        for ground in (colours.panel, colours.ground):
            assert contrast(colours.colour(name).name(), ground) >= least(palette), name


@pytest.mark.parametrize(("palette", "colours"), EACH)
@pytest.mark.parametrize("tier", TIERS, ids=QColor.name)
def test_the_book_can_be_read_on_the_tint_of_each_price(palette: Palette, colours: Colours, tier: QColor) -> None:
    ground = mixed(tier, colours.panel)
    assert min(contrast(getattr(colours, name), ground) for name in ("text", "dim", "up", "down")) >= least(palette)


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
@pytest.mark.parametrize("palette", [Palette.BLUE_ORANGE, Palette.GREEN_MAGENTA, Palette.HIGH_CONTRAST])
@pytest.mark.parametrize("blindness", BLINDNESS)
def test_up_and_down_differ_to_colour_blind_eyes(palette: Palette, dark: bool, blindness: str) -> None:
    colours = palette.colours(dark)
    assert distance(colours.up, colours.down, blindness) >= APART
    assert distance(colours.good, colours.bad, blindness) >= APART


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_teal_and_red_do_not(colours: Colours) -> None:
    """Which is what the other palettes are there for."""
    assert min(distance(colours.up, colours.down, blindness) for blindness in BLINDNESS) < APART / 1.5


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_where_red_is_up_good_stays_green(dark: bool) -> None:
    usual, colours = Palette.GREEN_RED.colours(dark), Palette.RED_UP.colours(dark)
    assert (colours.up, colours.down) == (usual.down, usual.up)
    assert (colours.good, colours.bad) == (usual.good, usual.bad)


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
def test_high_contrast_has_lines_that_can_be_seen(dark: bool) -> None:
    colours = Palette.HIGH_CONTRAST.colours(dark)
    for ground in (colours.ground, colours.panel, colours.header):
        assert contrast(colours.line, ground) >= 4.5
        assert contrast(colours.accent, ground) >= 7

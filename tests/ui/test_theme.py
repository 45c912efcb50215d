"""Colours can be read, the style sheet is whole, icons take the theme's colour, and panels wear their header."""

import re

import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from monitor.resource import resource
from monitor.ui.icons import icon, wear
from monitor.ui.link import LinkGroup
from monitor.ui.link_badge import LinkBadge
from monitor.ui.panel import Panel
from monitor.ui.theme import DARK, LIGHT, LINK_COLOURS, Colours, Theme, data_font


def luminance(colour: str) -> float:
    parts = QColor(colour).getRgbF()[:3]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return sum(weight * value for weight, value in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
@pytest.mark.parametrize("ink", ["text", "dim", "up", "down", "amber"])
@pytest.mark.parametrize("ground", ["ground", "panel", "header"])
def test_every_ink_can_be_read_on_every_ground(colours: Colours, ink: str, ground: str) -> None:
    assert contrast(getattr(colours, ink), getattr(colours, ground)) >= 4.5


@pytest.mark.parametrize("colours", [DARK, LIGHT], ids=["dark", "light"])
def test_banner_and_selection_can_be_read(colours: Colours) -> None:
    assert contrast(colours.banner_text, colours.banner) >= 4.5
    assert contrast(colours.text, colours.selection) >= 4.5


def test_theme_changes_the_whole_application(qtbot: QtBot) -> None:
    theme = Theme()
    with qtbot.waitSignal(theme.changed):
        theme.use(dark=False)
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    assert application.palette().window().color().name() == LIGHT.ground
    assert LIGHT.accent in application.styleSheet()
    assert "@" not in application.styleSheet()
    theme.use(dark=True)
    assert DARK.ground in application.styleSheet()


def test_style_sheet_and_code_name_only_icons_that_exist() -> None:
    named = set(re.findall(r"@icons@/([\w-]+\.svg)", resource("style.qss").read_text()))
    assert named
    assert all(resource(f"icons/{name}").is_file() for name in named)


def test_every_icon_draws_in_the_colour_it_is_given(qtbot: QtBot) -> None:
    for path in sorted(resource("icons").glob("*.svg")):
        if "currentColor" not in path.read_text():
            continue
        image = icon(path.stem, "#ff0000").pixmap(16).toImage()
        inks = {
            image.pixelColor(x, y).name() for x in range(16) for y in range(16) if image.pixelColor(x, y).alpha() > 200
        }
        assert "#ff0000" in inks, path.stem


def test_icons_follow_the_theme(qtbot: QtBot) -> None:
    theme, button = Theme(), QToolButton()
    qtbot.addWidget(button)
    wear(button, "close", theme)
    before = button.icon().cacheKey()
    theme.use(dark=False)
    assert button.icon().cacheKey() != before
    theme.use(dark=True)


def test_digits_are_tabular(qtbot: QtBot) -> None:
    font = data_font(9)
    assert [font.featureValue(tag) for tag in font.featureTags()] == [1]


def test_panel_shows_title_note_and_link_group(qtbot: QtBot) -> None:
    panel = Panel("Level 2", LinkGroup(1, LINK_COLOURS[0]))
    qtbot.addWidget(panel)
    panel.set_title("Level 2 · AAPL")
    panel.set_note("<b>spread</b> 0.03")
    panel.set_body(QLabel("body"))
    texts = [panel.findChild(LinkBadge).text(), *(label.text() for label in panel.findChildren(QLabel))]
    assert texts == ["1", "Level 2 · AAPL", "<b>spread</b> 0.03", "body"]
    assert panel.findChild(LinkBadge, "linkBadge").accessibleName() == "Link group 1"


def test_link_group_tells_a_new_symbol_once(qtbot: QtBot) -> None:
    group, heard = LinkGroup(1, LINK_COLOURS[0]), []
    group.symbol_changed.connect(heard.append)
    for symbol in ("AAPL", "AAPL", "", "MSFT"):
        group.choose(symbol)
    assert (heard, group.symbol) == (["AAPL", "MSFT"], "MSFT")

"""Colours change everywhere, the style sheet is whole, icons take the theme's colour, and panels wear their header."""

import re
from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from monitor.resource import resource
from monitor.ui.colours_menu import ColoursMenu
from monitor.ui.icons import icon, wear
from monitor.ui.link import LinkGroup
from monitor.ui.link_badge import LinkBadge
from monitor.ui.palettes import DARK, LIGHT, Palette
from monitor.ui.panel import Panel
from monitor.ui.theme import LINK_COLOURS, Theme, data_font, ink_on
from tests.support.ports import FakePreferences
from tests.ui.test_palettes import contrast


class System(QObject):
    """What this machine has set for people who see little."""

    contrastPreferenceChanged = Signal(Qt.ContrastPreference)  # noqa: N815  Qt's name

    def __init__(self, asks: bool) -> None:
        super().__init__()
        self.asks = asks

    def contrastPreference(self) -> Qt.ContrastPreference:
        return Qt.ContrastPreference.HighContrast if self.asks else Qt.ContrastPreference.NoPreference

    def change(self, asks: bool) -> None:
        self.asks = asks
        self.contrastPreferenceChanged.emit(self.contrastPreference())


class Hints(QObject):
    """This machine's scheme, and what a program wants instead."""

    colorSchemeChanged = Signal(Qt.ColorScheme)  # noqa: N815  Qt's name

    def __init__(self, scheme: Qt.ColorScheme) -> None:
        super().__init__()
        self.own, self.wanted = scheme, Qt.ColorScheme.Unknown
        self.access = System(asks=False)

    def accessibility(self) -> System:
        return self.access

    def colorScheme(self) -> Qt.ColorScheme:
        return self.own if self.wanted is Qt.ColorScheme.Unknown else self.wanted

    def setColorScheme(self, scheme: Qt.ColorScheme) -> None:
        self._turn(self.own, scheme)

    def change(self, scheme: Qt.ColorScheme) -> None:
        self._turn(scheme, self.wanted)

    def _turn(self, own: Qt.ColorScheme, wanted: Qt.ColorScheme) -> None:
        before = self.colorScheme()
        self.own, self.wanted = own, wanted
        if self.colorScheme() is not before:
            self.colorSchemeChanged.emit(self.colorScheme())


def ticked(menu: ColoursMenu) -> list[str]:
    return [action.text().replace("&", "") for action in menu.actions() if action.isChecked()]


def pick(menu: ColoursMenu, words: str) -> None:
    next(action for action in menu.actions() if action.text().replace("&", "").startswith(words)).trigger()


@pytest.fixture
def application(qapp: QApplication) -> Iterator[QApplication]:
    yield qapp
    Theme().use(dark=True)


def test_theme_changes_the_whole_application(qtbot: QtBot, application: QApplication) -> None:
    theme = Theme()
    with qtbot.waitSignal(theme.changed):
        theme.use(dark=False)
    assert application.palette().window().color().name() == LIGHT.ground
    assert LIGHT.accent in application.styleSheet()
    assert "@" not in application.styleSheet()
    theme.use(dark=True)
    assert DARK.ground in application.styleSheet()


@pytest.mark.parametrize("dark", [True, False], ids=["dark", "light"])
@pytest.mark.parametrize("palette", list(Palette))
def test_a_palette_changes_the_whole_application(
    qtbot: QtBot, application: QApplication, palette: Palette, dark: bool
) -> None:
    theme = Theme()
    theme.use(dark)
    with qtbot.waitSignal(theme.changed):
        theme.choose(palette)
    assert theme.colours is palette.colours(dark)
    assert application.palette().windowText().color().name() == theme.colours.text
    assert theme.colours.good in application.styleSheet()
    assert "@" not in application.styleSheet()
    assert ("High contrast" in application.styleSheet()) == (palette is Palette.HIGH_CONTRAST)


def test_what_was_chosen_is_kept(application: QApplication) -> None:
    kept, theme = FakePreferences(), Theme()
    theme.use(dark=False)
    theme.choose(Palette.RED_UP)
    theme.keep(kept)
    later = Theme()
    later.restore(kept)
    assert (later.palette, later.dark) == (Palette.RED_UP, False)


def test_a_palette_that_is_not_known_counts_as_none(application: QApplication) -> None:
    theme = Theme()
    theme.restore({"palette": "sepia", "theme": "light"})
    assert (theme.palette, theme.dark) == (Palette.GREEN_RED, False)


def test_high_contrast_is_taken_when_the_system_asks_for_it(qtbot: QtBot, application: QApplication) -> None:
    system = System(asks=True)
    theme = Theme(system=system)
    theme.restore({})
    assert theme.palette is Palette.HIGH_CONTRAST
    for asks, palette in ((False, Palette.GREEN_RED), (True, Palette.HIGH_CONTRAST)):
        with qtbot.waitSignal(theme.changed):
            system.change(asks)
        assert theme.palette is palette
        assert theme.colours.text in application.styleSheet()


def test_what_a_person_chose_stays_whatever_the_system_asks_for(qtbot: QtBot, application: QApplication) -> None:
    system, kept = System(asks=True), FakePreferences()
    theme = Theme(system=system)
    theme.choose(Palette.GREEN_RED)
    theme.keep(kept)
    with qtbot.assertNotEmitted(theme.changed):
        system.change(asks=False)
        system.change(asks=True)
    assert theme.palette is Palette.GREEN_RED
    later = Theme(system=system)
    later.restore(kept)
    assert later.palette is Palette.GREEN_RED


def test_keeping_dark_or_light_chooses_no_palette(application: QApplication) -> None:
    kept, theme = FakePreferences(), Theme(system=System(asks=True))
    theme.use(dark=False)
    theme.keep(kept)
    later = Theme(system=System(asks=False))
    later.restore(kept)
    assert later.palette is Palette.GREEN_RED


def test_the_menu_ticks_the_palette_in_use_and_changes_it_at_once(qtbot: QtBot, application: QApplication) -> None:
    kept, system = FakePreferences(), System(asks=True)
    theme = Theme(system=system)
    menu = ColoursMenu(theme, kept)
    qtbot.addWidget(menu)

    assert ticked(menu) == ["As the system asks (high contrast)", "Dark"]
    system.change(asks=False)
    assert ticked(menu) == ["As the system asks (green and red)", "Dark"]
    pick(menu, "Blue and orange")
    assert ticked(menu) == ["Blue and orange (colour-blind)", "Dark"]
    assert (theme.palette, kept.get("palette")) == (Palette.BLUE_ORANGE, "blue-orange")


def test_the_menu_leads_back_to_what_the_system_asks_for(qtbot: QtBot, application: QApplication) -> None:
    kept, system = FakePreferences(), System(asks=True)
    theme = Theme(system=system)
    menu = ColoursMenu(theme, kept)
    qtbot.addWidget(menu)
    pick(menu, "Red up")
    pick(menu, "As the system asks")
    assert ticked(menu) == ["As the system asks (high contrast)", "Dark"]
    assert theme.colours is Palette.HIGH_CONTRAST.colours(dark=True)
    later = Theme(system=system)
    later.restore(kept)
    system.change(asks=False)
    assert (later.chosen, later.palette, theme.palette) == (None, Palette.GREEN_RED, Palette.GREEN_RED)


def test_dark_or_light_follows_the_system_when_that_is_chosen(qtbot: QtBot, application: QApplication) -> None:
    kept, hints = FakePreferences(), Hints(Qt.ColorScheme.Light)
    theme = Theme(hints=hints)
    menu = ColoursMenu(theme, kept)
    qtbot.addWidget(menu)
    theme.restore(kept)
    assert theme.dark  # until a person says otherwise
    pick(menu, "Dark or light as the system is")
    assert (ticked(menu)[-1], theme.colours) == ("Dark or light as the system is", LIGHT)
    later = Theme(hints=hints)
    later.restore(kept)
    for scheme, colours in ((Qt.ColorScheme.Dark, DARK), (Qt.ColorScheme.Light, LIGHT), (Qt.ColorScheme.Unknown, DARK)):
        with qtbot.waitSignals([theme.changed, later.changed]):
            hints.change(scheme)
        assert theme.colours is later.colours is colours
        assert application.palette().window().color().name() == colours.ground
    pick(menu, "Light")
    with qtbot.assertNotEmitted(theme.changed):
        hints.change(Qt.ColorScheme.Dark)
    assert (theme.colours, kept.get("theme")) == (LIGHT, "light")


def test_words_on_any_colour_are_black_or_white_whichever_can_be_read() -> None:
    assert [ink_on(ground) for ground in ("#000000", "#ffffff", "#ffff00", "#0000ff")] == [
        "#ffffff",
        "#000000",
        "#000000",
        "#ffffff",
    ]
    for ground in LINK_COLOURS:
        assert contrast(ink_on(ground), ground) >= 4.5


def test_style_sheet_and_code_name_only_icons_that_exist() -> None:
    text = resource("style.qss").read_text()
    sheets = text.replace("@scheme@", "dark") + text.replace("@scheme@", "light")
    named = set(re.findall(r"@icons@/([\w-]+\.svg)", sheets))
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

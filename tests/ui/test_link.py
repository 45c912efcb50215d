"""Link groups: who follows whom, the badge that moves a panel, and what comes back at the next start."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QApplication, QMenu
from pytestqt.qtbot import QtBot

from monitor.market.bar import Interval
from monitor.ui.link import Link, Pointed
from monitor.ui.link_badge import LinkBadge, ink_on
from monitor.ui.link_groups import LinkGroups
from monitor.ui.panel import Panel
from monitor.ui.theme import LINK_COLOURS
from tests.support.ports import FakePreferences


@pytest.fixture
def preferences() -> FakePreferences:
    return FakePreferences()


@pytest.fixture
def links(qapp: QApplication, preferences: FakePreferences) -> LinkGroups:
    return LinkGroups(preferences)


def heard(link: Link) -> list[str]:
    symbols: list[str] = []
    link.symbol_changed.connect(symbols.append)
    return symbols


def test_a_panel_follows_the_group_it_is_moved_to_and_no_longer_the_other(links: LinkGroups) -> None:
    links[1].choose("AAPL")
    links[2].choose("SPY")
    link = links.link("book")
    symbols = heard(link)
    link.join(links[2])
    assert (link.symbol, symbols) == ("SPY", ["SPY"])
    links[1].choose("MSFT")
    links[2].choose("QQQ")
    assert symbols == ["SPY", "QQQ"]
    link.choose("IBM")
    assert (links[1].symbol, links[2].symbol) == ("MSFT", "IBM")


def test_an_empty_group_takes_the_symbol_of_who_joins_it(links: LinkGroups) -> None:
    links[1].choose("AAPL")
    link = links.link("book")
    symbols = heard(link)
    link.join(links[3])
    assert (links[3].symbol, symbols) == ("AAPL", [])


def test_outside_of_all_groups_a_panel_has_a_symbol_of_its_own(links: LinkGroups) -> None:
    links[1].choose("AAPL")
    link = links.link("chart")
    symbols = heard(link)
    link.join(None)
    links[1].choose("MSFT")
    assert (link.symbol, symbols) == ("AAPL", [])
    link.choose("IBM")
    assert (link.symbol, links[1].symbol, symbols) == ("IBM", "MSFT", ["IBM"])


def test_groups_places_and_own_symbols_come_back(links: LinkGroups, preferences: FakePreferences) -> None:
    links[1].choose("AAPL")
    links[4].choose("SPY")
    links[4].share_interval(True)
    links[4].share_crosshair(False)
    links.link("book").join(links[4])
    alone = links.link("tape")
    alone.join(None)
    alone.choose("IBM")
    again = LinkGroups(preferences)
    assert [group.symbol for group in again] == ["AAPL", "", "", "SPY", "", "", "", "", ""]
    assert (again[4].shares_interval, again[4].shares_crosshair) == (True, False)
    assert again.link("book").group is again[4]
    assert (again.link("tape").group, again.link("tape").symbol) == (None, "IBM")
    assert again.link("details").group is again[1]


def test_what_is_not_kept_begins_in_the_first_group(links: LinkGroups, preferences: FakePreferences) -> None:
    links.link("book").join(links[4])
    before = dict(preferences.texts)
    shown = LinkGroups(preferences, keep_places=False)
    link = shown.link("book")
    assert link.group is shown[1]
    link.join(shown[7])
    link.join(None)
    assert preferences.texts == before


@pytest.mark.parametrize("spoiled", ["nonsense", '{"group": "x"}', '{"group": 12}', "[]"])
def test_a_spoiled_setting_harms_nobody(qapp: QApplication, preferences: FakePreferences, spoiled: str) -> None:
    preferences.set("link/1", spoiled)
    preferences.set("link/book", spoiled)
    preferences.set("symbol", "NVDA")
    links = LinkGroups(preferences)
    assert links[1].symbol == "NVDA"
    assert links.link("book").group in (None, links[1])


def test_a_new_panel_begins_where_its_model_is(links: LinkGroups) -> None:
    model = links.link("chart")
    model.join(links[5])
    assert links.link("chart 2", model).group is links[5]
    model.join(None)
    model.choose("IBM")
    like = links.link("chart 3", model)
    assert (like.group, like.symbol) == (None, "IBM")


def test_the_crosshair_reaches_the_others_of_the_group_while_it_is_shared(links: LinkGroups) -> None:
    one, two, other = (links.link(name) for name in ("chart", "chart 2", "chart 3"))
    other.join(links[2])
    got: dict[str, list[Pointed | None]] = {"one": [], "two": [], "other": []}
    for name, link in (("one", one), ("two", two), ("other", other)):
        link.crosshair_moved.connect(got[name].append)
    place = Pointed(0, 60_000, "AAPL", 1.5)
    one.point_at(place)
    assert got == {"one": [], "two": [place], "other": []}
    links[1].share_crosshair(False)
    assert got["two"] == [place, None]  # what was shown goes
    one.point_at(place)
    assert len(got["two"]) == 2


def test_an_interval_moves_the_group_only_where_it_is_shared(links: LinkGroups) -> None:
    one, two = links.link("chart"), links.link("chart 2")
    got: list[Interval] = []
    two.interval_changed.connect(got.append)
    one.choose_interval(Interval.M5)
    assert got == []
    links[1].share_interval(True, one.interval)
    assert links[1].interval is Interval.M5
    one.choose_interval(Interval.H1)
    assert got == [Interval.H1]


# -------------------------------------------------------------------------------------------- the badge


@pytest.fixture
def panel(qtbot: QtBot, links: LinkGroups) -> Panel:
    links[1].choose("AAPL")
    links[2].choose("BRK/B")
    panel = Panel("Level 2", links.link("book"))
    qtbot.addWidget(panel)
    panel.show()
    return panel


@pytest.fixture
def badge(panel: Panel) -> LinkBadge:
    return panel.findChild(LinkBadge)


def offered(badge: LinkBadge) -> QMenu:
    menu = badge.menu()
    menu.aboutToShow.emit()
    return menu


def action(badge: LinkBadge, words: str) -> QAction:
    return next(each for each in offered(badge).actions() if each.text().replace("&", "").startswith(words))


def test_the_badge_always_shows_the_number(badge: LinkBadge, links: LinkGroups) -> None:
    assert (badge.text(), badge.accessibleName()) == ("1", "Link group 1")
    action(badge, "7").trigger()
    assert (badge.text(), badge.accessibleName()) == ("7", "Link group 7")
    picture = badge.grab().toImage()
    places = [(x, y) for x in range(picture.width()) for y in range(picture.height())]
    assert sum(picture.pixelColor(*place).name() == LINK_COLOURS[6] for place in places) > len(places) / 3
    action(badge, "Not linked").trigger()
    assert (badge.text(), badge.accessibleName()) == ("—", "Not linked")


def test_the_menu_names_each_groups_symbol_and_marks_its_own(badge: LinkBadge) -> None:
    texts = [each.text() for each in offered(badge).actions() if each.text()]
    assert texts[:3] == ["&1    AAPL", "&2    BRK/B", "&3"]
    assert [each.text()[:2] for each in offered(badge).actions() if each.isChecked()] == ["&1", "Ch"]


def test_a_digit_in_the_menu_moves_the_panel(panel: Panel, badge: LinkBadge, qtbot: QtBot) -> None:
    menu = badge.menu()
    menu.popup(badge.mapToGlobal(badge.rect().bottomLeft()))
    qtbot.keyClick(menu, Qt.Key.Key_2)
    assert (badge.text(), panel.link.symbol) == ("2", "BRK/B")


def test_what_charts_share_is_chosen_for_the_group(badge: LinkBadge, links: LinkGroups) -> None:
    action(badge, "Charts share the interval").trigger()
    action(badge, "Charts share the crosshair").trigger()
    assert (links[1].shares_interval, links[1].shares_crosshair) == (True, False)
    assert (links[2].shares_interval, links[2].shares_crosshair) == (False, True)


def test_unlinked_there_is_nothing_to_share(badge: LinkBadge) -> None:
    action(badge, "Not linked").trigger()
    assert not [each for each in offered(badge).actions() if "share" in each.text()]


def contrast(one: str, other: str) -> float:
    def luminance(colour: str) -> float:
        parts = QColor(colour).getRgbF()[:3]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    dark, bright = sorted((luminance(one), luminance(other)))
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("colour", LINK_COLOURS)
def test_every_number_can_be_read_on_its_colour(colour: str) -> None:
    assert contrast(colour, ink_on(colour)) >= 4.5


def test_a_closed_panels_link_is_heard_no_more(links: LinkGroups, qtbot: QtBot) -> None:
    calls: list[Callable[..., object]] = []
    panel = Panel("Level 2", links.link("book"))
    panel.link.symbol_changed.connect(lambda _: calls.append(print))
    panel.deleteLater()
    qtbot.waitUntil(lambda: not _alive(panel))
    links[1].choose("AAPL")
    assert calls == []


def _alive(panel: Panel) -> bool:
    try:
        panel.isVisible()
    except RuntimeError:
        return False
    return True

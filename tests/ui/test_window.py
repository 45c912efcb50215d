"""The main window: menus, keys, docks and what stays over a restart."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from PySide6.QtCore import QRect, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel, QMenu, QTabBar
from pytestqt.qtbot import QtBot

from monitor.errors import Transient, Unusable
from monitor.live.events import AlertFired, Level, Notice, Offer, SignInChanged, StreamChanged
from monitor.market.alert import Direction, Firing
from monitor.market.bar import Interval
from monitor.market.instrument import Instrument
from monitor.market.quote import Quote
from monitor.market.screener import Ranked
from monitor.ports import Profile, SignInState, StoreMeter, StreamPhase, Wanted
from monitor.ui.alert_sound import AlertSound
from monitor.ui.docks import pull_back
from monitor.ui.export.dialog import ExportDialog
from monitor.ui.help import About, KeyList
from monitor.ui.palettes import Palette
from monitor.ui.planner.sheet import Planner
from monitor.ui.sign_out import SignOutDialog
from monitor.ui.signin.dialog import SignInDialog
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from monitor.ui.window import MainWindow
from tests.support.ports import (
    INSTRUMENTS,
    FakeArchive,
    FakeFrames,
    FakeHistory,
    FakeMovers,
    FakePreferences,
    FakeQueries,
    FakeSignIn,
    minutes,
    until,
    view_ports,
)

Open = Callable[[ViewPorts], Awaitable[MainWindow]]


@pytest_asyncio.fixture
async def open_window(qtbot: QtBot) -> AsyncIterator[Open]:
    """Opens windows on the test's loop, and closes them with everything they started."""
    opened: list[tuple[MainWindow, ViewPorts]] = []

    async def open_one(ports: ViewPorts) -> MainWindow:
        window = MainWindow(ports, Theme(), ["127.0.0.1:1"])
        opened.append((window, ports))
        qtbot.addWidget(window)
        window.show()
        window.activateWindow()
        await until(window.isActiveWindow)
        return window

    yield open_one
    for window, ports in opened:
        window.close()
        await ports.tasks.close()


def entry(window: MainWindow, title: str, text: str) -> QAction:
    """The menu entry whose words begin with ``text``."""
    for top in window.menuBar().actions():
        menu = top.menu()
        if isinstance(menu, QMenu) and top.text().replace("&", "") == title:
            return next(action for action in menu.actions() if action.text().replace("&", "").startswith(text))
    raise AssertionError(f"no menu {title}")


async def test_sandbox_is_named_in_title_and_banner(open_window: Open) -> None:
    window = await open_window(view_ports())
    assert window.windowTitle() == "Market Monitor — SANDBOX"
    assert window.menuBar().cornerWidget().text() == "SANDBOX"


async def test_live_window_says_nothing_of_a_sandbox(open_window: Open, tmp_path) -> None:
    window = await open_window(view_ports(profile=Profile(sandbox=False, data_dir=tmp_path)))
    assert (window.windowTitle(), window.menuBar().cornerWidget()) == ("Market Monitor", None)


async def test_default_layout(open_window: Open) -> None:
    window = await open_window(view_ports())
    window.resize(1600, 900)
    await until(lambda: abs(window.watchlist.width() - 344) < 8)
    places = [panel.mapTo(window, panel.rect().topLeft()) for panel in (window.watchlist, window.chart, window.book)]
    assert [point.x() for point in places] == sorted(point.x() for point in places)
    assert window.tape.mapTo(window, window.tape.rect().topLeft()).y() > places[2].y()
    assert window.data.width() == 1600
    assert window.chart.width() > 2 * window.watchlist.width()


async def test_a_window_larger_than_the_screen_fills_it(open_window: Open) -> None:
    window = await open_window(view_ports())
    window.fit_screen()
    assert window.isMaximized()


async def test_a_window_that_fits_the_screen_stays_as_it_is(open_window: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    window = await open_window(view_ports())
    monkeypatch.setattr(window, "size", lambda: QSize(640, 480))
    window.fit_screen()
    assert not window.isMaximized()


@pytest.mark.parametrize("raised", ["log", "audit"])
async def test_messages_that_come_and_go_leave_the_chart_as_high_as_it_was(open_window: Open, raised: str) -> None:
    ports = view_ports()
    window = await open_window(ports)
    window.resize(1600, 900)
    await until(lambda: abs(window.watchlist.width() - 344) < 8)
    panel = getattr(window, raised)
    panel.parent().raise_()
    await until(lambda: not panel.visibleRegion().isEmpty())
    height, below = window.chart.height(), panel.height()
    for _ in range(3):
        ports.bus.publish(Notice(Level.ERROR, "Something is wrong."))
        await until(lambda: panel.height() < below)
        await until(lambda: abs(window.chart.height() - height) <= 1)
        window.messages.dismiss()
        await until(lambda: panel.height() >= below)
        await until(lambda: abs(window.chart.height() - height) <= 1)


async def test_menus_have_no_key_that_draws_on_the_chart(open_window: Open) -> None:
    window = await open_window(view_ports())
    titles = [action.text() for action in window.menuBar().actions()]
    keys = {title[title.index("&") + 1].upper() for title in titles if "&" in title}
    assert keys.isdisjoint("FHVTCRGLPISAW")


async def test_letters_open_the_symbol_search_and_enter_goes_there(open_window: Open, qtbot: QtBot) -> None:
    ports = view_ports()
    window = await open_window(ports)
    window.chart.setFocus()
    qtbot.keyClick(window.chart.view, Qt.Key.Key_M)
    box = window.toolbar.symbol_box
    assert (box.hasFocus(), box.text()) == (True, "M")
    qtbot.keyClicks(box, "SFT")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    await until(lambda: window.link.symbol == "MSFT")
    assert box.text() == "MSFT"
    assert window.chart.view.hasFocus()
    assert ports.preferences.get("symbol") == "MSFT"


async def test_escape_leaves_the_search_as_it_was(open_window: Open, qtbot: QtBot) -> None:
    window = await open_window(view_ports())
    window.go_to("AAPL")
    window.chart.setFocus()
    qtbot.keyClick(window.chart.view, Qt.Key.Key_X)
    box = window.toolbar.symbol_box
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert (box.text(), box.hasFocus(), window.link.symbol) == ("AAPL", False, "AAPL")
    assert window.chart.view.hasFocus()


async def test_search_offers_instruments_to_choose_from(open_window: Open, qtbot: QtBot) -> None:
    window = await open_window(view_ports())
    box = window.toolbar.symbol_box
    box.begin("micro")
    await until(lambda: box.offered)
    assert box.offered == ["AMD", "MSFT"]
    box.take("MSFT    Microsoft Corp")
    await until(lambda: window.link.symbol == "MSFT")


async def test_what_is_typed_into_a_query_stays_there_until_it_is_run(qtbot: QtBot, open_window: Open) -> None:
    queries = FakeQueries()
    window = await open_window(view_ports(queries=queries))
    window.sql.editor.clear()
    window._raise(window.sql, window.sql.editor)
    await until(window.sql.editor.hasFocus)
    for key, modifier in (
        *((key, Qt.KeyboardModifier.ShiftModifier) for key in "SELECT"),
        *((key, Qt.KeyboardModifier.NoModifier) for key in " a, 1, $x"),
    ):
        qtbot.keyClick(window.sql.editor, key, modifier)
    assert window.sql.editor.toPlainText().lower() == "select a, 1, $x"
    assert window.sql.editor.hasFocus()
    assert window.interval_entry.isHidden()
    qtbot.keyClick(window.sql.editor, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    await until(lambda: queries.asked)
    assert queries.asked == [window.sql.editor.toPlainText()]


@pytest.mark.parametrize(("downs", "symbol"), [(0, "M"), (1, "M"), (2, "MSFT")])
async def test_enter_takes_what_was_typed_unless_an_offer_is_picked(
    open_window: Open, qtbot: QtBot, downs: int, symbol: str
) -> None:
    ports = view_ports()
    ports.history.instruments.append(Instrument("M", "MACYS INC"))
    window = await open_window(ports)
    box = window.toolbar.symbol_box
    box.begin("m")
    await until(lambda: box.offered[:2] == ["M", "MSFT"])
    for key in [Qt.Key.Key_Down] * downs + [Qt.Key.Key_Return]:
        qtbot.keyClick(QApplication.activePopupWidget(), key)
    await until(lambda: window.link.symbol == symbol)


async def test_a_digit_opens_the_interval_entry(open_window: Open, qtbot: QtBot) -> None:
    ports = view_ports()
    window = await open_window(ports)
    window.chart.setFocus()
    qtbot.keyClick(window.chart.view, Qt.Key.Key_1)
    field = window.interval_entry.field
    assert field.text() == "1"
    qtbot.keyClicks(field, "5")
    qtbot.keyClick(field, Qt.Key.Key_Return)
    assert window.chart.interval is Interval.M15
    assert ports.preferences.get("interval") == "900"
    assert window.interval_entry.isHidden()
    assert window.chart.view.hasFocus()


async def test_escape_closes_the_interval_entry(open_window: Open, qtbot: QtBot) -> None:
    window = await open_window(view_ports())
    window.chart.setFocus()
    qtbot.keyClick(window.chart.view, Qt.Key.Key_Comma)
    assert not window.interval_entry.isHidden()
    qtbot.keyClick(window.interval_entry.field, Qt.Key.Key_Escape)
    assert (window.interval_entry.isHidden(), window.chart.interval) == (True, Interval.M1)
    assert window.chart.view.hasFocus()


async def test_text_fields_keep_their_letters_and_digits(open_window: Open, qtbot: QtBot) -> None:
    window = await open_window(view_ports())
    field = window.watchlist.entry.field
    field.setFocus()
    qtbot.keyClicks(field, "ibm1")
    assert field.text().lower() == "ibm1"
    assert window.interval_entry.isHidden()


async def test_letters_on_the_watchlist_add_to_it(open_window: Open, qtbot: QtBot) -> None:
    window = await open_window(view_ports())
    window.watchlist.table.setFocus()
    qtbot.keyClick(window.watchlist.table, Qt.Key.Key_I)
    assert window.watchlist.entry.field.text() == "I"
    assert not window.toolbar.symbol_box.hasFocus()


async def test_an_unknown_symbol_is_one_sentence(open_window: Open) -> None:
    window = await open_window(view_ports())
    window.go_to("AAPL")
    window.toolbar.symbol_box.chosen.emit("XQZW")
    await until(lambda: window.messages.text)
    assert window.messages.text == "Schwab knows no symbol “XQZW”."
    assert window.link.symbol == "AAPL"


async def test_without_an_answer_the_symbol_is_shown_anyway(open_window: Open) -> None:
    ports = view_ports()
    ports.history.failure = Transient("Schwab does not answer.")
    window = await open_window(ports)
    window.toolbar.symbol_box.chosen.emit("IBM")
    await until(lambda: window.link.symbol == "IBM")
    assert window.messages.text == "IBM could not be checked. Schwab does not answer."


async def test_what_cannot_be_a_symbol_is_refused(open_window: Open, qtbot: QtBot) -> None:
    window = await open_window(view_ports())
    box = window.toolbar.symbol_box
    box.begin("A*B")
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert window.messages.text.startswith("“A*B” is not a symbol.")


async def test_symbol_menu_names_the_symbol(open_window: Open) -> None:
    ports = view_ports()
    window = await open_window(ports)
    window.go_to("SPY")
    entry(window, "Symbol", "Add SPY").trigger()
    await until(lambda: "SPY" in ports.watchlists.lists["Tech"])
    entry(window, "Data", "Cancel").trigger()
    assert ports.loader.cancelled == ["SPY"]
    ports.loader.ensured.clear()
    entry(window, "Data", "Download history of SPY").trigger()
    assert ports.loader.ensured == ["SPY"]


async def test_export_of_the_chart_from_the_menu(open_window: Open) -> None:
    ports = view_ports()
    ports.archive.put(minutes("AAPL"))
    window = await open_window(ports)
    window.go_to("AAPL")
    await until(lambda: window.chart.bar_count)
    entry(window, "File", "Export chart").trigger()
    dialog = window.findChild(ExportDialog)
    assert dialog.path.text().endswith("AAPL-1m-SANDBOX.csv")
    dialog.begin()
    await until(lambda: ports.exporter.requests)
    request = ports.exporter.requests[0]
    assert (request.what, request.symbols, request.interval) == ("bars", ("AAPL",), Interval.M1)
    assert (request.start_ms, request.end_ms) == window.chart.visible_range()


async def test_theme_switch_is_remembered(open_window: Open) -> None:
    ports = view_ports()
    window = await open_window(ports)
    entry(window, "View", "Light").trigger()
    assert ports.preferences.get("theme") == "light"
    assert QGuiApplication.palette().window().color().lightness() > 200
    assert entry(window, "View", "Dark").text() == "&Dark colours"


async def test_a_palette_is_chosen_from_the_view_menu_and_colours_everything_at_once(open_window: Open) -> None:
    ports = view_ports()
    window = await open_window(ports)
    menu = entry(window, "View", "Colours").menu()
    assert isinstance(menu, QMenu)
    colours = Palette.BLUE_ORANGE.colours(dark=True)
    next(action for action in menu.actions() if action.text().startswith("&Blue")).trigger()
    assert ports.preferences.get("palette") == "blue-orange"
    for panel in (window.chart.view.scene.colours, window.watchlist.table.itemDelegate().theme.colours):
        assert panel is colours
    assert colours.accent in QGuiApplication.instance().styleSheet()
    menu.actions()[0].trigger()
    assert window.chart.view.scene.colours is Palette.GREEN_RED.colours(dark=True)


async def test_closed_panels_come_back_from_the_view_menu(open_window: Open) -> None:
    window = await open_window(view_ports())
    entry(window, "View", "Time and sales").trigger()
    assert window.tape.isHidden() or not window.tape.isVisible()
    entry(window, "View", "Time and sales").trigger()
    assert window.tape.isVisible()


async def test_a_closed_book_is_not_streamed(open_window: Open) -> None:
    ports = view_ports()
    window = await open_window(ports)
    window.go_to("AAPL")
    assert ports.watching.wanted.books == {"AAPL"}
    entry(window, "View", "Level 2").trigger()
    assert ports.watching.wanted.books == frozenset()
    window.go_to("MSFT")
    entry(window, "View", "Level 2").trigger()
    assert ports.watching.wanted.books == {"MSFT"}


async def test_layout_and_choices_survive_a_restart(open_window: Open) -> None:
    preferences = FakePreferences()
    first = await open_window(view_ports(preferences=preferences))
    entry(first, "View", "Log").trigger()
    first.set_interval(Interval.H1)
    first.go_to("NVDA")
    first.close()
    second = await open_window(view_ports(preferences=preferences))
    assert (second.log.isVisible(), second.chart.interval, second.link.symbol) == (False, Interval.H1, "NVDA")
    entry(second, "View", "Reset").trigger()
    assert second.log.isVisible()


async def test_a_damaged_layout_is_ignored(open_window: Open) -> None:
    preferences = FakePreferences()
    preferences.set_bytes("window/state", b"\x00nonsense")
    preferences.set_bytes("window/geometry", b"\xff")
    window = await open_window(view_ports(preferences=preferences))
    assert window.log.isVisible()


async def test_a_window_off_every_screen_is_pulled_back(open_window: Open) -> None:
    window = await open_window(view_ports())
    window.setGeometry(QRect(-9000, 5000, 800, 600))
    pull_back(window)
    assert QGuiApplication.primaryScreen().availableGeometry().contains(window.geometry().center())


async def test_sign_out_asks_first_and_says_what_is_erased_and_what_stays(open_window: Open, tmp_path) -> None:
    ports = view_ports(profile=Profile(sandbox=False, data_dir=tmp_path))
    window = await open_window(ports)
    entry(window, "File", "Sign out").trigger()
    dialog = window.findChild(SignOutDialog)
    for words in ("tokens", "app key", "password store", "Everything recorded stays"):
        assert words in dialog.words.text()
    dialog.cancel.click()
    assert ports.sign_in.signed_in
    entry(window, "File", "Sign out").trigger()
    window.findChildren(SignOutDialog)[-1].sign_out.click()
    await until(lambda: not ports.sign_in.signed_in)
    ports.bus.publish(SignInChanged(SignInState.SIGNED_OUT, "Signed out."))
    assert not entry(window, "File", "Sign out").isEnabled()
    assert window.status.sign_in.text() == "Signed out · sign in"


async def test_enter_signs_out_only_where_that_button_was_chosen(open_window: Open, qtbot: QtBot) -> None:
    ports = view_ports()
    window = await open_window(ports)
    entry(window, "File", "Sign out").trigger()
    dialog = window.findChild(SignOutDialog)
    assert dialog.focusWidget() is dialog.cancel
    qtbot.keyClick(dialog.cancel, Qt.Key.Key_Return)
    await until(dialog.isHidden)
    assert ports.sign_in.signed_in
    entry(window, "File", "Sign out").trigger()
    dialog = window.findChildren(SignOutDialog)[-1]
    dialog.sign_out.setFocus()
    qtbot.keyClick(dialog.sign_out, Qt.Key.Key_Return)
    await until(lambda: not ports.sign_in.signed_in)


@pytest.mark.parametrize(
    ("prepare", "sandbox", "words", "others"),
    [
        ({"signed_in": True}, False, "Renew the sign-in…", {"Change the developer key…", "Sign out…"}),
        ({"ended": True}, False, "Sign in again…", {"Change the developer key…", "Sign out…"}),
        ({}, False, "Sign in…", {"Change the developer key…", "Sign out…"}),
        ({"configured": False}, False, "Connect account…", set()),
        ({"configured": False, "locked_by": "words"}, False, "Unlock the sign-in…", {"Sign out…"}),
        ({"signed_in": True}, True, "Renew the sign-in…", {"Sign out…"}),
        ({"configured": False}, True, "Sign in…", set()),
    ],
)
async def test_the_file_menu_offers_what_the_sign_in_needs(
    open_window: Open, tmp_path, prepare: dict[str, object], sandbox: bool, words: str, others: set[str]
) -> None:
    ports = view_ports(sign_in=FakeSignIn(signed_in=False), profile=Profile(sandbox=sandbox, data_dir=tmp_path))
    window = await open_window(ports)
    for name, value in prepare.items():
        setattr(ports.sign_in, name, value)
    ports.bus.publish(SignInChanged(ports.sign_in.state, ""))
    commands = window.commands
    offered = {
        a.text().replace("&", "") for a in (commands.change_key, commands.sign_out) if a.isVisible() and a.isEnabled()
    }
    assert (commands.sign_in.text().replace("&", ""), offered) == (words, others)


async def test_the_developer_key_is_changed_from_the_file_menu(open_window: Open, tmp_path) -> None:
    window = await open_window(view_ports(profile=Profile(sandbox=False, data_dir=tmp_path)))
    entry(window, "File", "Change the developer key").trigger()
    dialog = window.findChild(SignInDialog)
    assert dialog.stack.currentWidget() is dialog.key


async def test_what_a_notice_offers_opens_the_sign_in(open_window: Open, tmp_path) -> None:
    sign_in = FakeSignIn(signed_in=False, configured=False)
    ports = view_ports(sign_in=sign_in, profile=Profile(sandbox=False, data_dir=tmp_path))
    window = await open_window(ports)
    ports.bus.publish(Notice(Level.ERROR, "The seven days of the sign-in are over.", offer=Offer.SIGN_IN))
    window.messages.offer.click()
    assert window.findChild(SignInDialog).isVisible()


async def test_the_gap_map_comes_to_the_front_and_leads_to_the_chart(open_window: Open, qtbot: QtBot) -> None:
    ports = view_ports()
    ports.coverage.keep("SPY")
    window = await open_window(ports)
    window.data.parent().close()
    entry(window, "Data", "Gap map").trigger()
    await until(lambda: not window.data.visibleRegion().isEmpty())
    assert window.data.canvas.hasFocus()
    assert window.data.map.symbols == ["AAPL", "MSFT", "NVDA", "SPY"]  # the list that is shown, then what else is kept
    qtbot.keyClick(window.data.canvas, Qt.Key.Key_End)
    for _ in range(3):
        qtbot.keyClick(window.data.canvas, Qt.Key.Key_Down)
    qtbot.keyClick(window.data.canvas, Qt.Key.Key_Return)
    assert window.link.symbol == "SPY"


async def test_the_other_panels_below_are_tabs_behind_the_data(open_window: Open) -> None:
    window = await open_window(view_ports())
    panels = (window.movers, window.details, window.log, window.health, window.requests, window.audit)
    assert not window.data.visibleRegion().isEmpty()
    assert all(panel.visibleRegion().isEmpty() for panel in panels)
    titles = ["Movers", "Details", "Data", "Log", "Health", "Requests", "Audit", "SQL"]
    [tabs] = [bar for bar in window.findChildren(QTabBar) if bar.count() == len(titles)]
    assert [tabs.tabText(index) for index in range(len(titles))] == titles
    tabs.setCurrentIndex(titles.index("Audit"))
    await until(lambda: not window.audit.visibleRegion().isEmpty())
    entry(window, "View", "Reset layout").trigger()
    await until(lambda: not window.data.visibleRegion().isEmpty())
    assert window.audit.visibleRegion().isEmpty()


async def test_a_panel_behind_a_tab_is_out_of_sight_until_its_tab_is_chosen(open_window: Open) -> None:
    window = await open_window(view_ports())
    assert (window.data.in_sight, window.movers.in_sight) == (True, False)
    window.movers.parent().raise_()
    await until(lambda: window.movers.in_sight)
    assert not window.data.in_sight
    entry(window, "View", "Reset layout").trigger()
    await until(lambda: window.data.in_sight)
    assert not window.movers.in_sight
    window.data.parent().close()
    assert not window.data.in_sight


async def test_movers_and_details_ask_nobody_behind_the_data(open_window: Open) -> None:
    ports = view_ports(movers=FakeMovers(Ranked("TSLA", "Tesla Inc", 402.1)))
    window = await open_window(ports)
    window.go_to("AAPL")
    await until(lambda: window.watchlist.symbols())
    assert (ports.movers.asked, ports.quotes.asked, ports.instruments.asked) == ([], [], [])
    assert not {"movers", "details"} & ports.watching.wishes.keys()


async def test_a_mover_goes_to_the_chart_and_into_the_watchlist(open_window: Open) -> None:
    history = FakeHistory([*INSTRUMENTS, Instrument("TSLA", "Tesla Inc")])
    ports = view_ports(movers=FakeMovers(Ranked("TSLA", "Tesla Inc", 402.1)), history=history)
    window = await open_window(ports)
    window.movers.parent().raise_()
    await until(lambda: window.movers.model.symbols == ["TSLA"])
    window.charts.parent().close()
    window.movers.chart_wanted.emit("TSLA")
    assert (window.link.symbol, window.chart.isVisible()) == ("TSLA", True)
    window.movers.watch_wanted.emit("TSLA")
    await until(lambda: "TSLA" in window.watchlist.symbols())


@pytest.mark.parametrize("panel", ["movers", "details"])
async def test_movers_and_details_lead_to_the_sign_in(open_window: Open, panel: str) -> None:
    window = await open_window(view_ports(sign_in=FakeSignIn(signed_in=False)))
    getattr(window, panel).sign_in_wanted.emit()
    assert window.findChild(SignInDialog).isVisible()


@pytest.mark.parametrize(
    ("sandbox", "words", "wanted"), [(True, "Connect an account…", False), (False, "Try the sandbox…", True)]
)
async def test_the_other_world_is_in_the_file_menu(
    open_window: Open, qtbot: QtBot, tmp_path, sandbox: bool, words: str, wanted: bool
) -> None:
    window = await open_window(view_ports(profile=Profile(sandbox=sandbox, data_dir=tmp_path)))
    with qtbot.waitSignal(window.world_wanted) as told:
        entry(window, "File", words).trigger()
    assert told.args == [wanted]


async def test_a_stream_taken_by_another_program_can_be_taken_back(open_window: Open) -> None:
    ports = view_ports()
    window = await open_window(ports)
    take_back = entry(window, "Data", "Take the stream back")
    assert not take_back.isEnabled()
    ports.bus.publish(StreamChanged(StreamPhase.TAKEN, "Another program uses the stream."))
    take_back.trigger()
    assert ports.watching.taken_back == 1
    ports.bus.publish(StreamChanged(StreamPhase.LIVE, "Streaming."))
    assert not take_back.isEnabled()


async def test_the_stream_is_restarted_from_the_menu(open_window: Open) -> None:
    ports = view_ports()
    window = await open_window(ports)
    entry(window, "Data", "Restart the stream").trigger()
    assert ports.health.restarted == [""]


async def test_the_stream_field_opens_the_health(open_window: Open) -> None:
    window = await open_window(view_ports())
    assert window.health.visibleRegion().isEmpty()
    window.status.stream.click()
    await until(lambda: not window.health.visibleRegion().isEmpty())
    assert window.health.table.hasFocus()


async def test_the_request_field_opens_the_requests(open_window: Open) -> None:
    window = await open_window(view_ports())
    entry(window, "View", "Requests").trigger()
    window.status.requests.click()
    await until(lambda: not window.requests.visibleRegion().isEmpty())


async def test_a_closed_health_panel_comes_back_with_the_stream_field(open_window: Open) -> None:
    window = await open_window(view_ports())
    entry(window, "View", "Health").trigger()
    assert window.health.parentWidget().isHidden()
    window.status.stream.click()
    await until(lambda: not window.health.visibleRegion().isEmpty())


async def test_account_activity_is_off_until_it_is_asked_for_and_not_remembered(open_window: Open) -> None:
    preferences = FakePreferences()
    ports = view_ports(preferences=preferences)
    window = await open_window(ports)
    heard: list[str] = []
    ports.bus.listen(Notice, lambda notice: heard.append(notice.sentence))
    activity = entry(window, "Data", "Account activity")
    assert (activity.isChecked(), ports.watching.wanted.activity) == (False, False)
    activity.trigger()
    assert ports.watching.wanted.activity
    assert "streamed and recorded until you turn it off" in heard[-1]
    activity.trigger()
    assert not ports.watching.wanted.activity
    assert heard[-1] == "Account activity is streamed no longer; what was recorded stays."
    activity.trigger()
    window.close()
    again = view_ports(preferences=preferences)
    assert not entry(await open_window(again), "Data", "Account activity").isChecked()
    assert not again.watching.wanted.activity


async def test_raw_frames_are_recorded_into_a_file_until_they_are_stopped(open_window: Open, tmp_path) -> None:
    frames = FakeFrames()
    ports = view_ports(frames=frames)
    window = await open_window(ports)
    heard: list[str] = []
    ports.bus.listen(Notice, lambda notice: heard.append(notice.sentence))
    record = entry(window, "Data", "Record raw frames…")
    record.trigger()
    assert (record.isChecked(), frames.path) == (False, None)  # a file is asked for first
    dialog = window.findChild(QFileDialog)
    dialog.fileSelected.emit(str(tmp_path / "seen.jsonl"))
    assert frames.path == tmp_path / "seen.jsonl"
    assert heard[-1].startswith(f"Every frame of the stream is written to {tmp_path / 'seen.jsonl'}")
    frames.frames = 1234
    window.commands.menus["Data"].aboutToShow.emit()
    assert (record.isChecked(), record.text().replace("&", "")) == (True, "Stop recording raw frames (1,234 so far)")
    record.trigger()
    assert (record.isChecked(), frames.path) == (False, None)
    assert heard[-1] == f"1,234 raw frames are in {tmp_path / 'seen.jsonl'}."
    assert record.text().replace("&", "") == "Record raw frames…"


async def test_a_file_that_cannot_be_written_is_a_sentence(open_window: Open, tmp_path) -> None:
    frames = FakeFrames()
    frames.failure = Unusable("The file cannot be written.")
    ports = view_ports(frames=frames)
    window = await open_window(ports)
    heard: list[Notice] = []
    ports.bus.listen(Notice, heard.append)
    entry(window, "Data", "Record raw frames…").trigger()
    window.findChild(QFileDialog).fileSelected.emit(str(tmp_path / "seen.jsonl"))
    assert [(notice.level, notice.sentence) for notice in heard] == [(Level.ERROR, "The file cannot be written.")]
    assert not entry(window, "Data", "Record raw frames…").isChecked()


async def test_where_frames_cannot_be_recorded_nobody_is_offered_it(open_window: Open) -> None:
    window = await open_window(view_ports())
    assert not entry(window, "Data", "Record raw frames…").isVisible()


async def test_clicking_the_sign_in_field_opens_the_guide(open_window: Open, tmp_path) -> None:
    sign_in = FakeSignIn(signed_in=False, configured=False)
    profile = Profile(sandbox=False, data_dir=tmp_path)
    window = await open_window(view_ports(sign_in=sign_in, profile=profile))
    window.status.sign_in.click()
    dialog = window.findChild(SignInDialog)
    assert dialog.windowTitle() == "Sign in"
    assert dialog.stack.currentWidget() is dialog.welcome


async def test_alerts_are_heard_from_when_the_view_menu_says_so(
    open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    monkeypatch.setattr("monitor.ui.alert_sound.chime", lambda: lambda: heard.append("chime"))
    ports = view_ports()
    window = await open_window(ports)
    fired = AlertFired(Firing("a", "AAPL", 0, Direction.UP, 10.0, 10.1))
    ports.bus.publish(fired)
    assert heard == []
    entry(window, "View", "Sound of alerts").trigger()
    await until(lambda: not window.findChild(AlertSound).findChild(QTimer).isActive())
    ports.bus.publish(fired)
    assert heard == ["chime", "chime"]
    assert ports.preferences.get("alert-sound") == "on"


@pytest.mark.parametrize("key", [Qt.Key.Key_F1, Qt.Key.Key_Question], ids=["F1", "?"])
async def test_the_key_list_fits_the_screen_and_can_be_read_with_keys_alone(
    open_window: Open, qtbot: QtBot, key: Qt.Key
) -> None:
    window = await open_window(view_ports())
    qtbot.keyClick(window.chart.view, key)
    keys = window.findChild(KeyList)
    room = keys.screen().availableGeometry().size()
    assert keys.size().boundedTo(room) == keys.size()
    keys.resize(keys.width(), 400)  # a small screen's
    await until(lambda: keys.isActiveWindow() and keys.scrolled.verticalScrollBar().maximum() > 0)
    newest = max(keys.scrolled.widget().findChildren(QLabel), key=lambda label: label.y())

    def seen() -> bool:
        return (
            keys.scrolled.viewport()
            .rect()
            .contains(newest.geometry().translated(keys.scrolled.widget().pos()).center())
        )

    for there, back in ((Qt.Key.Key_End, Qt.Key.Key_Home), (Qt.Key.Key_PageDown, Qt.Key.Key_PageUp)):
        assert not seen()
        for _ in range(5):
            qtbot.keyClick(keys.focusWidget(), there)
        await until(seen)
        for _ in range(5):
            qtbot.keyClick(keys.focusWidget(), back)
        await until(lambda: not seen())
    qtbot.keyClick(keys.focusWidget(), Qt.Key.Key_Escape)
    assert not keys.isVisible()


async def test_about_tells_the_versions(open_window: Open) -> None:
    ports = view_ports()
    ports.meters.store_meter = StoreMeter(0, 0, 0, "SQLite 3.53.2")
    window = await open_window(ports)
    entry(window, "Help", "About").trigger()
    told = dict(window.findChild(About).rows)
    assert re.fullmatch(r"\d+(\.\d+){3}, with security patches up to \d+(\.\d+){3}", told["Chromium"])
    assert told["Database"] == "SQLite 3.53.2"
    assert told["Tokens"] == "encrypted, with a key in the system's password store"


async def test_details_of_a_message_show_the_log(open_window: Open) -> None:
    ports = view_ports()
    window = await open_window(ports)
    entry(window, "View", "Log").trigger()
    ports.bus.publish(Notice(Level.ERROR, "The disk is full."))
    window.messages.details_wanted.emit()
    assert window.log.isVisible()


async def test_the_symbols_name_comes_with_its_first_quote(open_window: Open) -> None:
    ports = view_ports(archive=FakeArchive(instruments=[]))
    window = await open_window(ports)
    window.go_to("NVDA")
    ports.board.take_quote(Quote(symbol="NVDA", description="NVIDIA Corp"))
    ports.bus.publish(ports.board.changes())
    assert window.toolbar.symbol_box.accessibleDescription() == "NVIDIA Corp"


async def test_a_run_without_a_person_shows_and_leaves_the_layout_alone(qtbot: QtBot) -> None:
    preferences = FakePreferences()
    preferences.set_bytes("window/state", b"somebody's own")
    ports = view_ports(preferences=preferences)
    window = MainWindow(ports, Theme(), keep_layout=False)
    qtbot.addWidget(window)
    window.show()
    assert (window.width(), window.height()) == (1600, 900)
    window.close()
    await ports.tasks.close()
    assert preferences.get_bytes("window/state") == b"somebody's own"


async def test_the_planner_opens_from_the_menu_and_adds_to_the_list(open_window: Open) -> None:
    ports = view_ports()
    window = await open_window(ports)
    await until(lambda: window.watchlist.symbols())
    entry(window, "Data", "Planner").trigger()
    (planner,) = window.findChildren(Planner)
    planner.form.put_symbols(["AMD"])
    await until(lambda: planner.add.isEnabled())
    planner.begin()
    await until(lambda: "AMD" in window.watchlist.symbols())


async def test_the_planner_opens_over_the_sheet_on_snapshots_with_its_schedule(open_window: Open) -> None:
    window = await open_window(view_ports())
    sheet = window.open_chains()
    sheet.underlying.setText("SPY")
    sheet.planner.click()
    (planner,) = [each for each in QApplication.topLevelWidgets() if isinstance(each, Planner)]
    assert planner.parentWidget() is sheet
    assert planner.plan().symbols == ("SPY",)
    assert planner.plan().every == 15


async def test_a_pasted_list_opens_the_planner_with_its_symbols(open_window: Open) -> None:
    window = await open_window(view_ports())
    window.watchlist.entry.field.setText("AMD SPY")
    window.watchlist.entry.planner.click()
    (planner,) = window.findChildren(Planner)
    assert planner.plan().symbols == ("AMD", "SPY")


async def test_what_is_recorded_whatever_is_shown_is_wanted_while_the_window_is_open(open_window: Open) -> None:
    preferences = FakePreferences()
    preferences.set("recording/books", "AMD,SPY")
    ports = view_ports(preferences=preferences)
    window = await open_window(ports)
    wishes = ports.watching.wishes  # type: ignore[attr-defined]
    assert wishes["recording"] == Wanted(books=frozenset({"AMD", "SPY"}))
    window.close()
    assert "recording" not in wishes

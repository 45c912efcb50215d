"""The movers panel: the list that is chosen, streamed or on request, and what can be done with its rows."""

import asyncio
from datetime import date, time

import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QCursor, QGuiApplication
from PySide6.QtWidgets import QApplication, QTabWidget, QWidget

from monitor.errors import Transient
from monitor.live.events import BoardChanged, SignInChanged
from monitor.market.calendar import at_new_york
from monitor.market.screener import Ranked, Screener
from monitor.ports import MOVER_LISTS, MOVER_MINUTES, MOVER_SORTS, Priority, Profile, SignInState, Wanted
from monitor.ui.cells import COLOUR_ROLE
from monitor.ui.link import LinkGroup
from monitor.ui.movers.panel import REFRESH_SECONDS, MoversPanel
from monitor.ui.movers.phrases import LISTS, SORTS, SPANS, of_when
from monitor.ui.theme import Theme
from tests.support.ports import NOW_MS, FakeMovers, FakeSignIn, until, view_ports

NVDA = Ranked("NVDA", "NVIDIA Corp", 182.5, 4.51, 2.5338, 22.41, 500_000_000, 112_050_000, 912_345)
TSLA = Ranked("TSLA", "Tesla Inc", 402.1, -8.2, -1.9985, 9.3, 500_000_000, 46_500_000, 700_001)
AMD = Ranked("AMD", "Advanced Micro Devic", 0.5512, None, None, None, None, 9_000_000, None)


class Clock:
    """Monotonic seconds that a test sets."""

    def __init__(self):
        self.now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def open_panel(qtbot):
    panels = []

    def opened(**overrides):
        ports = view_ports(**{"movers": FakeMovers(NVDA, TSLA, AMD)} | overrides)
        clock = Clock()
        panel = MoversPanel(ports, LinkGroup(1, "#c0392b"), Theme(), clock)
        qtbot.addWidget(panel)
        panel.resize(1200, 260)
        QCursor.setPos(panel.mapToGlobal(QPoint(600, 5)))  # over the rows it would hold them
        panel.show()
        panels.append(panel)
        return panel, ports, clock

    return opened


def rows(panel):
    model = panel.table.model()
    return [[model.index(row, column).data() for column in range(8)] for row in range(model.rowCount())]


def symbols(panel):
    return [row[0] for row in rows(panel)]


def stream(ports, *ranked, key="$SPX_VOLUME_0"):
    ports.board.take_screener(Screener(key, NOW_MS + 5000, "VOLUME", 0, ranked))
    ports.bus.publish(ports.board.changes())


def test_every_list_order_and_span_has_a_name():
    assert (tuple(LISTS), tuple(SORTS), tuple(SPANS)) == (MOVER_LISTS, MOVER_SORTS, MOVER_MINUTES)


def test_the_list_is_asked_for_when_the_panel_is_first_seen(open_panel):
    panel, ports, _ = open_panel()
    assert ports.movers.asked == [("$SPX", "VOLUME", 0)]
    assert ports.movers.askings[0].priority is Priority.PERSON
    assert rows(panel) == [
        ["NVDA", "NVIDIA Corp", "182.50", "+4.51", "+2.53", "112,050,000", "22.41 %", "912,345"],
        ["TSLA", "Tesla Inc", "402.10", "-8.20", "-2.00", "46,500,000", "9.30 %", "700,001"],
        ["AMD", "Advanced Micro Devic", "0.5512", "–", "–", "9,000,000", "–", "–"],
    ]
    colours = [panel.table.model().index(row, 4).data(COLOUR_ROLE) for row in range(3)]
    assert colours == ["up", "down", "text"]


def test_a_hidden_panel_asks_nobody_and_wants_nothing(open_panel):
    panel, ports, clock = open_panel()
    assert ports.watching.wishes == {"movers": Wanted(screeners=frozenset({"$SPX_VOLUME_0"}))}
    panel.hide()
    clock.now += 10 * REFRESH_SECONDS
    panel.look()
    assert (len(ports.movers.asked), ports.watching.wishes) == (1, {})
    panel.show()
    assert len(ports.movers.asked) == 2


def test_a_panel_behind_a_tab_or_in_a_minimised_window_asks_nobody(open_panel, qtbot):
    panel, ports, clock = open_panel()
    tabs = QTabWidget()
    qtbot.addWidget(tabs)
    tabs.addTab(QWidget(), "Data")
    tabs.addTab(panel, "Movers")
    tabs.show()
    before = len(ports.movers.asked)
    clock.now += REFRESH_SECONDS
    panel.look()
    assert len(ports.movers.asked) == before
    tabs.setCurrentIndex(1)
    assert len(ports.movers.asked) == before + 1
    clock.now += REFRESH_SECONDS
    tabs.showMinimized()
    panel.look()
    assert len(ports.movers.asked) == before + 1
    panel.setParent(None)


def test_while_it_is_seen_the_list_is_renewed_each_minute_as_background_work(open_panel):
    panel, ports, clock = open_panel()
    clock.now += REFRESH_SECONDS - 1
    panel.look()
    assert len(ports.movers.asked) == 1
    clock.now += 1
    panel.look()
    assert len(ports.movers.asked) == 2
    said = ports.movers.askings[1]
    assert (said.priority, said.attempts) == (Priority.BACKGROUND, 1)
    assert said.purpose == "movers of S&P 500 ($SPX) by volume over the day"


def test_a_list_that_is_streamed_is_not_asked_for(open_panel):
    panel, ports, clock = open_panel()
    clock.now += REFRESH_SECONDS - 1
    stream(ports, TSLA, NVDA)
    assert symbols(panel) == ["TSLA", "NVDA"]
    assert panel._note.text().startswith("streamed at 11:46:07 ET")
    clock.now += REFRESH_SECONDS - 1
    panel.look()
    assert len(ports.movers.asked) == 1
    clock.now += 1
    panel.look()
    assert len(ports.movers.asked) == 2


def test_only_the_chosen_list_of_the_stream_is_shown(open_panel):
    panel, ports, _ = open_panel()
    stream(ports, TSLA, key="NYSE_VOLUME_0")
    stream(ports)  # an empty one says less than what was asked for
    assert symbols(panel) == ["NVDA", "TSLA", "AMD"]


def test_another_choice_is_asked_for_streamed_and_remembered(open_panel):
    panel, ports, _ = open_panel()
    ports.movers.lists["NASDAQ", "PERCENT_CHANGE_DOWN", 30] = (TSLA,)
    panel.lists.setCurrentText("NASDAQ")
    panel.sorts.setCurrentText("Percent down")
    panel.spans.setCurrentText("30 minutes")
    assert ports.movers.asked[-1] == ("NASDAQ", "PERCENT_CHANGE_DOWN", 30)
    assert ports.watching.wishes["movers"].screeners == {"NASDAQ_PERCENT_CHANGE_DOWN_30"}
    assert symbols(panel) == ["TSLA"]
    again, _, _ = open_panel(preferences=ports.preferences)
    assert again.choice == ("NASDAQ", "PERCENT_CHANGE_DOWN", 30)


def test_a_list_seen_within_the_minute_is_not_asked_for_again(open_panel):
    panel, ports, _ = open_panel()
    panel.lists.setCurrentText("NYSE")
    panel.lists.setCurrentText("S&P 500 ($SPX)")
    assert [name for name, *_ in ports.movers.asked] == ["$SPX", "NYSE"]
    assert symbols(panel) == ["NVDA", "TSLA", "AMD"]


def test_preferences_of_a_list_that_is_none_are_passed_over(open_panel):
    ports = view_ports()
    for name, value in (("movers.list", "TSX"), ("movers.sort", "?"), ("movers.minutes", "x")):
        ports.preferences.set(name, value)
    panel, _, _ = open_panel(preferences=ports.preferences)
    assert panel.choice == ("$DJI", "VOLUME", 0)


async def test_while_an_answer_is_awaited_it_says_so_and_another_choice_calls_it_off(open_panel):
    movers = FakeMovers(NVDA)
    movers.gate = asyncio.Event()
    panel, ports, _ = open_panel(movers=movers)
    await until(lambda: movers.asked)
    assert panel.message.text == "Asking for the movers of S&P 500 ($SPX) by volume over the day…"
    panel.lists.setCurrentText("NYSE")
    await until(lambda: len(movers.asked) == 2)
    movers.lists["$SPX", "VOLUME", 0] = (AMD,)
    movers.gate.set()
    await until(lambda: symbols(panel) == ["NVDA"])
    assert panel.message.text == ""
    await ports.tasks.close()


def test_a_failure_says_why_and_retries(open_panel, qtbot):
    movers = FakeMovers(NVDA)
    movers.failure = Transient("Schwab does not answer.")
    panel, _, _ = open_panel(movers=movers)
    assert panel.message.text == (
        "The movers of S&P 500 ($SPX) by volume over the day could not be fetched. Schwab does not answer."
    )
    assert panel.message.button.text() == "Retry"
    movers.failure = None
    qtbot.mouseClick(panel.message.button, Qt.MouseButton.LeftButton)
    assert symbols(panel) == ["NVDA"]


def test_a_failed_refresh_keeps_the_rows_and_says_so_in_the_header(open_panel):
    panel, ports, _ = open_panel()
    ports.movers.failure = Transient("Schwab does not answer.")
    panel.refresh()
    assert symbols(panel) == ["NVDA", "TSLA", "AMD"]
    assert panel._note.text() == "of 11:46:02 ET · Schwab does not answer."
    ports.movers.failure = None
    panel.refresh()
    assert panel._note.text() == "on request at 11:46:02 ET"


def test_a_failure_is_not_repeated_every_look(open_panel):
    movers = FakeMovers()
    movers.failure = Transient("Schwab does not answer.")
    panel, _, clock = open_panel(movers=movers)
    for _ in range(3):
        panel.look()
    assert len(movers.asked) == 1
    clock.now += REFRESH_SECONDS
    panel.look()
    assert len(movers.asked) == 2


def test_an_empty_list_says_so(open_panel):
    panel, _, _ = open_panel(movers=FakeMovers())
    assert panel.message.text == "Schwab names no movers of S&P 500 ($SPX) by volume over the day."
    assert panel.message.button.text() == "Refresh"


def test_signed_out_it_leads_to_the_sign_in_and_begins_with_it(open_panel, qtbot):
    sign_in = FakeSignIn(signed_in=False)
    panel, ports, _ = open_panel(sign_in=sign_in)
    assert ports.movers.asked == []
    assert panel.message.text == "Sign in to see the movers of S&P 500 ($SPX) by volume over the day."
    assert not panel.refresh_button.isEnabled()
    with qtbot.waitSignal(panel.sign_in_wanted):
        qtbot.mouseClick(panel.message.button, Qt.MouseButton.LeftButton)
    sign_in.signed_in = True
    ports.bus.publish(SignInChanged(SignInState.SIGNED_IN, ""))
    assert symbols(panel) == ["NVDA", "TSLA", "AMD"]
    assert panel.refresh_button.isEnabled()


def test_a_click_and_the_arrow_keys_lead_the_linked_panels(open_panel, qtbot):
    panel, _, _ = open_panel()
    click(panel, qtbot, 1)
    assert panel.link.symbol == "TSLA"
    qtbot.keyClick(panel.table, Qt.Key.Key_Down)
    assert panel.link.symbol == "AMD"


def test_it_follows_the_link_without_leading_it(open_panel, qtbot):
    panel, ports, _ = open_panel()
    panel.link.choose("TSLA")
    assert panel.table.currentIndex().row() == 1
    panel.link.choose("AAPL")
    assert not panel.table.selectionModel().hasSelection()
    stream(ports, AMD, TSLA)
    assert panel.link.symbol == "AAPL"
    click(panel, qtbot, 1)
    assert panel.link.symbol == "TSLA"
    stream(ports, TSLA, AMD)
    assert (panel.link.symbol, panel.table.currentIndex().row()) == ("TSLA", 0)


def test_a_double_click_or_enter_opens_the_chart(open_panel, qtbot):
    panel, _, _ = open_panel()
    click(panel, qtbot, 2)
    with qtbot.waitSignal(panel.chart_wanted) as told:
        qtbot.mouseDClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=centre(panel, 2))
    assert told.args == ["AMD"]
    panel.activateWindow()
    panel.table.setFocus()
    qtbot.waitUntil(panel.table.hasFocus)
    panel.table.setCurrentIndex(panel.table.model().index(1, 0))
    with qtbot.waitSignal(panel.chart_wanted) as told:
        qtbot.keyClick(panel.table, Qt.Key.Key_Return)
    assert told.args == ["TSLA"]


def test_the_menu_of_a_row(open_panel, qtbot):
    panel, _, _ = open_panel()
    actions = {action.text(): action for action in panel.row_menu(0).actions() if action.text()}
    assert list(actions) == ["Open chart", "Add to watchlist", "Copy symbol", "Copy row"]
    with qtbot.waitSignal(panel.watch_wanted) as told:
        actions["Add to watchlist"].trigger()
    assert told.args == ["NVDA"]
    actions["Copy symbol"].trigger()
    assert QGuiApplication.clipboard().text() == "NVDA"
    actions["Copy row"].trigger()
    assert QGuiApplication.clipboard().text() == "NVDA\tNVIDIA Corp\t182.5\t4.51\t2.5338\t112050000\t22.41\t912345"


def test_columns_sort_and_a_third_click_gives_the_ranking_back(open_panel, qtbot):
    panel, _, _ = open_panel()
    heads = panel.table.horizontalHeader()
    shown = []
    for _ in range(3):
        at = QPoint(heads.sectionViewportPosition(2) + 20, heads.height() // 2)
        qtbot.mouseClick(heads.viewport(), Qt.MouseButton.LeftButton, pos=at)
        shown.append(symbols(panel))
    assert shown == [["AMD", "NVDA", "TSLA"], ["TSLA", "NVDA", "AMD"], ["NVDA", "TSLA", "AMD"]]


def test_no_row_jumps_away_under_the_pointer(open_panel, qtbot):
    panel, ports, _ = open_panel()
    viewport = panel.table.viewport()
    viewport.setAttribute(Qt.WidgetAttribute.WA_UnderMouse)
    stream(ports, AMD, NVDA)
    assert symbols(panel) == ["NVDA", "TSLA", "AMD"]
    panel.lists.setCurrentText("NYSE")
    assert symbols(panel) == ["NVDA", "TSLA", "AMD"]  # another list is shown wherever the pointer is
    panel.lists.setCurrentText("S&P 500 ($SPX)")
    assert symbols(panel) == ["AMD", "NVDA"]
    stream(ports, NVDA, AMD)
    assert symbols(panel) == ["AMD", "NVDA"]
    viewport.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
    QApplication.sendEvent(viewport, QEvent(QEvent.Type.Leave))
    qtbot.waitUntil(lambda: symbols(panel) == ["NVDA", "AMD"])


@pytest.mark.parametrize(
    ("day", "clock", "words"),
    [
        (20, time(11, 46), "on request at 11:46:00 ET"),
        (20, time(17), "after hours of Fri 20 Nov · on request at 17:00:00 ET"),
        (21, time(12), "market closed, last session Fri 20 Nov · on request at 12:00:00 ET"),
        (23, time(8), "before the open, last session Fri 20 Nov · on request at 08:00:00 ET"),
        (27, time(6), "market closed, last session Wed 25 Nov · on request at 06:00:00 ET"),  # after Thanksgiving
    ],
)
def test_outside_market_hours_it_says_which_days_list_it_is(day, clock, words):
    now_ms = at_new_york(date(2026, 11, day), clock)
    assert of_when(now_ms, streamed=False, now_ms=now_ms, sandbox=False)[0] == words


def test_the_sandboxs_market_never_closes(open_panel):
    saturday = at_new_york(date(2026, 11, 21), time(12))
    ports = view_ports()
    ports.meters.now = saturday
    panel, _, _ = open_panel(meters=ports.meters)
    assert panel._note.text() == "on request at 11:46:02 ET"
    real, _, _ = open_panel(meters=ports.meters, profile=Profile(False, ports.profile.data_dir))
    assert real._note.text().startswith("market closed, last session Fri 20 Nov")


def test_a_closed_panel_hears_nothing_more(open_panel):
    panel, ports, _ = open_panel()
    panel.close_panel()
    stream(ports, TSLA)
    ports.bus.publish(BoardChanged(frozenset(), frozenset(), frozenset(), frozenset({"$SPX_VOLUME_0"})))
    assert (symbols(panel), ports.watching.wishes) == (["NVDA", "TSLA", "AMD"], {})


def click(panel, qtbot, row):
    qtbot.mouseClick(panel.table.viewport(), Qt.MouseButton.LeftButton, pos=centre(panel, row))


def centre(panel, row):
    return panel.table.visualRect(panel.table.model().index(row, 0)).center()

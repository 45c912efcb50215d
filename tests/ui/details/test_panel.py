"""The details panel: what it asks for, what it keeps, and what it says where it cannot."""

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLabel

from monitor.errors import Transient
from monitor.live.events import SignInChanged
from monitor.market.fundamentals import Fundamentals
from monitor.market.quote import Quote
from monitor.market.snapshot import Snapshot
from monitor.ports import Priority, SignInState, Wanted, asked
from monitor.ui.details.panel import PAUSE_SECONDS, QUOTE_SECONDS, DetailsPanel
from monitor.ui.details.sheet import RangeBar
from monitor.ui.link import LinkGroup
from monitor.ui.palettes import DARK
from monitor.ui.theme import Theme
from tests.support.ports import FakeInstruments, FakeQuotes, FakeSignIn, until, view_ports

AAPL, MSFT, SPX = (
    Snapshot(Quote(symbol=symbol, last=last, low=last - 10, high=last + 10, hard_to_borrow=0), None)
    for symbol, last in (("AAPL", 230.5), ("MSFT", 512.25), ("$SPX", 8138.9))
)
FACTS = (Fundamentals(symbol="AAPL", pe_ratio=35.35), Fundamentals(symbol="MSFT", pe_ratio=38.1))
DAY_MS = 86_400_000


class Clock:
    """Monotonic seconds that a test sets, and pauses that are over at once unless it holds them."""

    def __init__(self):
        self.now = 1000.0
        self.pauses = 0
        self.over = asyncio.Event()
        self.over.set()

    async def sleep(self, seconds):
        assert seconds == PAUSE_SECONDS
        self.pauses += 1
        await self.over.wait()

    def __call__(self):
        return self.now


@pytest.fixture
def open_panel(qtbot):
    panels = []

    def opened(symbol="AAPL", clock=None, **overrides):
        doubles = {"quotes": FakeQuotes(AAPL, MSFT, SPX), "instruments": FakeInstruments(*FACTS)}
        ports, clock, link = view_ports(**doubles | overrides), clock or Clock(), LinkGroup(1, "#c0392b")
        link.choose(symbol)
        panel = DetailsPanel(ports, link, Theme(), clock, clock.sleep)
        qtbot.addWidget(panel)
        panel.resize(1600, 220)
        panel.show()
        panels.append(panel)
        return panel, ports, clock

    return opened


def say(panel, **expected):
    """Whether the panel says all of this."""
    found = panel.sheet.said()
    return panel.sheet.isVisible() and all(found.get(name.replace("_", " ")) == text for name, text in expected.items())


async def test_quote_and_fundamentals_are_asked_for_and_shown(open_panel):
    panel, ports, _ = open_panel()
    assert panel.message.text == "Asking for the details of AAPL…"
    await until(lambda: say(panel, Last="230.50", Description="Apple Inc", **{"P/E": "35.35", "Hard to borrow": "no"}))
    assert (ports.quotes.asked, ports.instruments.asked) == ([("AAPL",)], ["AAPL"])
    assert panel._title.text() == "Details · AAPL"
    assert panel._note.text() == "From a request at 11:46 ET"
    assert ports.watching.wishes == {"details": Wanted(quotes=frozenset({"AAPL"}))}


async def test_flicking_back_asks_for_nothing_that_day(open_panel):
    panel, ports, _ = open_panel()
    for symbol in ("MSFT", "AAPL", "MSFT"):
        panel.link.choose(symbol)
        await until(lambda: say(panel, Last="512.25" if panel.link.symbol == "MSFT" else "230.50"))
    assert ports.quotes.asked == [("MSFT",), ("AAPL",)]
    assert ports.instruments.asked == ["MSFT", "AAPL"]
    ports.meters.now += DAY_MS
    panel.link.choose("AAPL")
    await until(lambda: len(ports.instruments.asked) == 3 and say(panel, Last="230.50"))
    assert ports.quotes.asked[-1] == ("AAPL",)


async def test_who_flicks_through_a_list_asks_for_the_last_one_only(open_panel):
    clock = Clock()
    clock.over.clear()
    panel, ports, _ = open_panel(clock=clock)
    for count, symbol in enumerate(("MSFT", "NVDA", "AAPL", "MSFT"), start=1):
        await until(lambda count=count: clock.pauses == count)
        panel.link.choose(symbol)
    await until(lambda: clock.pauses == 5)
    clock.over.set()
    await until(lambda: say(panel, Last="512.25"))
    assert (ports.quotes.asked, ports.instruments.asked) == ([("MSFT",)], ["MSFT"])


async def test_an_answer_is_called_off_when_the_symbol_changes(open_panel):
    instruments = FakeInstruments(*FACTS)
    instruments.gate = asyncio.Event()
    panel, _, _ = open_panel(instruments=instruments)
    await until(lambda: instruments.asked)
    panel.link.choose("MSFT")
    await until(lambda: instruments.given_up == ["AAPL"])
    instruments.gate.set()
    await until(lambda: say(panel, Last="512.25", **{"P/E": "38.10"}))


async def test_a_quote_that_is_not_streamed_is_asked_for_again_after_a_while_and_fundamentals_are_not(open_panel):
    panel, ports, clock = open_panel()
    await until(lambda: say(panel, Last="230.50"))
    clock.now += QUOTE_SECONDS
    panel.look()
    await until(lambda: len(ports.quotes.asked) == 2)
    assert ports.instruments.asked == ["AAPL"]


async def test_the_streams_quote_goes_before_and_keeps_what_only_a_request_tells(open_panel):
    panel, ports, clock = open_panel()
    await until(lambda: say(panel, Last="230.50"))
    ports.board.take_quote(Quote(symbol="AAPL", last=231.75))
    ports.bus.publish(ports.board.changes())
    await until(lambda: say(panel, Last="231.75", **{"Hard to borrow": "no"}))
    assert panel._note.text() == ""
    clock.now += QUOTE_SECONDS
    panel.look()
    assert not panel._asking
    ports.meters.age_ms = None  # the stream is gone: what was requested is newer or soon will be
    panel.look()
    await until(lambda: len(ports.quotes.asked) == 2 and say(panel, Last="230.50"))


async def test_hidden_it_asks_nobody_until_it_is_shown(open_panel):
    panel, ports, clock = open_panel("")
    panel.hide()
    panel.link.choose("AAPL")
    assert (panel._asking, clock.pauses, ports.watching.wishes) == (False, 0, {})
    panel.show()
    await until(lambda: say(panel, Last="230.50"))
    assert ports.quotes.asked == [("AAPL",)]


async def test_a_panel_that_is_hidden_in_the_pause_asks_nobody(open_panel):
    clock = Clock()
    clock.over.clear()
    panel, ports, _ = open_panel(clock=clock)
    await until(lambda: clock.pauses)
    panel.hide()
    clock.over.set()
    await until(lambda: not panel._asking)
    assert (ports.quotes.asked, ports.instruments.asked) == ([], [])


async def test_a_part_that_fails_leaves_the_other(open_panel, qtbot):
    panel, ports, _ = open_panel(instruments=failing(FakeInstruments(*FACTS)))
    await until(lambda: say(panel, Last="230.50", **{"P/E": "–"}))
    assert panel._note.text() == "The fundamentals could not be fetched. Schwab does not answer."
    assert panel._note.property("tone") == "amber"
    ports.instruments.failure = None
    qtbot.mouseClick(panel.refresh_button, Qt.MouseButton.LeftButton)
    await until(lambda: say(panel, **{"P/E": "35.35"}))
    assert panel._note.property("tone") == ""


async def test_where_all_fails_it_says_why_and_retries(open_panel, qtbot):
    panel, ports, _ = open_panel(instruments=failing(FakeInstruments(*FACTS)), quotes=failing(FakeQuotes(AAPL)))
    await until(lambda: panel.message.button.text() == "Retry")
    assert panel.message.text == "Quote and fundamentals could not be fetched. Schwab does not answer."
    panel.look()
    assert not panel._asking  # by itself it does not ask on and on
    ports.instruments.failure = ports.quotes.failure = None
    qtbot.mouseClick(panel.message.button, Qt.MouseButton.LeftButton)
    await until(lambda: say(panel, Last="230.50", **{"P/E": "35.35"}))


async def test_an_unknown_symbol_is_named(open_panel):
    panel, _, _ = open_panel("XYZQ")
    await until(lambda: panel.message.text == "Schwab knows no symbol “XYZQ”.")


async def test_an_option_has_no_fundamentals_to_ask_for(open_panel):
    symbol = "SPY   260928C00772000"
    panel, ports, _ = open_panel(symbol, quotes=FakeQuotes(Snapshot(Quote(symbol=symbol, last=4.2))))
    await until(lambda: say(panel, Last="4.20"))
    assert ports.instruments.asked == []


async def test_signed_out_it_leads_to_the_sign_in_and_begins_with_it(open_panel, qtbot):
    sign_in = FakeSignIn(signed_in=False)
    panel, ports, _ = open_panel(sign_in=sign_in)
    assert panel.message.text == "Sign in to see the details of AAPL."
    with qtbot.waitSignal(panel.sign_in_wanted):
        qtbot.mouseClick(panel.message.button, Qt.MouseButton.LeftButton)
    sign_in.signed_in = True
    ports.bus.publish(SignInChanged(SignInState.SIGNED_IN, ""))
    await until(lambda: say(panel, Last="230.50"))


def test_without_a_symbol_it_says_how_to_choose_one(open_panel):
    panel, ports, _ = open_panel("")
    assert panel.message.text == "Choose a symbol in the watchlist to see its details."
    assert not panel.refresh_button.isEnabled()
    assert ports.quotes.asked == []


async def test_groups_stand_in_as_many_columns_as_fit(open_panel):
    panel, _, _ = open_panel()
    await until(lambda: say(panel, Last="230.50"))
    wide = panel.sheet.column_count()
    panel.resize(560, 400)
    await until(lambda: panel.sheet.column_count() == 2)
    assert wide > 4
    labels = {label.text() for label in panel.sheet.findChildren(QLabel) if label.isVisible()}
    assert {"Price", "Dividend", "Short selling"} <= labels


async def test_the_mark_of_a_range_stands_where_the_last_price_is(open_panel):
    panel, _, _ = open_panel()
    await until(lambda: say(panel, **{"Day range": "220.50 – 240.50"}))
    [bar] = [bar for bar in panel.sheet.findChildren(RangeBar) if bar.at is not None]
    assert bar.at == 0.5
    image = bar.grab().toImage()
    middle = image.height() // 2 - 4
    marked = [x for x in range(image.width()) if image.pixelColor(x, middle).name() == DARK.accent]
    assert abs(sum(marked) / len(marked) - image.width() / 2) < 3


async def test_requests_say_for_what_they_are(open_panel, monkeypatch):
    said = []
    quotes = FakeQuotes(AAPL)
    ask = quotes.quotes

    async def listen(symbols, *rest):
        said.append(asked())
        return await ask(symbols, *rest)

    monkeypatch.setattr(quotes, "quotes", listen)
    panel, _, _ = open_panel(quotes=quotes)
    await until(lambda: said)
    assert (said[0].priority, said[0].purpose) == (Priority.PERSON, "details of AAPL")
    await until(lambda: say(panel, Last="230.50"))


async def test_a_closed_panel_asks_for_nothing_more(open_panel):
    instruments = FakeInstruments(*FACTS)
    instruments.gate = asyncio.Event()
    panel, ports, _ = open_panel(instruments=instruments)
    await until(lambda: instruments.asked)
    panel.close_panel()
    await until(lambda: instruments.given_up)
    assert ports.watching.wishes == {}


def failing(double):
    double.failure = Transient("Schwab does not answer.")
    return double

"""The Level 2 panel: what it shows, says and asks for."""

from itertools import combinations

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLabel

from monitor.live.events import SignInChanged
from monitor.market.book import BookService
from monitor.ports import SignInState
from monitor.ui.book import canvas
from monitor.ui.book.panel import STALE_MS, BookPanel
from monitor.ui.cells import row_height
from monitor.ui.link import LinkGroup
from monitor.ui.theme import Theme
from tests.support.builders import a_book, ms
from tests.support.captures import CONFLATED, frames, play
from tests.support.ports import view_ports


@pytest.fixture
def ports():
    ports = view_ports()
    ports.meters.now = ms("09:30:01")
    return ports


@pytest.fixture
def link():
    return LinkGroup(1, "#c0392b")


@pytest.fixture
def panel(qtbot, ports, link):
    panel = BookPanel(ports, link, Theme())
    qtbot.addWidget(panel)
    panel.resize(400, 330)
    panel.show()
    return panel


def take(ports, book, service=BookService.NASDAQ):
    ports.board.take_book(service, book)
    ports.bus.publish(ports.board.changes())


def note(panel):
    return panel.findChild(QLabel, "panelNote").text()


def test_it_says_what_to_do_and_what_it_waits_for(panel, link):
    assert panel.canvas.sentence == "Choose a symbol in the watchlist to see its book."
    link.choose("AAPL")
    assert panel.canvas.sentence == "Waiting for the book of AAPL…"


def test_a_narrow_header_shows_less_of_the_note_but_never_half_a_number(panel, ports, link):
    link.choose("AAPL")
    take(ports, a_book())
    words = panel.findChild(QLabel, "panelNote")
    shown = []
    for width in range(300, 0, -5):
        words.resize(width, 20)
        if words.fitting not in shown:
            shown.append(words.fitting)
    assert shown[0] == note(panel)
    assert shown[1:] == ["spread 0.02 · +0 %", "spread 0.02", "0.02", ""]


def test_after_the_end_of_a_sign_in_a_stream_that_goes_on_is_waited_for(panel, link, ports):
    ports.sign_in.signed_in, ports.sign_in.ended = False, True
    link.choose("AAPL")
    assert panel.canvas.sentence == "Waiting for the book of AAPL…"
    ports.meters.age_ms = None
    link.choose("MSFT")
    assert panel.canvas.sentence == "Sign in to see the book of MSFT."


def test_signed_out_it_says_what_helps(panel, link, ports):
    ports.sign_in.signed_in = False
    link.choose("AAPL")
    assert panel.canvas.sentence == "Sign in to see the book of AAPL."
    ports.sign_in.signed_in = True
    ports.bus.publish(SignInChanged(SignInState.SIGNED_IN, "Signed in."))
    assert panel.canvas.sentence == "Waiting for the book of AAPL…"


def test_an_index_has_no_book_and_none_is_asked_for(panel, ports, link):
    link.choose("$SPX")
    assert panel.canvas.sentence == "No Level 2 book for $SPX: indices have none."
    assert ports.watching.wishes["book"].books == frozenset()


def test_a_refused_book_is_explained(panel, ports, link):
    ports.watching.refused["XYZ"] = "Schwab takes no more symbols."
    link.choose("XYZ")
    assert panel.canvas.sentence == "No Level 2 book for XYZ: Schwab takes no more symbols."


def test_it_wants_and_shows_the_linked_symbols_book(panel, ports, link):
    link.choose("AAPL")
    assert ports.watching.wishes["book"].books == frozenset({"AAPL"})
    take(ports, a_book(bids=((99.99, 300), (99.98, 200)), asks=((100.01, 100),)))
    bids, asks = panel.canvas.visible()
    assert [(rung.price, rung.size) for rung in bids] == [(99.99, 300), (99.98, 200)]
    assert [rung.venue for rung in asks] == ["NSDQ"]
    assert note(panel) == "spread 0.02 · +67 % imbalance"
    assert panel.footer == "NASDAQ_BOOK · 09:30:00.000 ET · shares"


@pytest.mark.parametrize(
    ("doubt", "sides"),
    [
        ("crossed: the bid is above the ask", {"bids": ((100.05, 300),)}),
        ("a price or size is below zero", {"bids": ((99.99, -300),)}),
        ("a price or size is below zero", {"bids": ((-99.99, 300),)}),
    ],
)
def test_a_book_that_contradicts_itself_is_shown_in_amber_and_nothing_is_worked_out_from_it(
    panel, ports, link, doubt, sides
):
    link.choose("AAPL")
    take(ports, a_book(**sides))
    words = panel.findChild(QLabel, "panelNote")
    assert (words.text(), words.property("tone")) == (doubt, "amber")
    assert panel.canvas.visible()[0][0].price == sides["bids"][0][0]
    panel.grab()
    take(ports, a_book())
    assert (words.text(), words.property("tone")) == ("spread 0.02 · +0 % imbalance", "")


def test_a_locked_book_is_called_so(panel, ports, link):
    link.choose("AAPL")
    take(ports, a_book(bids=((100.01, 100),)))
    assert note(panel).startswith("locked · ")


def test_another_symbols_book_leaves_it_alone(panel, ports, link):
    link.choose("AAPL")
    take(ports, a_book("MSFT"))
    assert panel.canvas.sentence == "Waiting for the book of AAPL…"


def test_an_old_book_says_how_old_it_is_until_a_new_one_comes(panel, ports, link):
    link.choose("AAPL")
    take(ports, a_book())
    ports.meters.now += STALE_MS + 5_000
    panel.look_at_age()
    assert " · 15 s old" in panel.footer
    take(ports, a_book(at="09:30:15"))
    assert "old" not in panel.footer


def test_the_other_service_can_be_chosen(panel, ports, link):
    link.choose("F")
    take(ports, a_book("F"))
    take(ports, a_book("F", bids=((13.1, 500),), asks=()), BookService.NYSE)
    assert panel.footer.startswith("NASDAQ_BOOK")
    panel.choose_service(BookService.NYSE)
    assert panel.footer.startswith("NYSE_BOOK")
    assert [rung.size for rung in panel.canvas.visible()[0]] == [500]


def test_rows_by_price_are_one_click_away_and_remembered(panel, ports, link, qtbot):
    qtbot.mouseClick(panel.rows_button, Qt.MouseButton.LeftButton)
    assert panel.rows_button.text() == "By price"
    again = BookPanel(ports, link, Theme())
    qtbot.addWidget(again)
    assert again.rows_button.text() == "By price"


def test_keys_scroll_through_a_deep_book_and_no_further(panel, ports, link, qtbot):
    link.choose("AAPL")
    take(ports, a_book(bids=tuple((100 - n / 100, n + 1) for n in range(40))))
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Down)
    assert panel.canvas.visible()[0][0].size == 2
    qtbot.keyClick(panel.canvas, Qt.Key.Key_End)
    assert panel.canvas.visible()[0][-1].size == 40
    qtbot.keyClick(panel.canvas, Qt.Key.Key_Home)
    assert panel.canvas.visible()[0][0].size == 1


def test_a_row_tells_its_venues(panel, ports, link):
    link.choose("AAPL")
    take(ports, a_book(bids=((99.99, 1300),)))
    tip = panel.canvas.tip_at(QPoint(10, row_height() + 3))
    assert tip == "Bid 99.99: 1,300 shares, NSDQ 1,300\n1,300 shares to here"
    assert panel.canvas.tip_at(QPoint(10, row_height() * 3)) == ""


def test_the_canvas_paints_bids_in_the_colour_of_up(panel, ports, link):
    link.choose("AAPL")
    take(ports, a_book(bids=((99.99, 300),), asks=()))
    image = panel.canvas.grab().toImage()
    height = row_height()
    seen = {image.pixelColor(x, y).name() for x in range(image.width() // 2) for y in range(height, 2 * height)}
    assert Theme().colours.up in seen


def test_a_morning_of_real_books_is_shown(panel, ports, link, shared):
    link.choose("AAPL")
    for number, frame in enumerate(frames(shared, CONFLATED)):
        play(ports.board, frame)
        if number > 300:
            break
    ports.bus.publish(ports.board.changes())
    quote, (bids, asks) = ports.board.quote("AAPL"), panel.canvas.visible()
    assert (bids[0].tier, asks[0].tier) == (0, 0)
    assert bids[0].price < asks[0].price
    assert abs(bids[0].price - quote.bid) < 1
    assert len(bids) == len(asks) == panel.canvas.visible_rows


def test_words_never_meet_and_venues_come_with_room(panel, ports, link, monkeypatch):
    """Of columns that do not fit, the venue's goes."""
    link.choose("AAPL")
    take(ports, a_book())
    drawn = []

    class Watched(QPainter):
        def drawText(self, place, flags, words):
            drawn.append((self.boundingRect(place, flags, words), words))
            super().drawText(place, flags, words)

    monkeypatch.setattr(canvas, "QPainter", Watched)
    with_venues = []
    for width in range(500, 219, -1):
        drawn.clear()
        panel.canvas.resize(width, 200)
        panel.canvas.grab()
        for (one, words), (other, more) in combinations(drawn, 2):
            assert not one.intersects(other), (width, words, more)
        assert all(panel.canvas.rect().contains(place) for place, _ in drawn)
        with_venues.append("Venue" in [words for _, words in drawn])
    assert (with_venues[0], with_venues[-1]) == (True, False)
    assert with_venues == sorted(with_venues, reverse=True)

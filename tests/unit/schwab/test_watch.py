"""Silence that is a fault, and silence that is only a quiet market: 48 hours of it without one alarm."""

import random
from itertools import pairwise

import pytest

from monitor.schwab.timing import Timing
from monitor.schwab.watch import Watch

QUOTES, BOOK, CHART = "LEVELONE_EQUITIES", "NYSE_BOOK", "CHART_EQUITY"
START_MS = 1_795_193_162_000


class Market:
    """What Schwab knows of each symbol, what the stream brought of it, and a watch that looks once a second."""

    def __init__(self, wanted):
        self.wanted = wanted
        self.second = 0
        self.true, self.streamed = {}, {}
        self.watch = Watch(lambda service, symbol: self.streamed.get((service, symbol)), Timing())
        self.watch.begin(wanted, 0.0)
        self.asked, self.cried, self.back = [], [], []
        self.reachable = True

    @property
    def now_ms(self):
        return START_MS + self.second * 1000

    def trade(self, symbol, *services):
        """A quote of ``symbol`` happens, and comes by these services."""
        self.true[symbol] = self.now_ms
        for service in services:
            self.streamed[service, symbol] = self.now_ms

    def look(self, *heard):
        self.second += 1
        now = float(self.second)
        self.watch.hear(dict.fromkeys(heard, self.now_ms), now, True)
        self.back += self.watch.recovered(lambda _service: True)
        self.cried += self.watch.silent(now)
        symbols = self.watch.doubtful(self.wanted, now, self.now_ms)
        if symbols:
            self.asked.append((self.second, symbols))
            if self.reachable:
                times = {symbol: self.true[symbol] for symbol in symbols if symbol in self.true}
                self.watch.answered(times, self.wanted, now, self.now_ms)


def test_a_silent_service_is_cried_about_when_its_quotes_move_elsewhere():
    market = Market({QUOTES: {"AAPL"}, BOOK: {"AAPL"}})
    for _ in range(60):
        market.trade("AAPL", QUOTES, BOOK)
        market.look(QUOTES, BOOK)
    while not market.cried:
        market.trade("AAPL", QUOTES)
        market.look(QUOTES)
        assert market.second < 60 + 35
    assert [(cry.service, cry.symbol) for cry in market.cried] == [(BOOK, "")]
    assert market.cried[0].since_ms == START_MS + 60_000
    assert "books" in market.cried[0].sentence


def test_a_silent_symbol_is_cried_about_once_a_growing_while_until_it_is_back():
    market = Market({QUOTES: {"AAPL", "F"}})
    for second in range(1200):
        market.trade("AAPL", QUOTES)
        market.trade("F", *([QUOTES] if second < 60 else []))
        market.look(QUOTES)
    assert {(cry.service, cry.symbol) for cry in market.cried} == {(QUOTES, "F")}
    assert 2 <= len(market.cried) <= 5
    market.trade("F", QUOTES)
    market.look(QUOTES)
    assert market.back == [(QUOTES, "F")]


def test_one_question_a_symbol_and_minute():
    market = Market({QUOTES: {"AAPL", "F"}})
    market.trade("F", QUOTES)
    for _ in range(600):
        market.trade("AAPL", QUOTES)
        market.look(QUOTES)
    times = [second for second, symbols in market.asked if "F" in symbols]
    assert all(later - sooner >= 60 for sooner, later in pairwise(times))
    assert all(symbols == ["F"] for _, symbols in market.asked)
    assert market.cried == []  # a halted one


def test_without_an_answer_nobody_cries():
    market = Market({QUOTES: {"AAPL"}})
    market.reachable = False
    market.trade("AAPL", QUOTES)
    market.look(QUOTES)
    for _ in range(600):
        market.trade("AAPL")
        market.look()
    assert market.asked
    assert market.cried == []


def test_what_comes_within_the_grace_is_not_silent():
    """The question sees a quote that the stream brings a second later."""
    market = Market({QUOTES: {"F"}})
    market.trade("F", QUOTES)
    market.look(QUOTES)
    rng = random.Random(3)
    for _ in range(20_000):
        happened = rng.random() < 1 / 60
        if happened:
            market.trade("F")
        market.look()
        if happened:
            market.streamed[QUOTES, "F"] = market.true["F"]
            market.watch.hear({QUOTES: market.now_ms}, float(market.second), True)
    assert market.asked
    assert market.cried == []


def test_a_new_connection_owes_what_was_silent_before():
    market = Market({QUOTES: {"AAPL"}, BOOK: {"AAPL"}})
    for _ in range(60):
        market.trade("AAPL", QUOTES, BOOK)
        market.look(QUOTES, BOOK)
    for _ in range(30):
        market.trade("AAPL", QUOTES)
        market.look(QUOTES)
    market.watch.begin(market.wanted, float(market.second))
    assert not market.watch.is_unheard(BOOK, float(market.second + 20))
    assert market.watch.is_unheard(BOOK, float(market.second + 26))


@pytest.mark.parametrize("seed", [1, 2])
def test_forty_eight_quiet_hours_are_without_an_alarm(seed):
    """Illiquid symbols that move every few minutes, bars only after prints, long pauses of everything."""
    rng = random.Random(seed)
    symbols = [f"S{n}" for n in range(6)]
    market = Market({QUOTES: set(symbols), BOOK: set(symbols), CHART: set(symbols)})
    rates = {symbol: rng.choice((0.3, 0.02, 0.005, 0.001)) for symbol in symbols}
    bars, busy = {}, True
    for second in range(48 * 3600):
        if second % 1800 == 0:
            busy = rng.random() < 0.5
        heard = set()
        for symbol in symbols:
            if rng.random() < rates[symbol] * (1.0 if busy else 0.02):
                market.trade(symbol, QUOTES, BOOK)
                bars[symbol] = second // 60
                heard |= {QUOTES, BOOK}
        if second % 60 == 3:
            done = [symbol for symbol, minute in bars.items() if minute < second // 60]
            for symbol in done:
                del bars[symbol]
                heard.add(CHART)
        market.look(*heard)
    assert market.asked
    assert market.cried == []

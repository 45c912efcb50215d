"""How people type symbols."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BadData
from monitor.market.instrument import Instrument, Kind, kind_of, nearest_first, parse_symbol, parse_symbols


@pytest.mark.parametrize(
    ("typed", "symbol"),
    [
        (" aapl\n", "AAPL"),
        ("brk/b", "BRK/B"),
        ("brk.b", "BRK.B"),
        ("$spx", "$SPX"),
        ("/esz26", "/ESZ26"),
        ("./OZCZ26C565", "./OZCZ26C565"),
        ("EUR/USD", "EUR/USD"),
        ("AAPL  261218C00150000", "AAPL  261218C00150000"),
        ("T", "T"),
    ],
)
def test_every_form_that_schwab_uses_is_understood(typed: str, symbol: str) -> None:
    assert parse_symbol(typed) == symbol


@pytest.mark.parametrize("typed", ["", "  ", "=cmd", "AAPL;DROP", "../../etc", "ÄPFEL", "🍏", "-A", "A\x00B", "Straße"])
def test_what_cannot_be_a_symbol_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(BadData, match=r"is not a symbol\. Examples: AAPL"):
        parse_symbol(typed)


def test_a_very_long_text_is_shown_cut_short() -> None:
    with pytest.raises(BadData) as refusal:
        parse_symbol("A" * 1_000_000)
    assert len(refusal.value.sentence) < 100


def test_the_symbol_typed_comes_before_longer_ones_and_before_words() -> None:
    found = [Instrument(symbol) for symbol in ("U", "FDX", "KHC", "FCX", "F", "FDX")]
    assert [i.symbol for i in nearest_first(found, " f")] == ["F", "FCX", "FDX", "U", "KHC"]


def test_a_list_keeps_its_order_and_names_each_symbol_once() -> None:
    assert parse_symbols("msft, AAPL,,aapl , $spx,") == ["MSFT", "AAPL", "$SPX"]
    assert parse_symbols(" , ") == []


@given(st.text())
def test_any_text_is_either_refused_or_a_symbol_that_reads_back_as_itself(text: str) -> None:
    try:
        symbol = parse_symbol(text)
    except BadData:
        return
    assert symbol.isascii()
    assert parse_symbol(symbol) == symbol


@pytest.mark.parametrize(
    ("symbol", "kind"),
    [
        ("AAPL", Kind.SHARE),
        ("BRK/B", Kind.SHARE),
        ("BAC/PRL", Kind.SHARE),
        ("$SPX", Kind.INDEX),
        ("AAPL  240517P00190000", Kind.OPTION),
        ("SPXW  251208C06880000", Kind.OPTION),
        ("/ES", Kind.FUTURE),
        ("/ESZ24", Kind.FUTURE),
        ("./OZCZ23C565", Kind.FUTURE_OPTION),
        ("EUR/USD", Kind.FOREX),
    ],
)
def test_the_form_of_a_symbol_tells_what_it_stands_for(symbol: str, kind: Kind) -> None:
    assert kind_of(symbol) is kind

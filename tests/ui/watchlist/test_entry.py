"""What is typed or pasted into the entry, taken apart into symbols."""

import pytest

from monitor.ui.watchlist.entry import split_symbols


@pytest.mark.parametrize(
    ("text", "symbols"),
    [
        ("aapl", ["AAPL"]),
        ("aapl, msft;nvda", ["AAPL", "MSFT", "NVDA"]),
        ("AAPL MSFT\nNVDA\tSPY\r\nAAPL", ["AAPL", "MSFT", "NVDA", "SPY"]),
        ("brk/b $spx", ["BRK/B", "$SPX"]),
        ("AAPL  250117C00190000", ["AAPL  250117C00190000"]),
        ("GOOGL 250117C00190000 SPY", ["GOOGL 250117C00190000", "SPY"]),
        (" , ", []),
    ],
)
def test_symbols_are_found_in_what_was_pasted(text, symbols):
    assert split_symbols(text) == (symbols, [])


def test_what_cannot_be_a_symbol_does_not_spoil_the_others():
    assert split_symbols("AAPL, ???, MSFT") == (["AAPL", "MSFT"], ["???"])

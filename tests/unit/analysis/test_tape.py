"""Which Level 1 messages report a print, and what they tell of it."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.analysis.tape import infer_trade, is_older, side_of
from monitor.live.board import Board
from monitor.market.quote import Quote, merge
from monitor.market.trade import Side, Trade
from monitor.schwab.wire import decode_frame
from tests.support.builders import a_quote, a_trade, ms
from tests.support.captures import BURST, frames, play

SNAPSHOT: dict[str, Any] = {
    "bid": 99.9,
    "ask": 100.1,
    "last": 100.0,
    "last_size": 10,
    "volume": 5000,
    "trade_time": "09:30",
}


def after_snapshot(**fields: Any) -> Trade | None:
    return infer_trade(a_quote(**SNAPSHOT), a_quote(**fields))


def test_a_print_with_its_size_time_and_side() -> None:
    trade = after_snapshot(last=100.1, last_size=200, volume=5200, trade_time="09:30:01")
    assert trade == a_trade(at="09:30:01", price=100.1, size=200, volume=5200, side=Side.AT_ASK)


def test_volume_beyond_the_last_print_was_not_seen() -> None:
    trade = after_snapshot(last_size=200, volume=5500)
    assert trade is not None
    assert (trade.size, trade.unseen) == (200, 300)


def test_fields_that_did_not_change_keep_what_was_sent_before() -> None:
    assert after_snapshot(volume=5010) == a_trade(price=100.0, size=10, volume=5010)


def test_a_size_larger_than_what_passed_is_cut_to_it() -> None:
    trade = after_snapshot(last_size=200, volume=5150)
    assert trade is not None
    assert (trade.size, trade.unseen) == (150, 0)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"bid": 99.8}, id="only the quote moved"),
        pytest.param({"last": 100.1, "trade_time": "09:31"}, id="no volume"),
        pytest.param({"volume": 5000}, id="the same volume, as after a reconnect"),
        pytest.param({"volume": 0}, id="a new day"),
    ],
)
def test_messages_without_new_volume_report_no_print(change: dict[str, Any]) -> None:
    assert after_snapshot(**change) is None


def test_the_first_message_of_all_describes_an_old_print() -> None:
    assert infer_trade(a_quote(), a_quote(**SNAPSHOT)) is None


def test_the_first_print_of_a_day_that_began_without_volume_is_seen() -> None:
    before = a_quote(asset_type="EQUITY", bid=99.9, ask=100.1)
    trade = infer_trade(before, a_quote(last=100.1, last_size=40, volume=40, trade_time="09:30"))
    assert trade == a_trade(price=100.1, size=40, volume=40, side=Side.AT_ASK)


def test_before_a_snapshot_the_volume_so_far_is_unknown_and_not_nothing() -> None:
    assert infer_trade(a_quote(bid=99.9), a_quote(last=100.1, volume=5_000_000, trade_time="09:30")) is None


def test_a_snapshot_after_a_hole_tells_what_passed_meanwhile_but_not_of_another_day() -> None:
    before = a_quote(asset_type="EQUITY", last=100, volume=5000, trade_time="09:30")
    again = a_quote(asset_type="EQUITY", last=100, last_size=10, volume=6000, trade_time="09:40")
    trade = infer_trade(before, again)
    assert trade is not None
    assert (trade.size, trade.unseen) == (10, 990)
    again.trade_time = ms("09:30") + 86_400_000
    assert infer_trade(before, again) is None


@pytest.mark.parametrize(
    ("change", "older"),
    [
        pytest.param({"volume": 4990, "trade_time": "09:29"}, True, id="told again"),
        pytest.param({"volume": 4990}, True, id="told again, the volume alone"),
        pytest.param({"volume": 0}, False, id="a new day"),
        pytest.param({"volume": 3, "trade_time": "09:31"}, False, id="the first print of a new day"),
        pytest.param({"volume": 5000, "trade_time": "09:30"}, False, id="the same again"),
        pytest.param({"volume": 5010}, False, id="a new print"),
        pytest.param({"bid": 1}, False, id="no volume"),
    ],
)
def test_what_has_less_volume_and_no_newer_print_is_older(change: dict[str, Any], older: bool) -> None:
    assert is_older(a_quote(**SNAPSHOT), a_quote(**change)) is older


def test_nothing_of_a_real_market_is_older_than_what_came_before(shared: Path) -> None:
    states: dict[str, Quote] = {}
    names = ("LEVELONE_EQUITIES_session_roll_PCG_2026-09-29", "session_LEVELONE_EQUITIES_AAPL_2025-08-13")
    for name in names:
        for line in (shared / f"schwab/samples/stream/{name}.jsonl").read_text().splitlines():
            for data in decode_frame(line)[0].data:
                for change in data.content:
                    state = states.setdefault(change.symbol, Quote(symbol=change.symbol))
                    assert not is_older(state, change)
                    merge(state, change)


@pytest.mark.parametrize(
    ("price", "bid", "ask", "side"),
    [
        (100.1, 99.9, 100.1, Side.AT_ASK),
        (100.2, 99.9, 100.1, Side.AT_ASK),
        (99.9, 99.9, 100.1, Side.AT_BID),
        (99.8, 99.9, 100.1, Side.AT_BID),
        (100.0, 99.9, 100.1, Side.BETWEEN),
        (100.0, 0, 0, Side.UNKNOWN),
        (100.0, None, 100.1, Side.UNKNOWN),
        (100.0, 99.9, None, Side.UNKNOWN),
    ],
)
def test_the_side_is_where_the_price_lies_in_the_quote_before(
    price: float, bid: float | None, ask: float | None, side: Side
) -> None:
    assert side_of(price, bid, ask) is side


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 900)), max_size=30))
def test_sizes_and_unseen_volume_add_up_to_the_day(steps: list[tuple[int, int]]) -> None:
    state: Quote = a_quote(**SNAPSHOT)
    seen = 0.0
    for passed, size in steps:
        change = a_quote(volume=state.volume + passed, last_size=size)
        trade = infer_trade(state, change)
        seen += trade.size + trade.unseen if trade else 0
        state.volume = change.volume
    assert SNAPSHOT["volume"] + seen == state.volume


def test_the_prints_of_a_real_market_add_up_to_its_volume(shared: Path) -> None:
    board, prints = Board(), []
    for frame in frames(shared, BURST):
        prints += play(board, frame)[0]
    final = board.quote("AAPL")
    assert final is not None
    assert sum(trade.size + trade.unseen for trade in prints) == final.volume
    assert prints[-1].price == final.last
    assert {Side.AT_ASK, Side.AT_BID} <= {trade.side for trade in prints}

"""Level 1 of one symbol at a moment, by the streamer's field numbers (PROTOCOL 6)."""

from bisect import bisect_right

from monitor.sandbox.exchange import LevelOne
from monitor.sandbox.market.facts import whole
from monitor.sandbox.market.standing import Print, Standing, print_at
from monitor.sandbox.market.ticks import QUOTING, REPORTING, SLOT_MS


def level_one(s: Standing, moment: int) -> LevelOne:
    """Every field the symbol has, complete, at a moment of the standing's minute."""
    last, volume, high, low, open_ = s.before, s.ahead.volume, s.ahead.high, s.ahead.low, s.ahead.open
    if s.running and (count := bisect_right(s.running.trades.time, moment)):
        n, trades = count - 1, s.running.trades
        last = print_at(trades, n, s.regular)
        volume += s.running.volume[n]
        if s.counted:
            high = max(high, s.running.high[n])
            low = min(low, s.running.low[n]) if s.ahead.opened else s.running.low[n]
            open_ = open_ if s.ahead.opened else trades.price[0]
    regular = last if last.regular else s.regular_before
    state = s.yesterday.facts.copy()
    state["8"] = volume
    state["10"], state["11"], state["17"] = whole(high), whole(low), whole(open_)
    state["19"] = whole(max(s.yesterday.year_high, high))
    state["20"] = whole(min(s.yesterday.year_low, low) if low else s.yesterday.year_low)
    _put_prints(state, s, last, regular)
    if s.company.is_index:
        _put_mark(state, last.price, s.yesterday.close)
        state["34"] = last.time
    else:
        _put_quote(state, s, (moment - s.start) // SLOT_MS, last)
    return state


def _put_prints(state: LevelOne, s: Standing, last: Print, regular: Print) -> None:
    close = s.yesterday.close
    change, regular_change = last.price - close, regular.price - close
    state["3"], state["12"] = whole(last.price), whole(close)
    state["18"], state["42"] = whole(round(change, 4)), whole(round(100 * change / close, 6))
    state["28"], state["35"] = last.regular, last.time
    state["29"], state["36"] = whole(regular.price), regular.time
    state["31"], state["43"] = whole(round(regular_change, 4)), whole(round(100 * regular_change / close, 6))
    if s.company.is_index:
        return
    state["9"], state["30"] = last.size, regular.size
    state["16"], state["41"] = REPORTING[last.venue]
    after = 0.0 if last.regular else last.price - regular.price
    state["50"], state["51"] = whole(round(after, 4)), whole(round(100 * after / regular.price, 6))


def _put_quote(state: LevelOne, s: Standing, slot: int, last: Print) -> None:
    q = s.quotes
    bid, ask = q.bid[slot], q.ask[slot]
    state["1"], state["2"] = whole(bid), whole(ask)
    state["4"], state["5"] = q.bid_size[slot], q.ask_size[slot]
    state["7"], state["40"] = QUOTING[q.bid_venue[slot]]
    state["6"], state["39"] = QUOTING[q.ask_venue[slot]]
    state["27"] = s.regular
    state["37"], state["38"] = q.bid_time[slot], q.ask_time[slot]
    state["34"] = max(q.bid_time[slot], q.ask_time[slot])
    _put_mark(state, min(max(last.price, bid), ask), s.yesterday.close)


def _put_mark(state: LevelOne, mark: float, close: float) -> None:
    state["33"] = whole(mark)
    state["44"], state["45"] = whole(round(mark - close, 4)), whole(round(100 * (mark - close) / close, 6))

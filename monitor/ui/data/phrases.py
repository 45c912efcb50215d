"""What the gap map says in words: of a day, of a selection, of what repair costs, and of what soon cannot be had."""

from collections.abc import Sequence
from datetime import date, time, timedelta

from monitor.analysis.coverage import DEPTHS, DayCoverage, leaves_reach
from monitor.analysis.repair import Expiring
from monitor.market.bar import Interval
from monitor.market.calendar import at_new_york, from_ms
from monitor.ui import format as fmt
from monitor.ui.data.model import Code, Picked

_WORDS = {
    Code.COMPLETE: "Complete",
    Code.PARTIAL: "Partial",
    Code.MISSING: "Missing",
    Code.FAILED: "Failed",
    Code.EMPTY: "Empty at the source",
    Code.OUT_OF_REACH: "Out of reach",
    Code.TODAY: "Under way",
}
_DAY_MS, _HOUR_MS = 86_400_000, 3_600_000
#: A request takes about its share of the minute that the ceiling is about.
_MINUTE = 60.0


def counted(number: int, what: str) -> str:
    """A number with its noun: 1 request, 1,234 requests."""
    return f"{number:,} {what}" + ("" if number == 1 else "s")


def bars(number: int, interval: Interval) -> str:
    """So many bars, as people say it: 1,560 minutes, 312 5m bars, 5 days."""
    if interval is Interval.M1:
        return counted(number, "minute")
    return counted(number, "day") if interval is Interval.DAY else counted(number, f"{interval.label} bar")


def plural(interval: Interval) -> str:
    """The bars of an interval in general: minutes, 5m bars, days."""
    return bars(2, interval).split(" ", 1)[1]


def days(first: date, last: date) -> str:
    """A day, or from when to when: 2026-11-17, 2026-11-17 to 11-19, 2025-12-30 to 2026-01-05."""
    if first == last:
        return f"{first}"
    return f"{first} to {last:%m-%d}" if first.year == last.year else f"{first} to {last}"


def names(symbols: Sequence[str]) -> str:
    """Up to three symbols by name, more by number."""
    if len(symbols) > 3:
        return counted(len(symbols), "symbol")
    return " and ".join(filter(None, [", ".join(symbols[:-1]), *symbols[-1:]]))


def tip(symbol: str, day: date, cell: DayCoverage | None, code: Code, interval: Interval) -> str:
    """Everything that is known of a day, a line each."""
    head = f"{symbol} · {day:%a %d %b %Y}"
    if cell is None:
        return f"{head}\nClosed: no trading on this day"
    counts = cell.counts
    parts = ((counts.streamed, "streamed"), (counts.fetched, "from history"), (counts.computed, "computed"))
    lines = [head, f"{_WORDS[code]}: {cell.stored:,} of {bars(cell.expected, interval)} on disk"]
    if sources := " · ".join(f"{number:,} {source}" for number, source in parts if number):
        lines.append(sources)
    if code is Code.COMPLETE and cell.stored < cell.expected:
        lines.append("History has answered: in the others there was no trade")
    elif 0 < cell.missing < cell.expected - cell.stored:
        lines.append(f"{bars(cell.missing, interval)} missing: for the others history has answered")
    if cell.until_ms:
        lines.append(f"Not tried again before {fmt.both_clocks(cell.until_ms)}")
    if cell.in_reach:
        leaves = from_ms(leaves_reach(interval, at_new_york(day, time(0)))).date()
        lines.append(f"Schwab has it until {leaves - timedelta(days=1):%a %d %b %Y}")
    else:
        lines.append("Schwab has it no longer")
    return "\n".join(lines)


def selection(picked: Picked, interval: Interval, requests: int | None, *, chosen: bool) -> tuple[str, str]:
    """What is chosen, or else all there is; what of it is missing, and what repairing it costs; and a shorter form."""
    if chosen:
        head = f"Selected: {names(picked.symbols)} {days(picked.first, picked.last)}"
    else:
        head = counted(len(picked.symbols), "symbol")
    lack = f"{bars(picked.missing, interval)} missing" if picked.missing else "nothing missing"
    if requests is None:
        cost, short = "counting the requests…", "…"
    elif requests:
        cost, short = f"repair costs {counted(requests, 'request')}", counted(requests, "request")
    elif picked.missing:
        cost = short = "Schwab has no more"
    else:
        return f"{head} · {lack}", head
    return f"{head} · {lack} · {cost}", f"{head.removeprefix('Selected: ')} · {lack} · {short}"


def repair(requests: int | None, *, chosen: bool) -> str:
    """The words on the button."""
    if requests == 0:
        return "Nothing to repair"
    what = "Repair" if chosen else "Repair all"
    return what if requests is None else f"{what} · {counted(requests, 'request')}"


def takes(requests: int, ceiling: int) -> str:
    """About how long so many requests take."""
    seconds = max(1, round(requests * _MINUTE / max(ceiling, 1)))
    return f"about {seconds} s" if seconds < 120 else f"about {round(seconds / 60)} min"


def nothing_kept(symbols: Sequence[str], interval: Interval, requests: int, ceiling: int) -> tuple[str, str]:
    """Why the map is empty, and the words of the button; ``requests`` are what a download costs, 0 while unknown."""
    sentence = f"No history of {names(symbols)} yet. Schwab has {DEPTHS[interval].days:,} days of {plural(interval)}"
    if not requests:
        return f"{sentence}.", "Download…"
    cost = counted(requests, "request")
    return f"{sentence}: {cost}, {takes(requests, ceiling)}.", f"Download · {cost}"


def leaving(expiring: Sequence[Expiring], now_ms: int) -> tuple[str, ...]:
    """What soon cannot be had any more, and shorter forms of it; empty where nothing expires."""
    if not expiring:
        return ("",)
    first = min(expiring, key=lambda each: each.leaves_ms)
    alike = [each for each in expiring if each.interval is first.interval]
    others = len({each.symbol for each in alike} - {first.symbol})
    more = f" and those of {counted(others, 'other symbol')}" if others else ""
    before = from_ms(max(each.end for each in alike) - 1).date() + timedelta(days=1)
    when = _in(first.leaves_ms - now_ms)
    verb = "leave" if from_ms(first.start).date() == before - timedelta(days=1) else "begin to leave"
    what = f"{first.symbol} {plural(first.interval)} before {before:%b} {before.day}{more}"
    return (
        f"{what} {verb} Schwab's window {when} and are not on this disk",
        f"{first.symbol} {plural(first.interval)} before {before:%b} {before.day} {verb} Schwab's window {when}",
        f"{first.symbol}{f' +{others}' if others else ''}: leaves Schwab's window {when}",
    )


def _in(span_ms: int) -> str:
    if span_ms >= _DAY_MS:
        return f"in {counted(span_ms // _DAY_MS, 'day')}"
    return f"in {counted(span_ms // _HOUR_MS, 'hour')}" if span_ms >= _HOUR_MS else "within the hour"

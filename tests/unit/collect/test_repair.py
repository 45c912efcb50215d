"""Repair: what is asked of history, in which order, what the ledger says afterwards, and what is told."""

import asyncio
from collections.abc import Callable, Sequence
from datetime import date, time

import pytest

from monitor.analysis.bars import day_start
from monitor.analysis.coverage import Answer, Asked, first_reachable, paint, settled
from monitor.collect.repair import Repair, lost_of, noted
from monitor.collect.repair_jobs import Delays
from monitor.errors import MonitorError, Refused, SignInNeeded, Transient
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, HistoryProgress, Level, Notice
from monitor.market.bar import Bar, Interval
from monitor.market.calendar import around_the_clock, at_new_york, sessions
from monitor.ports import HistoryAnswer, Priority, asked

M1, DAILY = Interval.M1, Interval.DAY
MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
TODAY = date(2026, 11, 20)
NOW = at_new_york(TODAY, time(12, 0, 30))
PRESENT = NOW // MINUTE * MINUTE
SETTLED = PRESENT - 2 * MINUTE
OPEN = at_new_york(TODAY, time(7))


def bar(symbol: str, interval: Interval, start: int) -> Bar:
    return Bar(symbol, interval, start, 1, 1, 1, 1, 1)


class Source:
    """History that answers one bar at the start of whatever is asked, and remembers the questions."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Interval, int, int]] = []
        self.failure: Exception | None = None
        self.answer: HistoryAnswer | None = None
        self.on_ask: Callable[[], object] = lambda: None

    async def bars(self, symbol: str, interval: Interval, start_ms: int, end_ms: int) -> HistoryAnswer:
        self.asked.append((symbol, interval, start_ms, end_ms))
        self.on_ask()
        await asyncio.sleep(0)
        if self.failure:
            raise self.failure
        return self.answer or HistoryAnswer((bar(symbol, interval, start_ms),))


class Disk:
    """Recorder and coverage at once: what was recorded is known at the next look."""

    def __init__(self) -> None:
        self.ledgers: dict[tuple[str, Interval], list[Asked]] = {}
        self.bars: list[Bar] = []
        self.trouble: MonitorError | None = None

    def record_bars(self, bars: Sequence[Bar]) -> None:
        self.bars += bars

    def record_coverage(self, symbol: str, interval: Interval, asked: Asked) -> None:
        self.ledgers[symbol, interval] = paint(self.ledgers.get((symbol, interval), []), asked)

    async def flushed(self) -> None: ...

    async def ledger(self, symbols: Sequence[str], interval: Interval) -> dict[str, list[Asked]]:
        if self.trouble:
            raise self.trouble
        return {symbol: self.ledgers.get((symbol, interval), []) for symbol in symbols}

    async def failed_due(self, now_ms: int) -> list[tuple[str, Interval, Asked]]:
        return [
            (*key, asked)
            for key, ledger in self.ledgers.items()
            for asked in ledger
            if asked.answer is Answer.FAILED and asked.until_ms <= now_ms
        ]

    def answers(self, symbol: str, interval: Interval = M1) -> list[Answer]:
        return [asked.answer for asked in self.ledgers.get((symbol, interval), [])]


class Bench:
    """A repair with its fakes, and what it publishes."""

    def __init__(self) -> None:
        self.source, self.disk, self.bus = Source(), Disk(), Bus()
        self.now = NOW
        self.told: list[HistoryProgress] = []
        self.notices: list[Notice] = []
        self.bus.listen(HistoryProgress, self._hear)
        self.bus.listen(Notice, self._hear_notice)
        self._changed = asyncio.Event()
        self.repair = Repair(self.source, self.disk, self.disk, self.bus, now_ms=lambda: self.now)  # type: ignore[arg-type]

    def _hear(self, event: HistoryProgress) -> None:
        self.told.append(event)
        self._changed.set()

    def _hear_notice(self, notice: Notice) -> None:
        self.notices.append(notice)
        self._changed.set()

    async def until(self, condition: Callable[[], object]) -> None:
        """Run the repair until ``condition`` holds."""
        running = asyncio.create_task(self.repair.run())
        try:
            async with asyncio.timeout(60):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
        finally:
            running.cancel()
            await asyncio.wait([running])

    def finished(self, count: int = 1) -> Callable[[], bool]:
        return lambda: sum(event.finished for event in self.told) >= count

    def cover(self, symbol: str, until: int) -> None:
        """Everything of the symbol is on disk, its minutes up to ``until``."""
        self.disk.record_coverage(symbol, M1, Asked(0, until, Answer.COMPLETE, NOW))
        self.disk.record_coverage(symbol, DAILY, Asked(0, day_start(NOW), Answer.COMPLETE, NOW))

    def minutes(self) -> list[tuple[int, int]]:
        return [(start, end) for _, interval, start, end in self.source.asked if interval is M1]


@pytest.fixture
def bench() -> Bench:
    return Bench()


async def test_minutes_are_asked_newest_first_and_days_come_second(bench: Bench) -> None:
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    kinds = [interval for _, interval, *_ in bench.source.asked]
    assert kinds == [M1, DAILY, M1, M1, M1, M1]
    minutes = bench.minutes()
    assert minutes[0][1] == PRESENT
    assert [start for start, _ in minutes] == sorted((start for start, _ in minutes), reverse=True)
    assert minutes[-1][0] >= first_reachable(M1, NOW)
    assert bench.told[-1] == HistoryProgress("AAPL", 6, 6)
    assert [(event.done, event.total) for event in bench.told] == [(n, 6) for n in range(7)]


async def test_what_is_on_disk_is_not_asked_again(bench: Bench) -> None:
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    bench.source.asked.clear()
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished(2))
    assert bench.source.asked == []
    assert bench.told[-1].finished


async def test_the_newest_two_minutes_are_fetched_but_not_taken_as_answered(bench: Bench) -> None:
    bench.cover("AAPL", OPEN)
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    assert bench.minutes() == [(OPEN, PRESENT)]
    assert bench.disk.ledgers["AAPL", M1][-1] == Asked(OPEN, SETTLED, Answer.PROVISIONAL, NOW)


async def test_a_request_that_waited_for_its_turn_asks_up_to_the_present(bench: Bench) -> None:
    bench.cover("AAPL", OPEN)
    bench.cover("SPY", OPEN)
    bench.source.on_ask = lambda: setattr(bench, "now", NOW + 5 * MINUTE)
    bench.repair.ensure("AAPL")
    bench.repair.ensure("SPY")
    await bench.until(bench.finished(2))
    assert bench.source.asked == [("SPY", M1, OPEN, PRESENT), ("AAPL", M1, OPEN, PRESENT + 5 * MINUTE)]
    assert bench.disk.ledgers["AAPL", M1][-1].end == SETTLED + 5 * MINUTE


async def test_a_refill_asks_for_its_minutes_alone_even_while_the_symbol_is_fetched(bench: Bench) -> None:
    bench.cover("AAPL", OPEN)
    bench.source.on_ask = lambda: len(bench.source.asked) == 1 and bench.repair.refill("AAPL", OPEN)
    bench.repair.refill("SPY", SETTLED - 5 * MINUTE)
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished(2))
    assert bench.source.asked == [("AAPL", M1, OPEN, PRESENT), ("SPY", M1, SETTLED - 5 * MINUTE, PRESENT)]


async def test_what_somebody_waits_for_is_a_persons_request_and_upkeep_is_not(bench: Bench) -> None:
    heard = []
    bench.source.on_ask = lambda: heard.append((bench.source.asked[-1][0], asked().priority))
    bench.repair.keep("SPY", [M1])
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished(2))
    assert set(heard) == {("AAPL", Priority.PERSON), ("SPY", Priority.BACKGROUND)}
    assert asked().priority is Priority.BACKGROUND


async def test_a_refill_does_not_stand_in_for_the_whole_history(bench: Bench) -> None:
    bench.repair.ensure("AAPL")
    bench.repair.refill("AAPL", SETTLED - MINUTE)
    await bench.until(bench.finished())
    assert len(bench.source.asked) == 6


async def test_what_is_wanted_while_a_request_fails_is_not_given_up_with_it(bench: Bench) -> None:
    """As when failures of before fall due meanwhile: of the rest nothing in the ledger would remind anybody."""

    def once() -> None:
        first = len(bench.source.asked) == 1
        bench.source.failure = Transient("Down.") if first else None
        if first:
            bench.repair.keep("AAPL", [M1], (SETTLED - 5 * MINUTE, SETTLED))

    bench.source.on_ask = once
    for interval in (M1, DAILY):
        bench.repair.repair(["AAPL"], interval)
    await bench.until(bench.finished())
    assert len(bench.source.asked) == 7  # all six, the first of them twice
    assert set(bench.disk.answers("AAPL")) | set(bench.disk.answers("AAPL", DAILY)) <= {
        *(Answer.COMPLETE, Answer.PROVISIONAL, Answer.EMPTY),
    }


async def test_what_alerts_look_in_comes_after_what_a_chart_waits_for(bench: Bench) -> None:
    bench.repair.ensure("SPY")
    for symbol in ("AAPL", "MSFT"):
        bench.cover(symbol, SETTLED - 5 * MINUTE)
        bench.repair.search(symbol, SETTLED - 5 * MINUTE)
    bench.repair.repair(["QQQ"], M1, SETTLED - 5 * MINUTE)
    await bench.until(bench.finished(4))
    asked = [symbol for symbol, *_ in bench.source.asked]
    assert list(dict.fromkeys(asked)) == ["SPY", "MSFT", "AAPL", "QQQ"]


async def test_what_the_stream_lost_is_asked_once_more_when_its_newest_minutes_have_settled(bench: Bench) -> None:
    bench.repair.refill("AAPL", SETTLED - 5 * MINUTE)
    await bench.until(bench.finished())
    for minutes in (1, 2):  # the minute in which the stream came back is not over, or has only just ended
        bench.now = NOW + minutes * MINUTE
        await bench.repair.look()
    assert not bench.repair._jobs
    bench.now = NOW + 3 * MINUTE
    await bench.repair.look()
    await bench.until(bench.finished(2))
    assert bench.minutes()[1:] == [(SETTLED, PRESENT + 3 * MINUTE)]
    assert bench.disk.ledgers["AAPL", M1][-1].end == PRESENT + MINUTE
    bench.now += HOUR
    await bench.repair.look()
    assert not bench.repair._jobs


async def test_a_hole_of_the_stream_at_night_costs_nothing(bench: Bench) -> None:
    bench.now = at_new_york(TODAY, time(23))
    bench.repair.refill("AAPL", at_new_york(TODAY, time(22)))
    await bench.until(bench.finished())
    assert bench.source.asked == []


async def test_stopping_waits_for_the_download_that_runs(bench: Bench) -> None:
    begun, ended = asyncio.Event(), list[str]()

    async def slow_to_end(symbol: str, *_: object) -> HistoryAnswer:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.01)
            ended.append(symbol)
        raise AssertionError

    bench.source.bars = slow_to_end  # type: ignore[method-assign]
    bench.repair.ensure("AAPL")
    running = asyncio.create_task(bench.repair.run())
    await begun.wait()
    running.cancel()
    await asyncio.wait([running])
    assert ended == ["AAPL"]


async def test_the_symbol_wanted_last_comes_first_and_before_what_nobody_waits_for(bench: Bench) -> None:
    bench.repair.keep("KEPT", [M1])
    bench.repair.repair(["ASKED"], M1)
    for symbol in ("AAPL", "MSFT", "SPY"):
        bench.repair.ensure(symbol)
    await bench.until(bench.finished(5))
    assert list(dict.fromkeys(symbol for symbol, *_ in bench.source.asked)) == ["SPY", "MSFT", "AAPL", "ASKED", "KEPT"]


async def test_of_many_symbols_what_expires_leads_then_the_newest_of_each(bench: Bench) -> None:
    bench.repair.repair(["AAPL", "MSFT"], M1)
    await bench.until(bench.finished(2))
    order = [(symbol, start) for symbol, _, start, _ in bench.source.asked]
    oldest = min(start for _, start in order)
    assert order[:2] == [("AAPL", oldest), ("MSFT", oldest)]
    assert [start for _, start in order[2:]] == sorted((start for _, start in order[2:]), reverse=True)


async def test_a_plan_is_what_will_be_sent(bench: Bench) -> None:
    bench.cover("AAPL", OPEN - 2 * DAY)
    planned = await bench.repair.plan(["AAPL", "MSFT"], Interval.H1)
    bench.repair.repair(["AAPL", "MSFT"], Interval.H1)
    await bench.until(bench.finished(2))
    assert [(r.symbol, r.interval, r.start) for r in planned] == [each[:3] for each in bench.source.asked]


async def test_what_is_wanted_while_the_symbol_is_fetched_is_fetched_too_and_nothing_twice(bench: Bench) -> None:
    day, before = (
        (at_new_york(date(2026, 11, n), time(7)), at_new_york(date(2026, 11, n), time(20))) for n in (19, 18)
    )
    bench.source.on_ask = lambda: len(bench.source.asked) == 1 and bench.repair.repair(["AAPL"], M1, before[0], day[1])
    bench.repair.repair(["AAPL"], M1, *day)
    await bench.until(bench.finished())
    assert bench.minutes() == [day, before]
    assert bench.told[-1] == HistoryProgress("AAPL", 2, 2)


async def test_progress_names_the_interval_under_way(bench: Bench) -> None:
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    assert [event.interval for event in bench.told[:3]] == [M1, DAILY, M1]


async def test_again_asks_for_what_is_on_disk_too(bench: Bench) -> None:
    bench.cover("AAPL", OPEN)
    yesterday = at_new_york(date(2026, 11, 19), time(7)), at_new_york(date(2026, 11, 19), time(20))
    bench.repair.repair(["AAPL"], M1, *yesterday)
    await bench.until(bench.finished())
    assert bench.source.asked == []
    bench.repair.repair(["AAPL"], M1, *yesterday, again=True)
    await bench.until(bench.finished(2))
    assert bench.minutes() == [yesterday]


async def test_a_refusal_is_told_in_its_own_words_and_the_next_symbol_goes_on(bench: Bench) -> None:
    bench.source.failure = Refused("Schwab does not know ZZZZ.")
    bench.repair.ensure("ZZZZ")
    await bench.until(bench.finished())
    assert bench.told[-1].failed == "Schwab does not know ZZZZ."
    assert set(bench.disk.answers("ZZZZ")) == {Answer.FAILED}
    bench.source.failure = None
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished(2))
    assert bench.told[-1] == HistoryProgress("AAPL", 6, 6)


async def test_what_failed_is_tried_again_after_a_delay_that_grows(bench: Bench) -> None:
    bench.cover("AAPL", OPEN)
    bench.source.failure = Transient("Schwab does not answer in time.")
    bench.repair.keep("AAPL", [M1])
    await bench.until(bench.finished())
    delays = []
    for _ in range(3):
        failed = bench.disk.ledgers["AAPL", M1][-1]
        delays.append(failed.until_ms - failed.noted_ms)
        bench.now = failed.until_ms - 1
        await bench.repair.look()
        assert not bench.repair._jobs
        bench.now += 1
        await bench.repair.look()
        await bench.until(bench.finished(len(delays) + 1))
    assert delays == [120_000, 240_000, 480_000]
    bench.source.failure = None
    bench.now = bench.disk.ledgers["AAPL", M1][-1].until_ms
    await bench.repair.look()
    await bench.until(bench.finished(5))
    assert Answer.FAILED not in bench.disk.answers("AAPL")


async def test_what_failed_and_has_left_reach_is_not_tried_for_ever(bench: Bench) -> None:
    bench.disk.record_coverage("AAPL", M1, Asked(0, first_reachable(M1, NOW), Answer.FAILED, 1, 2, 1))
    await bench.repair.look()
    assert not bench.repair._jobs


def test_delays_double_and_end_growing() -> None:
    delays = Delays(transient=10, longest_transient=25, refused=100, longest_refused=1000)
    assert [delays.after(Transient(""), n) for n in (1, 2, 3, 900)] == [10_000, 20_000, 25_000, 25_000]
    assert [delays.after(Refused(""), n) for n in (1, 2, 9)] == [100_000, 200_000, 1_000_000]


async def test_what_a_missing_sign_in_stopped_is_asked_once_and_resumed_later(bench: Bench) -> None:
    bench.source.failure = SignInNeeded("Sign in to Schwab to go on.")
    bench.repair.ensure("MSFT")
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    assert [event.failed for event in bench.told if event.finished] == ["Sign in to Schwab to go on."]
    assert bench.disk.ledgers == {}
    bench.source.failure = None
    bench.repair.resume()
    await bench.until(bench.finished(3))
    assert [event.symbol for event in bench.told if event.finished and not event.failed] == ["AAPL", "MSFT"]


async def test_nothing_is_asked_while_there_is_no_sign_in(bench: Bench) -> None:
    bench.repair.hold()
    bench.repair.ensure("AAPL")
    running = asyncio.create_task(bench.repair.run())
    for _ in range(5):
        await asyncio.sleep(0)
    assert bench.source.asked == []
    running.cancel()
    await asyncio.wait([running])
    bench.repair.resume()
    await bench.until(bench.finished())


async def test_a_cancelled_download_says_so_and_keeps_what_came(bench: Bench) -> None:
    bench.source.on_ask = lambda: len(bench.source.asked) == 3 and bench.repair.cancel("AAPL")
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    assert bench.told[-1].failed == "The download for AAPL was cancelled."
    assert len(bench.disk.bars) == 2
    assert Answer.FAILED not in bench.disk.answers("AAPL")


async def test_a_download_that_is_cancelled_as_it_ends_still_tells_its_end(bench: Bench) -> None:
    bench.bus.listen(BarsArrived, lambda _: asyncio.get_running_loop().call_soon(bench.repair.cancel, "AAPL"))
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    assert bench.told[-1].failed == "The download for AAPL was cancelled."


async def test_everything_can_be_cancelled_at_once(bench: Bench) -> None:
    bench.source.on_ask = lambda: len(bench.source.asked) == 2 and bench.repair.cancel_all()
    bench.repair.repair(["AAPL", "MSFT", "SPY"], M1)
    await bench.until(bench.finished(3))
    assert {event.symbol for event in bench.told if event.failed} == {"AAPL", "MSFT", "SPY"}
    assert len(bench.source.asked) == 2
    assert not bench.notices


async def test_a_notice_tells_the_end_of_what_was_asked_for(bench: Bench) -> None:
    bench.repair.repair(["AAPL", "MSFT"], M1)
    await bench.until(lambda: bench.notices)
    assert bench.notices == [Notice(Level.INFO, "History of 2 symbols is complete: 10 requests.")]


async def test_a_notice_names_what_is_not_complete(bench: Bench) -> None:
    bench.source.failure = Transient("Schwab does not answer in time.")
    bench.repair.repair(["AAPL", "MSFT"], M1)
    await bench.until(lambda: bench.notices)
    (notice,) = bench.notices
    assert notice.level is Level.WARNING
    assert notice.sentence == (
        "The history of AAPL and 1 more is not complete: Schwab does not answer in time. It is tried again later."
    )


async def test_a_chart_that_is_complete_is_no_news(bench: Bench) -> None:
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    bench.cover("SPY", SETTLED)
    bench.repair.keep("SPY", [M1])
    bench.repair.ensure("MSFT")
    await bench.until(bench.finished(2))
    assert bench.notices == []
    assert not any(event.symbol == "SPY" for event in bench.told)


async def test_a_database_that_cannot_be_read_is_told(bench: Bench) -> None:
    bench.disk.trouble = MonitorError("The database cannot be read.")
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    assert bench.told[-1].failed == "The database cannot be read."


async def test_bars_are_told_once_they_are_on_disk(bench: Bench) -> None:
    arrived: list[int] = []
    bench.bus.listen(BarsArrived, lambda event: arrived.append(len(bench.disk.bars) - len(event.bars)))
    bench.repair.ensure("AAPL")
    await bench.until(bench.finished())
    assert arrived == list(range(6))


async def test_yesterdays_minutes_that_were_answered_too_early_are_asked_for_again(bench: Bench) -> None:
    bench.cover("AAPL", OPEN)
    bench.repair.keep("AAPL", [M1])
    await bench.until(bench.finished())
    bench.now = at_new_york(TODAY, time(20, 15))
    bench.repair.keep("AAPL", [M1])
    await bench.until(bench.finished(2))
    assert bench.minutes()[1][0] == OPEN
    assert bench.disk.answers("AAPL") == [Answer.COMPLETE]


# ------------------------------------------------------------------------------------------- what the ledger says


def test_an_answer_before_the_close_is_final_for_the_days_before_only() -> None:
    start = at_new_york(date(2026, 11, 18), time(7))
    answer = HistoryAnswer((bar("AAPL", M1, start),))
    today = at_new_york(TODAY, time(0))
    assert noted(answer, start, SETTLED, NOW, sessions) == [
        Asked(start, today, Answer.COMPLETE, NOW),
        Asked(today, SETTLED, Answer.PROVISIONAL, NOW),
    ]


def test_days_before_the_first_bar_are_empty_at_the_source() -> None:
    start, first = (at_new_york(date(2026, 11, day), time(7)) for day in (16, 18))
    end = at_new_york(date(2026, 11, 19), time(20))
    listed = at_new_york(date(2026, 11, 18), time(0))
    answer = HistoryAnswer((bar("NEW", M1, first + 3 * HOUR),))
    assert noted(answer, start, end, NOW, sessions) == [
        Asked(start, listed, Answer.EMPTY, NOW),
        Asked(listed, end, Answer.COMPLETE, NOW),
    ]


def test_the_sources_own_word_tells_empty_from_a_quiet_hour() -> None:
    start, end = (at_new_york(date(2026, 11, 19), time(hour)) for hour in (17, 20))
    assert noted(HistoryAnswer((), is_empty=True), start, end, NOW, sessions) == [Asked(start, end, Answer.EMPTY, NOW)]
    assert noted(HistoryAnswer(()), start, end, NOW, sessions) == [Asked(start, end, Answer.COMPLETE, NOW)]


def test_where_the_market_never_closes_a_day_ends_at_midnight() -> None:
    midnight = at_new_york(TODAY, time(0))
    now = midnight + 10 * MINUTE
    answer = HistoryAnswer((bar("/ES", M1, midnight - HOUR),))
    assert [a.answer for a in noted(answer, midnight - HOUR, settled(M1, now), now, around_the_clock)] == [
        Answer.COMPLETE,
        Answer.PROVISIONAL,
    ]


# --------------------------------------------------------------------------------------------- spoiled answers


def spoiled(symbol: str, lost: tuple[int, int], *starts: int) -> HistoryAnswer:
    return HistoryAnswer(tuple(bar(symbol, M1, start) for start in starts), False, {"high below low": 1}, (lost,))


async def test_a_bar_that_was_spoiled_is_asked_for_again_and_it_alone(bench: Bench) -> None:
    lost = OPEN + 5 * MINUTE, OPEN + 6 * MINUTE
    bench.source.answer = spoiled("AAPL", lost, OPEN)
    bench.repair.repair(["AAPL"], M1, OPEN, OPEN + HOUR)
    await bench.until(bench.finished())
    ledger = bench.disk.ledgers["AAPL", M1]
    assert [(a.start, a.end, a.answer) for a in ledger] == [
        (OPEN, lost[0], Answer.PROVISIONAL),
        (*lost, Answer.FAILED),
        (lost[1], OPEN + HOUR, Answer.PROVISIONAL),
    ]
    assert ledger[1].until_ms == NOW + 120_000
    assert [n.sentence for n in bench.notices] == [
        "The history of AAPL is not complete: Schwab sent bars that cannot be right. It is tried again later."
    ]
    await bench.repair.look()
    assert not bench.repair._jobs

    bench.source.answer = HistoryAnswer((bar("AAPL", M1, lost[0]),))
    bench.now = ledger[1].until_ms
    await bench.repair.look()
    await bench.until(bench.finished(2))
    assert [asked[2:] for asked in bench.source.asked] == [(OPEN, OPEN + HOUR), lost]
    assert set(bench.disk.answers("AAPL")) == {Answer.PROVISIONAL}


async def test_what_stays_spoiled_is_asked_for_ever_more_rarely(bench: Bench) -> None:
    lost = OPEN, OPEN + MINUTE
    bench.source.answer = spoiled("AAPL", lost)
    delays = []
    bench.repair.repair(["AAPL"], M1, *lost)
    for count in range(1, 15):
        await bench.until(bench.finished(count))
        [failed] = bench.disk.ledgers["AAPL", M1]
        delays.append((failed.until_ms - bench.now) // 1000)
        bench.now = failed.until_ms
        await bench.repair.look()
    assert delays[:3] == [120, 240, 480]
    assert delays[-1] == 120 * 2**13 < 14 * 86_400


def test_where_a_bar_was_spoiled_nothing_is_answered_but_outside_trading_hours_none_can_be() -> None:
    yesterday = OPEN - DAY
    night = yesterday + 13 * HOUR, OPEN  # it closes at eight in the evening
    answer = HistoryAnswer((), False, {}, ((yesterday + HOUR, yesterday + HOUR + MINUTE), night))
    lost = lost_of(answer, yesterday, OPEN + HOUR, M1, sessions)
    assert lost == [(yesterday + HOUR, yesterday + HOUR + MINUTE)]
    assert [(a.start, a.end, a.answer) for a in noted(answer, yesterday, OPEN, NOW, sessions, lost)] == [
        (yesterday, yesterday + HOUR, Answer.COMPLETE),
        (yesterday + HOUR + MINUTE, day_start(OPEN), Answer.COMPLETE),
        (day_start(OPEN), OPEN, Answer.PROVISIONAL),
    ]


def test_many_spoiled_bars_are_one_hole() -> None:
    places = tuple((OPEN + n * MINUTE, OPEN + (n + 1) * MINUTE) for n in range(0, 50, 2))
    lost = lost_of(HistoryAnswer((), False, {}, places), OPEN, OPEN + HOUR, M1, sessions)
    assert lost == [(OPEN, OPEN + 49 * MINUTE)]

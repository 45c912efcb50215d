"""History repaired: what the ledger says is missing is planned into few requests, fetched, and noted on disk."""

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import timedelta

from monitor.analysis.bars import day_start
from monitor.analysis.coverage import (
    Answer,
    Asked,
    fetched_as,
    first_reachable,
    holes,
    is_over,
    settled,
    trading_of,
    trim,
)
from monitor.analysis.ranges import Range, missing
from monitor.analysis.repair import Request, plan, rank, rank_waited
from monitor.clock import now_ms
from monitor.collect.repair_jobs import Delays, Job, Tally, Urgency, Wanted
from monitor.errors import BadData, MonitorError, SignInNeeded
from monitor.live.bus import Bus
from monitor.live.events import BarsArrived, HistoryProgress
from monitor.market.bar import Interval
from monitor.market.calendar import Trading, from_ms, sessions
from monitor.ports import Coverage, HistoryAnswer, PriceHistory, Priority, Recorder, asking

_log = logging.getLogger(__name__)

_ALWAYS = (0, 2**62)
_MINUTE_MS = 60_000
#: Seconds that a request stands still, for a pause that Schwab asks for or an outage, until it counts as failed.
_PATIENCE = 180.0
#: Bars may be spoiled in so many places of one answer that each is asked for by itself.
_MOST_PLACES = 20
_SPOILED = BadData("Schwab sent bars that cannot be right.")


class Repair:
    """Implements HistoryLoader and HistoryRepair: one request at a time, what is waited for first.

    The ledger on disk is all it remembers: killed at any moment, it goes on where the ledger ends.
    """

    def __init__(
        self,
        history: PriceHistory,
        coverage: Coverage,
        recorder: Recorder,
        bus: Bus,
        now_ms: Callable[[], int] = now_ms,
        trading: Trading = sessions,
        delays: Delays = Delays(),  # noqa: B008  it is a tuple
    ) -> None:
        """``trading`` are the hours in which shares trade; the sandbox's market never closes."""
        self._history = history
        self._coverage = coverage
        self._recorder = recorder
        self._bus = bus
        self._now_ms = now_ms
        self._trading = trading
        self._delays = delays
        self._jobs: dict[str, Job] = {}
        self._order = 0
        self._wake = asyncio.Event()
        self._fetching: tuple[str, asyncio.Task[None]] | None = None
        self._held = False
        self._tally = Tally()
        self._unsettled: dict[str, Range] = {}  # of streamed symbols: minutes to be asked for once they have settled

    # ---------------------------------------------------------------------------------------- what is wanted

    def ensure(self, symbol: str) -> None:
        """Queue days and minutes of ``symbol``, before all others that wait; returns at once."""
        for interval in (Interval.M1, Interval.DAY):
            self._want(symbol, interval, Wanted(_ALWAYS, insist=True), Urgency.WAITED)

    def refill(self, symbol: str, since_ms: int) -> None:
        """Queue the minutes of ``symbol`` from ``since_ms`` on: the stream may not have brought them.

        The newest of them are asked for once more when they have settled.
        """
        self._refill(symbol, since_ms, Urgency.WAITED)

    def search(self, symbol: str, since_ms: int) -> None:
        """The same for alerts, which look in them for what crossed them: after all that a chart waits for."""
        self._refill(symbol, since_ms, Urgency.SEARCHED)

    def _refill(self, symbol: str, since_ms: int, urgency: Urgency) -> None:
        since, _ = self._unsettled.get(symbol, (since_ms, 0))
        self._unsettled[symbol] = min(since, since_ms), _present(Interval.M1, self._now_ms()) + _MINUTE_MS
        self._want(symbol, Interval.M1, Wanted((since_ms, _ALWAYS[1]), insist=True), urgency)

    def repair(
        self,
        symbols: Sequence[str],
        interval: Interval,
        start_ms: int = 0,
        end_ms: int = 2**62,
        *,
        again: bool = False,
    ) -> None:
        wanted = Wanted((start_ms, end_ms), insist=True, again=again)
        for symbol in reversed(symbols):  # what is wanted last comes first
            self._want(symbol, fetched_as(interval), wanted, Urgency.DEMANDED)

    def keep(self, symbol: str, intervals: Iterable[Interval], wanted: Range = _ALWAYS) -> None:
        """Queue what is missing of ``symbol``, after everything that somebody asked for."""
        for interval in intervals:
            self._want(symbol, interval, Wanted(wanted), Urgency.KEPT)

    async def plan(
        self,
        symbols: Sequence[str],
        interval: Interval,
        start_ms: int = 0,
        end_ms: int = 2**62,
        *,
        again: bool = False,
    ) -> list[Request]:
        base, now = fetched_as(interval), self._now_ms()
        wanted = Wanted((start_ms, end_ms), insist=True, again=again)
        ledgers = await self._coverage.ledger(symbols, base)
        requests = [each for symbol in symbols for each in self._planned(symbol, base, wanted, ledgers[symbol], now)]
        return sorted(requests, key=lambda request: rank(request, now))

    def cancel(self, symbol: str) -> None:
        """Stop fetching ``symbol``; what has come so far is kept."""
        job = self._jobs.pop(symbol, None)
        is_fetching = self._fetching is not None and self._fetching[0] == symbol and self._fetching[1].cancel()
        if job is not None and not is_fetching:  # else the download itself tells its end
            self._tell(job, failed=_cancelled(symbol))

    def cancel_all(self) -> None:
        """Stop everything that is queued."""
        for symbol in tuple(self._jobs):
            self.cancel(symbol)

    def hold(self) -> None:
        """Ask for nothing more until ``resume``: there is no sign-in."""
        self._held = True

    def resume(self) -> None:
        """Take up what has waited for a sign-in."""
        self._held = False
        self._wake.set()

    async def look(self) -> None:
        """Queue what has become due: failures whose time has come, minutes that have settled by now.

        Raises StoreUnavailable.
        """
        now = self._now_ms()
        for symbol, minutes in list(self._unsettled.items()):
            if minutes[1] <= settled(Interval.M1, now):
                del self._unsettled[symbol]
                self._want(symbol, Interval.M1, Wanted(minutes), Urgency.WAITED)
        for symbol, interval, asked in await self._coverage.failed_due(now):
            if asked.end > first_reachable(interval, now):
                self._want(symbol, interval, Wanted((asked.start, asked.end)), Urgency.KEPT)

    def _want(self, symbol: str, interval: Interval, wanted: Wanted, urgency: Urgency) -> None:
        self._order += 1
        job = self._jobs.pop(symbol, None) or Job(symbol, urgency, self._order)
        before = job.wanted.get(interval)
        job.wanted[interval] = before.joined(wanted) if before else wanted
        if urgency <= job.urgency:
            job.urgency, job.order = urgency, self._order
        job.requests = None
        self._jobs[symbol] = job
        self._tally.demanded = self._tally.demanded or urgency is Urgency.DEMANDED
        self._wake.set()

    # ---------------------------------------------------------------------------------------- the work

    async def run(self) -> None:
        """Fetch what is queued until cancelled."""
        while True:
            await self._wake.wait()
            while self._jobs and not self._held:
                await self._plan_new()
                await self._fetch_next()
            self._wake.clear()
            if not self._jobs:
                self._tell_over()

    async def _plan_new(self) -> None:
        """Plan the jobs that are new, with one look at the ledger an interval."""
        jobs = [job for job in self._jobs.values() if job.requests is None]
        now = self._now_ms()
        try:
            ledgers = {
                interval: await self._coverage.ledger([job.symbol for job in jobs if interval in job.wanted], interval)
                for interval in {interval for job in jobs for interval in job.wanted}
            }
        except MonitorError as error:
            for job in jobs:
                self._give_up(job, error)
            return
        for job in jobs:
            if not job.wanted.keys() <= ledgers.keys() or any(job.symbol not in ledgers[i] for i in job.wanted):
                continue  # more was wanted meanwhile: planned in the next round
            job.requests = []
            for interval, wanted in job.wanted.items():
                ledger = ledgers[interval][job.symbol]
                job.attempts[interval] = _attempts(ledger, wanted.range)
                job.requests += self._planned(job.symbol, interval, wanted, ledger, now)
            job.requests.sort(key=rank_waited if job.urgency is Urgency.WAITED else lambda each: rank(each, now))

    def _planned(
        self, symbol: str, interval: Interval, wanted: Wanted, ledger: Sequence[Asked], now: int
    ) -> list[Request]:
        trading = self._hours(symbol, interval)
        known = () if wanted.again else ledger
        left = holes(known, interval, wanted.range, now, trading, insist=wanted.insist)
        return plan(symbol, interval, left, now, trading)

    def _hours(self, symbol: str, interval: Interval) -> Trading:
        return trading_of(symbol, self._trading if interval.intraday else sessions)

    async def _fetch_next(self) -> None:
        """Send the most urgent request, in a task of its own, so that one symbol is cancelled without the others."""
        for job in [job for job in self._jobs.values() if job.requests == []]:
            self._finish(job)
        ready = [job for job in self._jobs.values() if job.requests]
        if not ready:
            return
        job = min(ready, key=self._place)
        request = (job.requests or [])[0]
        priority = Priority.BACKGROUND if job.urgency is Urgency.KEPT else Priority.PERSON
        with asking(priority, patience=_PATIENCE):
            task = asyncio.create_task(self._fetch(job, request), name=f"history of {job.symbol}")
        self._fetching = job.symbol, task
        try:
            await asyncio.wait([task])
        finally:
            task.cancel()
            await asyncio.wait([task])
            self._fetching = None

    def _place(self, job: Job) -> tuple[int, ...]:
        """Sorts jobs: of those that somebody waits for the one wanted last leads, of others the rank of requests."""
        if job.urgency is Urgency.WAITED or not job.requests:
            return job.urgency, -job.order
        return job.urgency, *rank(job.requests[0], self._now_ms()), -job.order

    async def _fetch(self, job: Job, request: Request) -> None:
        self._tell(job, request.interval)
        try:
            lost = await self._ask(request)
            if lost:
                await self._note_failed(job, _SPOILED, {request.interval: lost})
                self._tally.failed[job.symbol] = _SPOILED.sentence
        except asyncio.CancelledError:
            self._tell(job, failed=_cancelled(job.symbol))
            raise
        except SignInNeeded as error:  # the others would fail alike: all of them wait for it
            self.hold()
            self._tell(job, failed=error.sentence)
        except MonitorError as error:
            _log.warning("history of %s: %s %s", job.symbol, error.sentence, error.detail)
            await self._fail(job, request, error)
        except Exception as error:  # noqa: BLE001  one symbol must not stop the others
            _log.exception("history of %s failed", job.symbol)
            await self._fail(job, request, error)
        else:
            self._tally.requests += job.urgency > Urgency.SEARCHED
            job.done += 1
            if job.requests is not None:  # else more was wanted meanwhile: planned anew
                job.requests.remove(request)

    async def _fail(self, job: Job, request: Request, error: Exception) -> None:
        """Leave what is left of the job in peace; where more was wanted meanwhile only the request, and plan anew."""
        await self._note_failed(job, error, job.holes() or {request.interval: request.holes})
        if job.requests is not None:
            self._give_up(job, error)

    async def _ask(self, request: Request) -> list[Range]:
        """The one place where history is called: ask, and keep bars and ledger together.

        Gives where bars are missing that the answer had, but spoiled; the ledger says nothing of these yet.
        """
        now = self._now_ms()
        trading = self._hours(request.symbol, request.interval)
        end = until = request.end
        if request.newest:  # it has waited for its turn
            end, until = settled(request.interval, now, trading), _present(request.interval, now)
        answer = await self._history.bars(request.symbol, request.interval, request.start, until)
        if answer.rejected:
            _log.warning("history of %s: parts could not be read: %s", request.symbol, dict(answer.rejected))
        self._recorder.record_bars(answer.bars)
        lost = lost_of(answer, request.start, end, request.interval, trading)
        for asked in noted(answer, request.start, end, now, trading, lost):
            self._recorder.record_coverage(request.symbol, request.interval, asked)
        await self._recorder.flushed()
        if answer.bars:
            self._bus.publish(BarsArrived(request.symbol, request.interval, answer.bars))
        return lost

    async def _note_failed(self, job: Job, error: Exception, left: Mapping[Interval, Iterable[Range]]) -> None:
        """None of what is ``left`` is asked for before the delay is over."""
        now = self._now_ms()
        for interval, ranges in left.items():
            attempts = job.attempts.get(interval, 0) + 1
            until = now + self._delays.after(error, attempts)
            for start, end in ranges:
                asked = Asked(start, end, Answer.FAILED, now, until, attempts)
                self._recorder.record_coverage(job.symbol, interval, asked)
        try:
            await self._recorder.flushed()
        except MonitorError as trouble:
            _log.warning("the ledger of history: %s %s", trouble.sentence, trouble.detail)

    # ---------------------------------------------------------------------------------------- what is told

    def _tell(self, job: Job, interval: Interval = Interval.M1, failed: str = "") -> None:
        self._bus.publish(HistoryProgress(job.symbol, job.done, max(job.total, 1), failed, interval))

    def _finish(self, job: Job) -> None:
        self._jobs.pop(job.symbol, None)
        if job.urgency > Urgency.SEARCHED:
            self._tally.symbols.add(job.symbol)
        if job.done or job.urgency is not Urgency.KEPT:
            self._bus.publish(HistoryProgress(job.symbol, job.done, job.done))

    def _give_up(self, job: Job, error: Exception) -> None:
        if self._jobs.get(job.symbol) is job:
            del self._jobs[job.symbol]
        sentence = getattr(error, "sentence", f"The history of {job.symbol} could not be read; see the log.")
        if job.urgency > Urgency.SEARCHED:
            self._tally.failed[job.symbol] = sentence
        self._tell(job, failed=sentence)

    def _tell_over(self) -> None:
        tally, self._tally = self._tally, Tally()
        if notice := tally.notice():
            self._bus.publish(notice)


def noted(
    answer: HistoryAnswer, start: int, end: int, now_ms: int, trading: Trading, lost: Sequence[Range] = ()
) -> list[Asked]:
    """What the ledger says of an answer about [start, end) given at ``now_ms``.

    Days before the first bar are empty at the source; a day that is not over yet is provisional. Where bars are
    ``lost`` nothing was answered.
    """
    over = end
    today = from_ms(now_ms).date()
    if not is_over(today, now_ms, trading):
        over = max(start, min(end, day_start(now_ms)))
    first = _first_day_with_bars(answer, start, over)
    parts = [
        Asked(start, first, Answer.EMPTY, now_ms),
        Asked(first, over, Answer.COMPLETE, now_ms),
        Asked(over, end, Answer.PROVISIONAL, now_ms),
    ]
    return [
        part._replace(start=since, end=until)
        for part in parts
        if part.start < part.end
        for since, until in missing(lost, part.start, part.end)
    ]


def lost_of(answer: HistoryAnswer, start: int, end: int, interval: Interval, trading: Trading) -> list[Range]:
    """Where in [start, end) bars of trading hours are missing because they were spoiled, ascending."""
    answered = missing(answer.lost, start, end)
    trimmed = (trim(lost, interval, trading) for lost in missing(answered, start, end))
    found = [lost for lost in trimmed if lost]
    return found if len(found) <= _MOST_PLACES else [(found[0][0], found[-1][1])]


def _first_day_with_bars(answer: HistoryAnswer, start: int, end: int) -> int:
    """Where the answer begins to hold bars, to the day; a range that is answered without any holds none at all."""
    if answer.is_empty:
        return end
    if not answer.bars:
        return start
    first = day_start(answer.bars[0].start)
    return min(max(start, first), end)


def _present(interval: Interval, now_ms: int) -> int:
    """Up to when there may be bars: the last finished minute, or today's unfinished day."""
    if interval.intraday:
        return now_ms // _MINUTE_MS * _MINUTE_MS
    return day_start(day_start(now_ms) + round(timedelta(hours=25).total_seconds() * 1000))


def _attempts(ledger: Iterable[Asked], wanted: Range) -> int:
    failed = (a for a in ledger if a.answer is Answer.FAILED and a.start < wanted[1] and a.end > wanted[0])
    return max((asked.attempts for asked in failed), default=0)


def _cancelled(symbol: str) -> str:
    return f"The download for {symbol} was cancelled."

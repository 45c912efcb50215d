"""Snapshots of option chains on schedule: each moment is kept, or why it was missed; nothing is silently late."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import islice

from monitor.analysis.chain_slots import grace_ms, next_slot, slots
from monitor.clock import now_ms
from monitor.errors import MonitorError
from monitor.live.bus import Bus
from monitor.live.events import ChainSlotKept, Level, Notice
from monitor.market.calendar import Trading, from_ms, sessions
from monitor.market.chain import Chain
from monitor.market.chain_schedule import EVERY_MINUTES, ChainSchedule, ChainSlot, SlotState
from monitor.ports import ChainAnswer, ChainSchedules, KeptSchedule, OptionChains, Priority, Recorder, asking

_log = logging.getLogger(__name__)
#: Clocks jump and machines sleep, so nothing relies on one long wait.
LOOK_SECONDS = 15.0
#: So many missed moments are noted at once: a program that was off for a year has many.
_MOST_AT_ONCE = 2_000
_NOT_RUNNING = "The program was not running."
_BUSY = "The snapshot before was still on its way."
_ASLEEP = "The program was held up, or the machine asleep."


class ChainSnapshots:
    """Implements ChainTaking. Each underlying's snapshots follow one another; different ones go side by side."""

    def __init__(
        self,
        chains: OptionChains,
        schedules: ChainSchedules,
        recorder: Recorder,
        bus: Bus,
        *,
        now_ms: Callable[[], int] = now_ms,
        trading: Trading = sessions,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """``trading`` are the hours in which shares trade; the sandbox's market never closes."""
        self._chains = chains
        self._schedules = schedules
        self._recorder = recorder
        self._bus = bus
        self._now_ms = now_ms
        self._trading = trading
        self._sleep = sleep
        self._began_ms = now_ms()
        self._begun: dict[str, int] = {}  # the newest moment of each symbol that was taken care of
        self._taking: dict[str, asyncio.Task[None]] = {}
        self._in_trouble: set[str] = set()
        self._changed = asyncio.Event()

    def take(self, symbol: str) -> None:
        if symbol not in self._taking:
            self._start(ChainSchedule(symbol, EVERY_MINUTES[-1]), self._now_ms(), None)

    def look(self) -> None:
        self._changed.set()

    async def run(self) -> None:
        """Take what is due until cancelled; what is on its way then is missed."""
        try:
            while True:
                self._changed.clear()
                kept: Sequence[KeptSchedule] = ()
                try:
                    kept = await self._schedules.all()
                except MonitorError as error:
                    _log.warning("chains are not looked after: %s %s", error.sentence, error.detail)
                more = [self._mind(each) for each in kept]
                if not any(more):
                    await self._wait(kept)
        finally:
            taking = list(self._taking.values())
            for task in taking:
                task.cancel()
            await asyncio.gather(*taking, return_exceptions=True)

    async def _wait(self, kept: Sequence[KeptSchedule]) -> None:
        now = self._now_ms()
        seconds = [(next_slot(each.schedule, now, self._trading) - now) / 1000 for each in kept]
        ways = [
            asyncio.ensure_future(self._sleep(min([LOOK_SECONDS, *seconds]))),
            asyncio.ensure_future(self._changed.wait()),
        ]
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()

    # ---------------------------------------------------------------------------------------- one schedule

    def _mind(self, kept: KeptSchedule) -> bool:
        """Note the moments that have passed, and begin with the newest if it is not too late; whether more wait."""
        schedule, now = kept.schedule, self._now_ms()
        symbol = schedule.symbol
        after = max(kept.since_ms, kept.newest_ms, self._begun.get(symbol, 0))
        due = list(islice(slots(schedule, after + 1, now + 1, self._trading), _MOST_AT_ONCE + 1))
        if not due:
            return False
        newest = due.pop()
        more = len(due) == _MOST_AT_ONCE
        for slot_ms in due:
            self._miss(symbol, slot_ms, self._why_passed(symbol, slot_ms))
        if due:
            self._begun[symbol] = due[-1]
        if more or symbol in self._taking:  # then the newest has its turn next
            return more
        ends_ms = newest + schedule.every_minutes * 60_000
        if now < ends_ms:
            self._start(schedule, newest, ends_ms)
        else:
            self._miss(symbol, newest, self._why_passed(symbol, newest))
        self._begun[symbol] = newest
        return False

    def _why_passed(self, symbol: str, slot_ms: int) -> str:
        if slot_ms < self._began_ms:
            return _NOT_RUNNING
        return _BUSY if symbol in self._taking else _ASLEEP

    def _start(self, schedule: ChainSchedule, slot_ms: int, ends_ms: int | None) -> None:
        seconds = None if ends_ms is None else (ends_ms - self._now_ms()) / 1000
        with asking(Priority.STREAM, patience=seconds):  # its moment passes, so it goes before what can wait
            task = asyncio.create_task(self._take(schedule, slot_ms, seconds), name=f"chain of {schedule.symbol}")
        self._taking[schedule.symbol] = task
        task.add_done_callback(lambda _: self._ended(schedule.symbol))

    def _ended(self, symbol: str) -> None:
        del self._taking[symbol]
        self._changed.set()

    async def _take(self, schedule: ChainSchedule, slot_ms: int, seconds: float | None) -> None:
        """Ask for the chain, for so many ``seconds`` (until the next moment is due), and keep what comes of it."""
        symbol, last = schedule.symbol, None
        if schedule.days is not None:
            last = from_ms(slot_ms).date() + timedelta(days=schedule.days)
        try:
            async with asyncio.timeout(seconds):
                answer = await self._chains.chain(symbol, last=last)
        except TimeoutError:
            self._miss(symbol, slot_ms, "It had not come when the next one was due.")
        except MonitorError as error:
            _log.info("chain of %s: %s %s", symbol, error.sentence, error.detail)
            self._miss(symbol, slot_ms, error.sentence)
        except asyncio.CancelledError:
            self._miss(symbol, slot_ms, "The program ended while it was on its way.")
            raise
        except Exception:
            self._miss(symbol, slot_ms, "It could not be read.")
            raise
        else:
            self._keep(schedule, slot_ms, answer)

    def _keep(self, schedule: ChainSchedule, slot_ms: int, answer: ChainAnswer) -> None:
        chain = answer.chain
        late_ms = chain.taken_ms - slot_ms
        if late_ms > grace_ms(schedule):
            state, sentence = SlotState.LATE, f"Taken {late_ms / 60_000:.1f} minutes after its moment."
        elif not answer.is_whole:
            state, sentence = SlotState.PARTIAL, "Schwab could not send all of it."
        else:
            state, sentence = SlotState.TAKEN, ""
        self._note(
            ChainSlot(schedule.symbol, slot_ms, state, sentence, chain.taken_ms, len(chain.contracts)), answer.chain
        )
        self._in_trouble.discard(schedule.symbol)

    def _miss(self, symbol: str, slot_ms: int, sentence: str) -> None:
        self._note(ChainSlot(symbol, slot_ms, SlotState.MISSED, sentence))
        if slot_ms >= self._began_ms and symbol not in self._in_trouble:
            self._in_trouble.add(symbol)  # told once, until one is taken again
            when = from_ms(slot_ms).strftime("%H:%M")
            text = f"The {when} snapshot of the options of {symbol} was missed. {sentence}"
            self._bus.publish(Notice(Level.WARNING, text))

    def _note(self, slot: ChainSlot, chain: Chain | None = None) -> None:
        self._recorder.record_chain(slot, chain)
        self._bus.publish(ChainSlotKept(slot))

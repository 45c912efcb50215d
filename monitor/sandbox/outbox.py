"""What one connection sends: data, answers and notices, as the faults in force leave them."""

import asyncio
import logging
from collections import Counter
from contextlib import suppress
from functools import partial

from aiohttp import WSMsgType

from monitor.sandbox import commands
from monitor.sandbox.commands import Command
from monitor.sandbox.data_frame import DataFrame
from monitor.sandbox.desk import Desk
from monitor.sandbox.mishaps import answers
from monitor.sandbox.mishaps.patient import InForce
from monitor.sandbox.mishaps.tables import altered
from monitor.sandbox.mishaps.traffic import Frame, Traffic

log = logging.getLogger(__name__)

_MIXED = 0.3


class Outbox:
    """The sending half of a connection; ``items`` counts what was handed to its socket, by service."""

    def __init__(self, desk: Desk, number: int, traffic: Traffic, faults: InForce) -> None:
        self.items: Counter[str] = Counter()
        self._desk = desk
        self._number = number
        self._traffic = traffic
        self._faults = faults
        self._held: list[commands.Answer] = []
        self._release: asyncio.Task[None] | None = None

    async def data(self, frame: DataFrame) -> None:
        """One data frame; waits while the client reads more slowly than it is sent to."""
        for each in altered(self._faults, frame) if self._faults else [frame]:
            handed = partial(self._handed, each)
            await self._traffic.send(Frame(each.payload, WSMsgType.TEXT, handed, is_data=True))

    async def inject(self, payload: bytes, note: str, binary: bool = False) -> None:
        """A frame that is nobody's data."""
        self._desk.truth.injected(self._number, note, len(payload))
        await self._send(payload, WSMsgType.BINARY if binary else WSMsgType.TEXT)

    async def heartbeat(self) -> None:
        if not self._faults.has("mute-heartbeats"):
            now = self._desk.now_ms()
            handed = partial(self._handed_beat, now)
            await self._traffic.send(Frame(commands.heartbeat(now), WSMsgType.TEXT, handed))

    async def notice(self, code: int, text: str) -> None:
        await self._send(commands.notice(code, text, self._desk.now_ms()))

    async def answer(self, command: Command, code: int, text: str) -> None:
        """The answer of a command."""
        swallowing = answers.unanswered(self._faults.of("no-answer"), command)
        if swallowing is not None:
            log.info("fault: streamer %s %s gets no answer", command.service, command.command)
            self._faults.struck(swallowing)
            return
        if code == 0 and self._faults.has("success-codes"):
            code = answers.ON_PAPER.get(command.command, 0)
        log.info("streamer %s %s: code %d", command.service, command.command, code)
        answer = commands.answer(command, code, text, self._desk.now_ms())
        if mixed := self._faults.of("mixed-answers"):
            self._hold(answer, _MIXED if mixed[0].delay is None else mixed[0].delay)
        else:
            await self._send(commands.response(answer))

    def end(self) -> None:
        """Nothing that is held is sent any more."""
        if self._release is not None:
            self._release.cancel()

    def _hold(self, answer: commands.Answer, seconds: float) -> None:
        """Keeps an answer for a while, then sends all that were kept in one frame, the last first."""
        self._held.insert(0, answer)
        if len(self._held) == 1:
            self._release = asyncio.create_task(self._let_go(seconds))

    async def _let_go(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        held, self._held = self._held, []
        with suppress(ConnectionError):
            await self._send(commands.response(*held))

    def _handed(self, frame: DataFrame, handed: bool) -> None:
        self._desk.truth.sent(self._number, frame, handed)
        if handed:
            self.items[frame.service] += frame.items
            self._desk.items[frame.service] += frame.items
            self._desk.frames[frame.service] += 1

    def _handed_beat(self, sent_ms: int, handed: bool) -> None:
        if handed:
            self._desk.truth.beat(self._number, sent_ms)

    async def _send(self, payload: bytes, kind: WSMsgType = WSMsgType.TEXT) -> None:
        await self._traffic.send(Frame(payload, kind, lambda _: None))

"""Plays a tape to each client that subscribes, and answers REST from what was played so far."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, Literal

import msgspec

from monitor.sandbox import commands
from monitor.sandbox.commands import LEVEL_ONE, Subscriptions
from monitor.sandbox.data_frame import DataFrame
from monitor.sandbox.feed import Send
from monitor.sandbox.jackson import whole
from monitor.sandbox.replayed import ReplayedExchange
from monitor.sandbox.tape import Content, Tape

#: The replay begins this long after the last subscription command of a client.
BEGIN_AFTER = 1.0
#: At full speed the loop is given to others after so many frames.
_BREATH = 64

State = Literal["waiting", "playing", "ended"]


class Playback:
    """How far one person's replay has come; it outlives a lost connection and goes on with the next."""

    def __init__(self) -> None:
        self.position = 0
        self.state: State = "waiting"


class Replay:
    """One tape, and how far it was played to whom."""

    def __init__(self, tape: Tape, speed: float) -> None:
        self.tape = tape
        self.speed = speed
        self.exchange = ReplayedExchange(tape, lambda: self.furthest.position)
        self._playbacks: dict[str, Playback] = {}

    @property
    def furthest(self) -> Playback:
        """The playback that REST and the status speak of."""
        return max(self._playbacks.values(), key=lambda p: p.position, default=Playback())

    def feed(self, subscriptions: Subscriptions, user: str) -> "ReplayFeed":
        """The feed of a new connection: goes on where the person's last one stopped, or starts anew after the end."""
        playback = self._playbacks.setdefault(user, Playback())
        if playback.state == "ended":
            playback.position = 0
        playback.state = "waiting"
        return ReplayFeed(self, playback, subscriptions)

    def status(self) -> dict[str, Any]:
        """For people and tests: state, frames sent and frames in all."""
        playback = self.furthest
        return {"state": playback.state, "position": playback.position, "frames": len(self.tape), "speed": self.speed}


class ReplayFeed:
    """The frames of a tape that one connection subscribed to, at the pace asked for."""

    def __init__(self, replay: Replay, playback: Playback, subscriptions: Subscriptions) -> None:
        self._replay = replay
        self._tape = replay.tape
        self._playback = playback
        self._subscriptions = subscriptions
        self._begin_at = 0.0
        self._wanted = asyncio.Event()
        self._judged = -1
        self._verdicts: dict[Content, bool | None] = {}

    async def subscribed(self, service: str, keys: list[str]) -> AsyncIterator[DataFrame]:
        """A snapshot of what the tape has played already; nothing before the replay has begun."""
        self._begin_at = asyncio.get_running_loop().time() + BEGIN_AFTER
        self._wanted.set()
        if not self._playback.position:
            return
        exchange = self._replay.exchange
        items = [item for key in keys if (item := self._snapshot(exchange, service, key))]
        if items:
            yield DataFrame(service, len(items), commands.data(service, exchange.now_ms(), items))

    async def run(self, send: Send) -> None:
        """Waits for the subscriptions to settle, then plays to the end."""
        loop = asyncio.get_running_loop()
        await self._settled()
        playback, tape, speed = self._playback, self._tape, self._replay.speed
        playback.state = "playing"
        pace = 1000 * speed
        origin = tape.times[min(playback.position, len(tape) - 1)] if playback.position else 0
        began = loop.time()
        while (index := playback.position) < len(tape):
            if speed:
                wait = began + (tape.times[index] - origin) / pace - loop.time()
                if wait > 0:
                    await asyncio.sleep(wait)
            if index % _BREATH == 0:
                await asyncio.sleep(0)
            playback.position = index + 1
            if (frame := self._chosen(index)) is not None:
                await send(frame)
        playback.state = "ended"

    async def _settled(self) -> None:
        """Returns one second after the last subscription command."""
        await self._wanted.wait()
        loop = asyncio.get_running_loop()
        while (wait := self._begin_at - loop.time()) > 0:  # noqa: ASYNC110  every command moves the time
            await asyncio.sleep(wait)

    def _chosen(self, index: int) -> DataFrame | None:
        """The frame as recorded, or what of it is subscribed, or None."""
        if self._judged != self._subscriptions.changes:
            self._judged = self._subscriptions.changes
            self._verdicts = {content: self._verdict(content) for content in self._tape.known}
        verdict = self._verdicts[self._tape.contents[index]]
        if verdict:
            return self._tape.frames[index]
        return None if verdict is None else self._part(index)

    def _verdict(self, content: Content) -> bool | None:
        """True: whole; False: in part; None: not subscribed."""
        wanted = self._subscriptions.of(content.service)
        held = [wanted[key] for key in content.keys if key in wanted]
        if not held:
            return None
        numbers = {name for name in self._tape.fields[content.service] if name.isdigit()} - {"0"}
        return len(held) == len(content.keys) and all(numbers <= fields for fields in held)

    def _part(self, index: int) -> DataFrame:
        """The subscribed items and fields, every value as it was recorded."""
        content = self._tape.contents[index]
        wanted = self._subscriptions.of(content.service)
        decoded = _raw_frame.decode(self._tape.frames[index].payload).data[0]
        items = [
            {name: value for name, value in item.items() if not name.isdigit() or name in wanted[key]}
            for key, item in zip(content.keys, decoded.content, strict=True)
            if key in wanted
        ]
        return DataFrame(content.service, len(items), commands.data(content.service, decoded.timestamp, items))

    def _snapshot(self, exchange: ReplayedExchange, service: str, key: str) -> dict[str, Any] | None:
        fields = self._subscriptions.of(service).get(key, frozenset())
        if service == LEVEL_ONE:
            state = exchange.level_one(key, 0)
            head = {n: v for n, v in self._tape.snapshots.get(key, {}).items() if not n.isdigit()}
            return {"key": key} | head | {n: whole(state[n]) for n in state if n in fields} if state else None
        return exchange.last_item(service, key)


class _RawData(msgspec.Struct):
    timestamp: int
    content: Sequence[dict[str, msgspec.Raw]]


class _RawFrame(msgspec.Struct):
    data: list[_RawData]


_raw_frame = msgspec.json.Decoder(_RawFrame)

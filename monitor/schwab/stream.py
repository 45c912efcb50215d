"""The live feed: keeps one connection up, asks for everything wanted on each, and comes back when it is lost."""

import asyncio
import logging
import math
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from monitor.clock import now_ms
from monitor.errors import MonitorError, SignInNeeded, Transient
from monitor.ports import StreamListener, StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.auth import TokenSource
from monitor.schwab.connection import Connection, Ended, NoAnswer
from monitor.schwab.library import MarketClient
from monitor.schwab.subscriptions import Command, Subscriptions

_log = logging.getLogger(__name__)

_LONGEST_DELAY = 300.0
_LONGEST_UNREACHED = 4.0  # trying to connect is cheap, and the network's return should be seen soon
_HEALTHY_SECONDS = 30.0
#: Failures of one command that may pass; the second one counts.
_REPEATED = frozenset({9, 21, 22, 23, 24, 25})


class SchwabStream:
    """Implements the port QuoteStream. ``on_refused`` hears all symbols that are wanted but refused, with reasons."""

    def __init__(
        self,
        client: MarketClient,
        tokens: TokenSource,
        address: Address,
        *,
        on_refused: Callable[[Mapping[str, str]], None] = lambda _symbols: None,
        clock: Callable[[], float] = time.monotonic,
        now_ms: Callable[[], int] = now_ms,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._address = address
        self._on_refused = on_refused
        self._clock = clock
        self._now_ms = now_ms
        self._sleep = sleep
        self._wanted = Wanted()
        self._subscriptions = Subscriptions()
        self._told: dict[str, str] = {}  # what on_refused heard last
        self._changed = asyncio.Event()
        self._taken_back = asyncio.Event()
        self._connection: Connection | None = None

    @property
    def refused(self) -> Mapping[str, str]:
        """Symbols the streamer refused, each with its reason."""
        return self._subscriptions.refused

    @property
    def subscribed(self) -> Mapping[str, int]:
        """How many keys of each service are on the wire."""
        return self._subscriptions.on_wire

    @property
    def host(self) -> str:
        """The streamer that is connected to; empty when there is none."""
        return "" if self._connection is None else self._connection.host

    def want(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self._subscriptions.want(wanted)
        self._changed.set()

    def take_back(self) -> None:
        """Connect again after another program took the stream: only a person should decide so."""
        self._taken_back.set()

    def restart(self, service: str = "") -> None:
        raise NotImplementedError

    async def run(self, listener: StreamListener) -> None:
        try:
            await self._run(listener)
        except SignInNeeded as error:
            listener.hear_phase(StreamPhase.OFF, error.sentence, None)
            raise

    async def _run(self, listener: StreamListener) -> None:
        delays = _Delays()
        renewed = False
        while True:
            await self._until_wanted(listener)
            listener.hear_phase(StreamPhase.CONNECTING, "Connecting to the stream.", None)
            try:
                try:
                    await self._live(listener, delays)
                except Ended as cause:
                    renewed = await self._after(listener, cause, delays, renewed)
            except SignInNeeded:
                raise
            except MonitorError as error:
                await self._wait(listener, error, delays.next(unreached=isinstance(error, Transient)))

    async def _after(self, listener: StreamListener, cause: Ended, delays: "_Delays", renewed: bool) -> bool:
        """What the end of a connection asks for; whether it was a new token."""
        if cause.code == 3:
            if renewed:
                raise SignInNeeded("Schwab's streamer does not accept this sign-in. Please sign in again.")
            await self._tokens.renewed(refused=await self._tokens.access_token())
            return True
        if cause.code == 12:
            listener.hear_phase(StreamPhase.TAKEN, cause.sentence, None)
            self._taken_back.clear()
            await self._taken_back.wait()
        elif cause.code != 30 or self._wanted:
            await self._wait(listener, cause, delays.next())
        return False

    async def _live(self, listener: StreamListener, delays: "_Delays") -> None:
        """One connection from login to its end, which is always an exception."""
        await self._tokens.access_token()  # LOGIN takes what is at hand, so it must be fresh
        connection = self._connection = Connection(self._client, self._address, listener, self._clock)
        politely, began = False, math.inf
        try:
            await connection.login()
            began = self._clock()
            self._subscriptions.connected()
            listener.hear_phase(StreamPhase.LIVE, "Streaming.", None)
            await self._keep_subscribed(connection)
        except asyncio.CancelledError:
            politely = True
            raise
        except Ended:
            if connection.has_data and self._clock() - began > _HEALTHY_SECONDS:
                delays.reset()
            raise
        finally:
            self._connection = None
            await asyncio.shield(connection.close(politely))

    async def _keep_subscribed(self, connection: Connection) -> None:
        """Bring the wire to what is wanted, again after each change, until the connection ends."""
        while True:
            self._changed.clear()
            while (command := self._subscriptions.next_command()) is not None:
                await self._send(connection, command)
            changed = asyncio.ensure_future(self._changed.wait())
            either: set[asyncio.Future[Any]] = {changed, connection.ended}
            try:
                await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
            if connection.ended.done():
                raise connection.ended.result()

    async def _send(self, connection: Connection, command: Command) -> None:
        try:
            outcome = await connection.command(command)
        except NoAnswer:
            outcome = await connection.command(command)  # once more, then it is a lost connection
        if outcome.code in _REPEATED:
            outcome = await connection.command(command)
        self._subscriptions.settle(command, outcome.code, outcome.msg)
        if self._subscriptions.refused != self._told:
            self._told = self._subscriptions.refused
            self._on_refused(self._told)

    async def _until_wanted(self, listener: StreamListener) -> None:
        if not self._wanted:
            listener.hear_phase(StreamPhase.OFF, "Nothing is watched, so nothing is streamed.", None)
        while not self._wanted:
            self._changed.clear()
            await self._changed.wait()

    async def _wait(self, listener: StreamListener, cause: MonitorError, delay: float) -> None:
        _log.info("stream: %s %s; next try in %.1f s", cause.sentence, cause.detail, delay)
        sentence = f"{cause.sentence} Trying again" + (f" in {delay:.0f} s." if delay >= 1 else ".")
        listener.hear_phase(StreamPhase.WAITING, sentence, self._now_ms() + round(delay * 1000))
        await self._sleep(delay)


class _Delays:
    """How long to wait before the next try: at once the first time, then 1, 2, 4 … seconds, jittered."""

    def __init__(self) -> None:
        self._tries = 0

    def next(self, unreached: bool = False) -> float:
        longest = _LONGEST_UNREACHED if unreached else _LONGEST_DELAY
        delay = min(2.0 ** (self._tries - 1), longest) if self._tries else 0.0
        if not unreached or delay < longest:  # an hour without a network must not lengthen what comes after it
            self._tries = min(self._tries + 1, 16)
        return delay * random.uniform(0.5, 1)  # noqa: S311

    def reset(self) -> None:
        self._tries = 0

"""The streamer at /ws: logins, commands, heartbeats, and one connection for each person (PROTOCOL 5)."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import NamedTuple

import msgspec
from aiohttp import WSMessage, WSMsgType, web

from monitor.clock import now_ms
from monitor.sandbox import commands
from monitor.sandbox.commands import SERVICES, Command, Subscriptions
from monitor.sandbox.faults import Faults, StreamFault
from monitor.sandbox.feed import DataFrame, Feed
from monitor.sandbox.limits import SYMBOL_LIMITS
from monitor.sandbox.oauth import access_claim
from monitor.sandbox.tokens import Claim, Signer

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 2.0
FeedFactory = Callable[[Subscriptions, str], Feed]


class Timing(NamedTuple):
    """The streamer's times, in seconds."""

    first_heartbeat: float = 0.02
    heartbeat: float = 10.0
    idle: float = 30.0


class Streamer:
    """Every streamer connection of the sandbox."""

    def __init__(
        self, signer: Signer, faults: Faults, saw: Callable[[Claim], None], make_feed: FeedFactory, timing: Timing
    ) -> None:
        self.signer = signer
        self.saw = saw
        self.faults = faults
        self.make_feed = make_feed
        self.timing = timing
        self.items: Counter[str] = Counter()
        self.frames: Counter[str] = Counter()
        self.logins = 0
        self._owners: dict[str, Connection] = {}
        self._connections: set[Connection] = set()

    @property
    def connections(self) -> int:
        return len(self._connections)

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/ws", self.connect)]

    async def connect(self, request: web.Request) -> web.WebSocketResponse:
        """One websocket, from the handshake to its end."""
        # Uncompressed, so that a recorded frame goes out exactly as fast as the client reads.
        socket = web.WebSocketResponse(compress=False, max_msg_size=1 << 20)
        await socket.prepare(request)
        connection = Connection(self, request, socket)
        self._connections.add(connection)
        try:
            await connection.serve()
        finally:
            self._connections.discard(connection)
            if self._owners.get(connection.user) is connection:
                del self._owners[connection.user]
        return socket

    def claim(self, user: str, connection: "Connection") -> bool:
        """Makes ``connection`` the person's only one; False where the older one stays."""
        older = self._owners.get(user)
        if older is connection:
            return True
        if older is not None and self.faults.refuses_second_login:
            return False
        self._owners[user] = connection
        if older is not None:
            log.info("a second login severs the first streamer connection")
            older.sever(commands.CLOSED, "Connection closed: another connection was opened for this user.")
        return True

    def afflict(self, fault: StreamFault) -> int:
        """Does the same to every connection; says to how many."""
        for connection in list(self._connections):
            connection.afflict(fault)
        return len(self._connections)

    async def close(self) -> None:
        """Ends every connection, when the sandbox stops."""
        await asyncio.gather(*(connection.close() for connection in self._connections))


class Connection:
    """One client of the streamer."""

    def __init__(self, streamer: Streamer, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.user = ""
        self._streamer = streamer
        self._request = request
        self._socket = socket
        self._silent = False
        self._subscriptions = Subscriptions()
        self._feed: Feed | None = None
        self._tasks: list[asyncio.Task[None]] = []
        self._timers: list[asyncio.TimerHandle] = []
        self._idle: asyncio.TimerHandle | None = None

    async def serve(self) -> None:
        """Reads commands until the connection ends."""
        try:
            async for message in self._socket:
                await self._message(message)
        except ConnectionError:
            log.info("a streamer connection was lost")
        finally:
            for timer in (*self._timers, *([self._idle] if self._idle else [])):
                timer.cancel()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def send(self, payload: bytes) -> None:
        """One text frame; waits while the client reads more slowly than it is sent to."""
        if not self._silent:
            await self._socket.send_frame(payload, WSMsgType.TEXT)

    async def send_data(self, frame: DataFrame) -> None:
        """The same for data, which is counted."""
        await self.send(frame.payload)
        self._streamer.items[frame.service] += frame.items
        self._streamer.frames[frame.service] += 1

    async def end(self, code: int, text: str) -> None:
        """Says why, then closes."""
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self.send(commands.notice(code, text, now_ms()))
        await self.close()

    def sever(self, code: int, text: str) -> None:
        """The same without waiting: nothing more is streamed, whether or not the client still reads."""
        for task in self._tasks:
            task.cancel()
        self._tasks.append(asyncio.ensure_future(self.end(code, text)))

    async def close(self) -> None:
        """Sends the close frame; a client that does not answer it in time is cut off."""
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._socket.close()
                return
        self._cut()

    def _cut(self) -> None:
        if self._request.transport is not None:
            self._request.transport.abort()

    def afflict(self, fault: StreamFault) -> None:
        """A fault on purpose: silence, a close frame, or a cut without one."""
        log.info("fault: the streamer connection goes %s", fault)
        match fault:
            case "silent":
                self._silent = True
            case "close":
                self._tasks.append(asyncio.ensure_future(self.close()))
            case "drop":
                self._cut()

    async def _message(self, message: WSMessage) -> None:
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return
        try:
            parsed = commands.parse(message.data)
        except (msgspec.DecodeError, UnicodeError):
            await self._answer(Command("ADMIN", ""), commands.BAD_FORMAT, "Bad command formatting")
            return
        for command in parsed:
            await self._obey(command)

    async def _obey(self, command: Command) -> None:
        if command.command == "LOGIN":
            await self._login(command)
        elif self._feed is None:
            await self._answer(command, commands.NO_CONNECTION, "Stream connection not found. Please login first.")
        elif command.command == "LOGOUT":
            await self._answer(command, 0, "SUCCESS")
            await self.close()
        elif command.service not in SERVICES:
            await self._answer(command, commands.NOT_AVAILABLE, "Service not available or temporary down.")
        elif self._is_malformed(command):
            await self._answer(command, commands.BAD_FORMAT, "Bad command formatting")
        else:
            await self._subscribe(command)

    async def _login(self, command: Command) -> None:
        claim = access_claim(self._streamer.signer, str(command.parameters.get("Authorization", "")))
        if claim is None:
            text = "Login Denied.: token is invalid or has expired."
            await self._answer(command, commands.LOGIN_DENIED, text)
            await self.close()
            return
        if not self._streamer.claim(claim.user, self):
            await self._answer(command, commands.CLOSED, "Another connection of this user is open.")
            await self.close()
            return
        self.user = claim.user
        self._streamer.saw(claim)
        self._streamer.logins += 1
        await self._answer(command, 0, "server=sandbox-1;status=NP")
        if self._feed is None:
            self._feed = self._streamer.make_feed(self._subscriptions, self.user)
            self._tasks += [asyncio.create_task(self._heartbeats()), asyncio.create_task(self._stream(self._feed))]
            loop = asyncio.get_running_loop()
            for fault, seconds in self._streamer.faults.of_login():
                self._timers.append(loop.call_later(seconds, self.afflict, fault))
        self._watch_idleness()

    @staticmethod
    def _is_malformed(command: Command) -> bool:
        needs_keys = command.command != "VIEW"
        needs_fields = command.command != "UNSUBS"
        known = command.command in commands.FAILED
        return not known or (needs_keys and not command.keys()) or (needs_fields and not command.fields())

    async def _subscribe(self, command: Command) -> None:
        """SUBS, ADD, UNSUBS or VIEW; more keys than fit are answered twice, as Schwab does."""
        service, keys, held = command.service, command.keys(), self._subscriptions
        discarded = 0
        match command.command:
            case "SUBS":
                keys, discarded = held.substitute(service, keys, command.fields())
            case "ADD":
                keys, discarded = held.add(service, keys, command.fields())
            case "UNSUBS":
                held.remove(service, keys)
            case _:
                held.view(service, command.fields())
        if discarded:
            limit = f"({service}={SYMBOL_LIMITS[service]}, DISCARDED={discarded})"
            text = f"You've reached the maximum number of symbols allowed.  {limit}"
            await self._answer(command, commands.LIMIT, text)
            await self._answer(command, commands.FAILED[command.command], f"{command.command} command failed")
        else:
            await self._answer(command, 0, f"{command.command} command succeeded")
        self._watch_idleness()
        if command.command in ("SUBS", "ADD") and self._feed is not None:
            async for frame in self._feed.subscribed(service, keys):
                await self.send_data(frame)

    async def _answer(self, command: Command, code: int, text: str) -> None:
        log.info("streamer %s %s: code %d", command.service, command.command, code)
        await self.send(commands.response(command, code, text, now_ms()))

    def _watch_idleness(self) -> None:
        """A connection without subscriptions is stopped after a while."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if not self._subscriptions:
            self._idle = asyncio.get_running_loop().call_later(self._streamer.timing.idle, self._stop_idle)

    def _stop_idle(self) -> None:
        text = "Stop streaming due to empty subscription"
        self._tasks.append(asyncio.ensure_future(self.end(commands.STOP, text)))

    async def _heartbeats(self) -> None:
        with suppress(ConnectionError):
            await asyncio.sleep(self._streamer.timing.first_heartbeat)
            while True:
                await self.send(commands.heartbeat(now_ms()))
                await asyncio.sleep(self._streamer.timing.heartbeat)

    async def _stream(self, feed: Feed) -> None:
        try:
            await feed.run(self.send_data)
        except ConnectionError:
            log.info("a client went away while it was sent to")
        except Exception:  # the sandbox serves its other clients on
            log.exception("the feed of a connection failed")

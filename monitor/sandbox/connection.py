"""One client of the streamer: its login, its commands and their answers, its heartbeats and its data (PROTOCOL 5)."""

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any

import msgspec
from aiohttp import WSMessage, WSMsgType, web

from monitor.clock import now_ms
from monitor.sandbox import commands
from monitor.sandbox.commands import SERVICES, Command, Subscriptions
from monitor.sandbox.desk import Desk
from monitor.sandbox.faults import Fault
from monitor.sandbox.feed import Feed
from monitor.sandbox.mishaps import answers
from monitor.sandbox.mishaps.patient import InForce
from monitor.sandbox.mishaps.tables import AT_ONCE
from monitor.sandbox.mishaps.traffic import Traffic
from monitor.sandbox.oauth import access_claim
from monitor.sandbox.outbox import Outbox
from monitor.sandbox.tokens import Claim

log = logging.getLogger(__name__)

_CLOSE_SECONDS = 2.0
_SLOW_LOGIN = 2.0
_LOGIN_TEXTS = {
    commands.LOGIN_DENIED: "Login Denied.: token is invalid or has expired.",
    commands.CLOSED: "Another connection of this user is open.",
}


class Connection:
    """One websocket, from the handshake to its end."""

    def __init__(self, desk: Desk, number: int, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.user = ""
        self.number = number
        self.faults = InForce()
        self._desk = desk
        self._request = request
        self._socket = socket
        self._traffic = Traffic(request, socket, self.faults)
        self._out = Outbox(desk, number, self._traffic, self.faults)
        self._subscriptions = Subscriptions()
        self._feed: Feed | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._timers: list[asyncio.TimerHandle] = []
        self._idle: asyncio.TimerHandle | None = None
        self._opened = now_ms()
        self._closed: int | None = None
        self._how = ""
        self._unsent = 0

    async def serve(self) -> None:
        """Reads commands until the connection ends."""
        try:
            async for message in self._socket:
                await self._message(message)
        except ConnectionError:
            log.info("a streamer connection was lost")
        finally:
            self.relieve()
            for timer in (*self._timers, *([self._idle] if self._idle else [])):
                timer.cancel()
            for task in self._tasks:
                task.cancel()
            self._out.end()
            await asyncio.gather(*self._tasks, self._traffic.end(), return_exceptions=True)
            self._closed, self._how = now_ms(), self._how or "by the client"
            if self._feed is not None:
                self._desk.truth.closed(self.number, self._how, self._unsent)

    def account(self) -> dict[str, Any]:
        """What became of it, for the status."""
        return {
            "number": self.number,
            "opened": self._opened,
            "closed": self._closed,
            "how": self._how,
            "items": dict(sorted(self._out.items.items())),
        }

    # What faults do to it

    def suffer(self, fault: Fault) -> None:
        """A fault on purpose, after the seconds it says."""
        if fault.after_seconds > 0:
            timer = asyncio.get_running_loop().call_later(fault.after_seconds, self._suffer_now, fault)
            self._timers.append(timer)
        else:
            self._suffer_now(fault)

    def _suffer_now(self, fault: Fault) -> None:
        log.info("fault: the streamer connection suffers %s", fault.stream)
        if fault.stream not in AT_ONCE:
            self.faults.begin(fault)
        else:
            happen = AT_ONCE[fault.stream]
            self._spawn(self._happening(happen(self, fault)))

    async def _happening(self, what: Coroutine[Any, Any, None]) -> None:
        with suppress(ConnectionError):
            await what

    def relieve(self) -> None:
        """Ends every fault that is in force."""
        self.faults.clear()
        self.hold_reading(False)

    def hold_reading(self, held: bool) -> None:
        """Leaves what the client sends in the network, pings and close frames too; or reads on."""
        transport = self._request.transport
        if isinstance(transport, asyncio.Transport) and not transport.is_closing():
            (transport.pause_reading if held else transport.resume_reading)()

    def cut(self) -> None:
        """Ends it without a close frame."""
        self._how = self._how or "cut"
        if self._request.transport is not None:
            if isinstance(self._request.transport, asyncio.WriteTransport):
                self._unsent = self._request.transport.get_write_buffer_size()
            self._request.transport.abort()

    async def end(self, code: int, text: str) -> None:
        """Says why, then closes."""
        self._how = self._how or f"code {code}"
        with suppress(ConnectionError, TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await self._out.notice(code, text)
        await self.close()

    def sever(self, code: int, text: str) -> None:
        """The same without waiting: nothing more is streamed, whether or not the client still reads."""
        for task in self._tasks:
            task.cancel()
        self._spawn(self.end(code, text))

    async def close(self, code: int = 1000, reason: str = "") -> None:
        """Sends the close frame; a client that does not answer it in time is cut off."""
        self._how = self._how or f"closed with {code}"
        if not self.faults.has("half-open"):
            with suppress(ConnectionError, TimeoutError):
                async with asyncio.timeout(_CLOSE_SECONDS):
                    await self._traffic.between_frames(lambda: self._socket.close(code=code, message=reason.encode()))
                    return
        self.cut()

    async def inject(self, payload: bytes, note: str, binary: bool = False) -> None:
        """Sends a frame that is nobody's data."""
        await self._out.inject(payload, note, binary)

    # What it sends of itself

    async def _heartbeats(self) -> None:
        with suppress(ConnectionError):
            await asyncio.sleep(self._desk.timing.first_heartbeat)
            while True:
                await self._out.heartbeat()
                await asyncio.sleep(self._desk.timing.heartbeat)

    async def _stream(self, feed: Feed) -> None:
        try:
            await feed.run(self._out.data)
        except ConnectionError:
            log.info("a client went away while it was sent to")
        except Exception:  # the sandbox serves its other clients on
            log.exception("the feed of a connection failed")

    # What it is told

    async def _message(self, message: WSMessage) -> None:
        if message.type is WSMsgType.PING and not self.faults.has("half-open"):
            await self._traffic.between_frames(lambda: self._socket.pong(message.data))
        if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
            return
        try:
            parsed = commands.parse(message.data)
        except (msgspec.DecodeError, UnicodeError):
            await self._out.answer(Command("ADMIN", ""), commands.BAD_FORMAT, "Bad command formatting")
            return
        for command in parsed:
            await self._obey(command)

    async def _obey(self, command: Command) -> None:
        if command.command == "LOGIN":
            if slow := self._desk.faults.of_login_command("slow-login"):
                self._spawn(self._login_slowly(command, _SLOW_LOGIN if slow.delay is None else slow.delay))
            else:
                await self._login(command)
        elif self._feed is None:
            await self._out.answer(command, commands.NO_CONNECTION, "Stream connection not found. Please login first.")
        elif command.command == "LOGOUT":
            await self._out.answer(command, 0, "SUCCESS")
            await self.close()
        elif command.service not in SERVICES:
            await self._out.answer(command, commands.NOT_AVAILABLE, "Service not available or temporary down.")
        elif self._is_malformed(command):
            await self._out.answer(command, commands.BAD_FORMAT, "Bad command formatting")
        elif refused := answers.refusal(self.faults.of("refuse"), command):
            fault, code, text = refused
            await self._out.answer(command, code, text)
            self.faults.struck(fault)
        else:
            await self._subscribe(command)

    async def _login_slowly(self, command: Command, seconds: float) -> None:
        await asyncio.sleep(seconds)
        with suppress(ConnectionError):
            await self._login(command)

    async def _login(self, command: Command) -> None:
        refused = self._desk.faults.of_login_command("refuse-login")
        claim = access_claim(self._desk.signer, str(command.parameters.get("Authorization", "")))
        if refused is not None or claim is None:
            code = commands.LOGIN_DENIED if refused is None or refused.code is None else refused.code
            text = None if refused is None else refused.text
            await self._deny(command, code, text)
        elif not self._desk.claim(claim.user, self):
            await self._deny(command, commands.CLOSED, None)
        else:
            await self._welcome(command, claim)

    async def _deny(self, command: Command, code: int, text: str | None) -> None:
        await self._out.answer(command, code, _LOGIN_TEXTS.get(code, "Login Denied.") if text is None else text)
        self._how = f"login denied with code {code}"
        await self.close()

    async def _welcome(self, command: Command, claim: Claim) -> None:
        self.user = claim.user
        self._desk.saw(claim)
        self._desk.logins += 1
        await self._out.answer(command, 0, "server=sandbox-1;status=NP")
        if self._feed is None:
            self._desk.truth.opened(self.number)
            self._feed = self._desk.make_feed(self._subscriptions, self.user)
            self._spawn(self._heartbeats())
            self._spawn(self._stream(self._feed))
            for fault in self._desk.faults.of_login():
                self.suffer(fault)
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
        held.lowered = answers.limits(self.faults.of("limits"))
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
        if command.command != "VIEW":
            self._desk.truth.subscribed(self.number, command.command, service, keys, self._desk.now_ms())
        if discarded:
            limit = f"({service}={held.limit(service)}, DISCARDED={discarded})"
            text = f"You've reached the maximum number of symbols allowed.  {limit}"
            await self._out.answer(command, commands.LIMIT, text)
            await self._out.answer(command, commands.FAILED[command.command], f"{command.command} command failed")
        else:
            await self._out.answer(command, 0, f"{command.command} command succeeded")
        self._watch_idleness()
        if command.command in ("SUBS", "ADD") and self._feed is not None:
            async for frame in self._feed.subscribed(service, keys):
                await self._out.data(frame)

    def _watch_idleness(self) -> None:
        """A connection without subscriptions is stopped after a while."""
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if not self._subscriptions:
            self._idle = asyncio.get_running_loop().call_later(self._desk.timing.idle, self._stop_idle)

    def _stop_idle(self) -> None:
        self._spawn(self.end(commands.STOP, "Stop streaming due to empty subscription"))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

"""One connection to the streamer: schwab-py's login and requests, with our own reading and matching of answers."""

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import websockets.exceptions
from websockets.asyncio.client import ClientConnection, connect

from monitor.clock import since_boot
from monitor.errors import BadData, MonitorError, Refused, Transient
from monitor.market.gap import Cause
from monitor.ports import StreamListener, asking
from monitor.schwab.address import Address
from monitor.schwab.delivery import Delivery
from monitor.schwab.frame_file import FrameRecording
from monitor.schwab.library import MarketClient, StreamClient
from monitor.schwab.proxy import system_proxy
from monitor.schwab.services import FIELDS
from monitor.schwab.subscriptions import Command, succeeded
from monitor.schwab.timing import Timing
from monitor.schwab.tls import client_context, refusal
from monitor.schwab.unreachable import why
from monitor.schwab.wire import Notify, Outcome, Response

_log = logging.getLogger(__name__)
# The library's own debug lines hold whole frames, the LOGIN with its token among them.
_quiet = logging.getLogger(__name__ + ".websocket")
_quiet.setLevel(logging.INFO)

_LARGEST_FRAME = 16 * 2**20
_LONGEST_TURN = 0.008  # seconds of reading before others on the loop get theirs
_PAUSE = 0.01
_TOO_LARGE = 1009
#: So many unreadable frames within a minute: the connection itself may be broken.
_MOST_UNREADABLE = 20
#: The pings and commands of a few minutes, whose answers tell how slow the line is.
_ROUND_TRIPS = 10
#: An answer is given up for lost after so many times the deadline, even where the line is known to be slow.
_SLOWEST_LINE = 6
_SEVERING = frozenset({3, 12, 20, 30})


_TIMING: Final = Timing()


class Ended(MonitorError):
    """The connection is over; ``code`` is the streamer's own, 0 when it was the network."""

    def __init__(self, sentence: str, code: int = 0, detail: str = "", cause: Cause = Cause.CONNECTION) -> None:
        super().__init__(sentence, detail)
        self.code = code
        self.cause = Cause.TAKEN if code == 12 else cause
        self.is_too_large = False  # more came at once than can be taken


class NoAnswer(Ended):
    """The streamer did not answer a command in time."""


class _StreamerInfo(msgspec.Struct, rename="camel"):
    streamer_socket_url: str
    schwab_client_correl_id: str
    schwab_client_customer_id: str
    schwab_client_channel: str
    schwab_client_function_id: str


class _Connect(connect):
    """Goes where it was told and nowhere else: left to itself, the library follows redirects to any host."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        return exc


class _Waiting:
    """A command that waits for its answer."""

    __slots__ = ("answer", "sent")

    def __init__(self, sent: float) -> None:
        self.answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.sent = sent


class Connection(StreamClient):  # type: ignore[misc]
    """From connect to close: data goes straight to the listener, and ``ended`` resolves to why it is over."""

    def __init__(
        self,
        client: MarketClient,
        address: Address,
        listener: StreamListener,
        clock: Callable[[], float] = since_boot,
        timing: Timing = _TIMING,
        on_open: Callable[[], None] = lambda: None,
        frames: FrameRecording | None = None,
        on_books: Callable[[str, list[str]], None] = lambda _service, _symbols: None,
    ) -> None:
        super().__init__(client)
        self._address = address
        self._clock = clock
        self._timing = timing
        self._on_open = on_open
        self._frames = frames
        self._waiting: dict[str, _Waiting] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._ping: asyncio.Task[None] | None = None
        self._pinged = 0.0
        self._ponged = 0.0  # when the ping was sent that was answered last
        self._round_trips: deque[float] = deque(maxlen=_ROUND_TRIPS)
        self._arrived, self._arriving = 0, 0.0  # bytes of a message that is not whole yet, and when they grew
        self._counted_at, self._counted = clock(), 0
        self.ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self.last_frame = clock()
        self.answered_ms = 0  # when the streamer gave its newest answer to a command, by its own clock
        self.host = ""  # of the streamer, once its address is known
        self._outcome = Outcome(0)
        self._socket: ClientConnection | None = None
        self._listener = listener
        self.is_paused = False  # nothing is read: the listener has no room
        self._resumed = 0.0
        self._delivery = Delivery(listener, self, on_books)
        self.set_json_decoder(self._delivery)

    @property
    def sent_ms(self) -> int:
        """The streamer's own time of the newest frame; 0 as long as none told it."""
        return self._delivery.sent_ms

    @property
    def round_trip(self) -> float | None:
        """Seconds that the slowest of the last pings and commands took, or has waited by now; None before the first."""
        waits = self._ping is not None and not self._ping.done()
        waited = [self._clock() - self._pinged] if waits else []
        return max([*self._round_trips, *waited], default=None)

    def take_heard(self) -> dict[str, int]:
        """The services that sent data since this was last asked, each with the streamer's time of the newest."""
        return self._delivery.take_heard()

    # ------------------------------------------------------------------ commands

    async def command(self, command: Command) -> Outcome:
        """Send one command and wait for its answer, whatever it says. Raises NoAnswer, or Ended with the connection."""
        parameters = {"keys": ",".join(command.keys)}
        if command.name != "UNSUBS":
            parameters["fields"] = FIELDS[command.service]
        request, request_id = self._make_request(service=command.service, command=command.name, parameters=parameters)
        await self._send({"requests": [request]})
        await self._await_response(request_id, command.service, command.name)
        return self._outcome

    async def close(self, politely: bool = True) -> None:
        """Log out if it is still possible, and close; takes at most 3 seconds."""
        try:
            if politely and self._socket is not None and not self.ended.done():
                async with asyncio.timeout(1.5):
                    await self.logout()
        except (MonitorError, TimeoutError, OSError, websockets.exceptions.WebSocketException) as error:
            _log.debug("no logout: %s", error)
        finally:
            self.end(Ended("The connection was closed."))
            if self._ping is not None:
                self._tasks.append(self._ping)
            for task in self._tasks:
                task.cancel()
            if self._socket is not None:
                if not politely:
                    self._socket.transport.abort()
                await self._socket.close()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def end(self, cause: Ended) -> None:
        """The connection is over: everybody who waits on it hears the first cause."""
        if self.ended.done():
            return
        self.ended.set_result(cause)
        for waiting in self._waiting.values():
            if not waiting.answer.done():
                waiting.answer.set_exception(cause)

    # ------------------------------------------------------------------ what schwab-py calls

    async def login(self, websocket_connect_args: dict[str, Any] | None = None) -> None:
        try:
            with asking(attempts=1):  # the stream has delays of its own
                await super().login(websocket_connect_args)
        except Transient as error:
            sentence = why(error) or error.sentence
            if refusal(error):
                raise Ended(sentence, detail=error.detail) from error  # not to be tried again every few seconds
            raise Transient(sentence, error.detail) from error
        except (ValueError, RecursionError) as error:  # a network's own page in the place of preferences
            raise BadData("Schwab's answer about its streamer could not be read.", type(error).__name__) from error

    async def _init_from_preferences(self, prefs: Any, websocket_connect_args: dict[str, Any]) -> None:
        try:
            info = msgspec.convert(prefs["streamerInfo"][0], _StreamerInfo)
        except (KeyError, IndexError, TypeError, msgspec.ValidationError) as error:
            raise Refused("Schwab does not offer streaming to this account.", type(error).__name__) from error
        self._stream_correl_id = info.schwab_client_correl_id
        self._stream_customer_id = info.schwab_client_customer_id
        self._stream_channel = info.schwab_client_channel
        self._stream_function_id = info.schwab_client_function_id
        url = self._address.check_streamer(info.streamer_socket_url)
        self.host = urlsplit(url).netloc
        began = self._clock()
        try:
            self._socket = await _Connect(
                url,
                ssl=client_context() if url.startswith("wss:") else None,
                compression=None,
                proxy=system_proxy(urlsplit(url).hostname or ""),
                max_size=_LARGEST_FRAME,
                ping_interval=None,  # ours: the library's would hang up after a stall of our own
                close_timeout=1,
                logger=_quiet,
                **({"open_timeout": self._timing.open} | websocket_connect_args),
            )
        except (OSError, TimeoutError, websockets.exceptions.WebSocketException) as error:
            raise Transient("The streamer cannot be reached.", type(error).__name__) from error
        self.last_frame = self._pinged = self._clock()
        self._round_trips.append(self.last_frame - began)  # more than one, but the first that is known
        self._tasks = [asyncio.create_task(self._read(), name="read")]
        self._on_open()

    async def _send(self, obj: dict[str, Any]) -> None:
        if self._socket is None or self.ended.done():
            raise self.ended.result() if self.ended.done() else Ended("There is no connection.")
        # Answers can come before the sending has returned, so they are expected from here on.
        sent = {request["requestid"]: _Waiting(self._clock()) for request in obj["requests"]}
        self._waiting |= sent
        try:
            await self._socket.send(json.dumps(obj))
        except websockets.exceptions.ConnectionClosed as error:
            for request_id in sent:
                self._waiting.pop(request_id).answer.cancel()
            raise Ended("The connection was lost.", detail=str(error)) from error

    async def _await_response(self, request_id: int, service: str, command: str) -> None:
        waiting = self._waiting[str(request_id)]
        try:
            outcome = self._outcome = await waiting.answer
            self._round_trips.append(self._clock() - waiting.sent)
        finally:
            del self._waiting[str(request_id)]
        if outcome.code in _SEVERING and outcome.code != 3:
            raise Ended(_said(outcome), outcome.code, outcome.msg)
        if service == "ADMIN" and not succeeded(outcome.code):
            raise Ended(f"Schwab's streamer refused the {command.lower()}.", outcome.code, outcome.msg)

    # ------------------------------------------------------------------ reading

    async def _read(self) -> None:
        socket, decode = self._socket, self.json_decoder.decode_json_string
        assert socket is not None  # noqa: S101  this task is started once it is there
        clock, turn_began = self._clock, 0.0
        frames = self._frames
        while True:
            try:
                raw = await socket.recv(decode=False)
            except websockets.exceptions.ConnectionClosed as error:
                cause = Ended("The connection was lost.", detail=str(error))
                cause.is_too_large = error.sent is not None and error.sent.code == _TOO_LARGE
                self.end(cause)
                return
            self.last_frame = now = clock()
            if frames is not None and frames.taking:
                frames.take(raw)
            try:
                decode(raw)
            except Exception:  # noqa: BLE001  a listener that fails on one frame must still get the next
                _log.exception("a frame of %d bytes could not be handled", len(raw))
            if now - turn_began > _LONGEST_TURN:
                await asyncio.sleep(0)
                if not self._listener.has_room():
                    await self._pause()
                turn_began = clock()

    async def _pause(self) -> None:
        """Read nothing until there is room again: soon the streamer cannot send any more, and waits, too."""
        self.is_paused = True
        try:
            while not self._listener.has_room() and not self.ended.done():  # noqa: ASYNC110  threads make room
                await asyncio.sleep(_PAUSE)
        finally:
            self.is_paused, self._resumed = False, self._clock()

    def check_deadlines(self, now: float, silence: float | None = None) -> None:
        """One look at all deadlines, to be taken once a second: a timer for each message would wear qasync down.

        Ends the connection when nothing at all came for ``silence`` seconds, or the other side does not answer a ping;
        fails commands whose answer did not come.
        """
        if self.is_paused:
            # What is owed may have come; it has not been read.
            for waiting in self._waiting.values():
                waiting.sent = now
            return
        silence = silence or self._timing.silence
        self._mind_arriving(now)
        if now - self._heard > silence:
            self.end(Ended(f"Nothing came from the streamer for {silence:.0f} s.", cause=Cause.SILENCE))
        self._check_ping(now)
        self._check_unreadable(now)
        for waiting in self._waiting.values():
            if not waiting.answer.done() and self._is_overdue(waiting, now):
                waiting.answer.set_exception(NoAnswer("The streamer did not answer a command."))

    @property
    def _heard(self) -> float:
        """When something came last: a message, or more of one; or since when it is listened to again."""
        return max(self.last_frame, self._arriving, self._resumed)

    def _mind_arriving(self, now: float) -> None:
        """A large message takes its time on a slow line: as long as more of it comes, nobody is silent."""
        arrived = 0 if self._socket is None else len(self._socket.protocol.reader.buffer)
        if arrived and arrived != self._arrived:
            self._arriving = now
        self._arrived = arrived

    def _is_overdue(self, waiting: _Waiting, now: float) -> bool:
        """Whether an answer should have come: what was asked later is answered, or no line is as slow as that."""
        waited = now - waiting.sent
        is_behind = self._ponged < waiting.sent  # all that lies on the way may still be before it
        return waited > self._timing.answer * (_SLOWEST_LINE if is_behind else 1)

    def _check_ping(self, now: float) -> None:
        """Ask whether the other side is still there after a while without a frame; and now and then, how far away."""
        if self._ping is None or self._ping.done():
            since = now - self._pinged
            idle = min(since, now - self._heard) >= self._timing.ping
            waited_for = any(waiting.sent >= self._pinged for waiting in self._waiting.values())
            due = idle or since >= (self._timing.ping if waited_for else self._timing.measure)
            if due and self._socket is not None and not self.ended.done():
                self._pinged = now
                self._ping = asyncio.create_task(self._ping_once(self._socket, now), name="ping")
            return
        # Who took seconds to answer before is given more of them, or a slow line would count as a dead one.
        patience = max(self._timing.pong, 4 * max(self._round_trips, default=0.0))
        if now - max(self._heard, self._pinged) > patience:
            self.end(Ended("The streamer does not answer any more.", cause=Cause.SILENCE))

    def _check_unreadable(self, now: float) -> None:
        unreadable = self._delivery.unreadable
        if now - self._counted_at > 60:
            self._counted_at, self._counted = now, unreadable
        if unreadable - self._counted > _MOST_UNREADABLE:
            self.end(Ended("Too much of what came could not be read."))

    async def _ping_once(self, socket: ClientConnection, pinged: float) -> None:
        with contextlib.suppress(websockets.exceptions.WebSocketException, OSError):
            await (await socket.ping())
            self._ponged = pinged
            self._round_trips.append(self._clock() - pinged)

    def take_response(self, response: Response) -> None:
        """Match an answer to its command; strangers and second answers are ignored."""
        outcome = response.content
        waiting = self._waiting.get(str(response.requestid))
        if waiting is not None and not waiting.answer.done():
            self.answered_ms = response.timestamp
            waiting.answer.set_result(outcome)
        elif outcome.code in _SEVERING:
            self.end(Ended(_said(outcome), outcome.code, outcome.msg))
        else:
            _log.info("an answer nobody waits for: %s %s %d", response.service, response.command, outcome.code)

    def take_notify(self, notify: Notify) -> None:
        """Take in what the streamer says of the connection."""
        if notify.content is not None and notify.content.code in _SEVERING:
            self.end(Ended(_said(notify.content), notify.content.code, notify.content.msg))


def _said(outcome: Outcome) -> str:
    if outcome.code == 12:
        return "Another program uses this account's stream; Schwab allows one at a time."
    if outcome.code == 30:
        text = outcome.msg.lower()
        if "empty" in text:
            return "Schwab stopped the stream because nothing was subscribed."
        if "slow" in text:
            return "Schwab stopped the stream because it was read too slowly."
        return "Schwab stopped the stream."
    if outcome.code == 20:
        return "Schwab's streamer does not know this connection any more."
    return f"Schwab's streamer ended the connection (code {outcome.code})."

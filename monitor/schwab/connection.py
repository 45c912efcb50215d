"""One connection to the streamer: schwab-py's login and requests, with our own reading and matching of answers."""

import asyncio
import json
import logging
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
import websockets.exceptions
from websockets.asyncio.client import ClientConnection, connect

from monitor.errors import BadData, MonitorError, Refused, Transient
from monitor.ports import StreamListener
from monitor.schwab.address import Address
from monitor.schwab.delivery import Delivery
from monitor.schwab.library import MarketClient, StreamClient
from monitor.schwab.subscriptions import BOOKS, CHART, EQUITIES, Command, succeeded
from monitor.schwab.tls import client_context, refusal
from monitor.schwab.wire import Notify, Outcome, Response

_log = logging.getLogger(__name__)
# The library's own debug lines hold whole frames, the LOGIN with its token among them.
_quiet = logging.getLogger(__name__ + ".websocket")
_quiet.setLevel(logging.INFO)

ANSWER_SECONDS: Final = 10.0
SILENCE_SECONDS: Final = 30.0
_LARGEST_FRAME = 16 * 2**20
_LONGEST_TURN = 0.008  # seconds of reading before others on the loop get theirs
_SEVERING = frozenset({3, 12, 20, 30})


class Ended(MonitorError):
    """The connection is over; ``code`` is the streamer's own, 0 when it was the network."""

    def __init__(self, sentence: str, code: int = 0, detail: str = "") -> None:
        super().__init__(sentence, detail)
        self.code = code


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

    __slots__ = ("answer", "deadline")

    def __init__(self, deadline: float) -> None:
        self.answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self.deadline = deadline


class Connection(StreamClient):  # type: ignore[misc]
    """From connect to close: data goes straight to the listener, and ``ended`` resolves to why it is over."""

    def __init__(
        self,
        client: MarketClient,
        address: Address,
        listener: StreamListener,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(client)
        self._address = address
        self._clock = clock
        self._waiting: dict[str, _Waiting] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self.ended: asyncio.Future[Ended] = asyncio.get_running_loop().create_future()
        self.last_frame = clock()
        self.host = ""  # of the streamer, once its address is known
        self._outcome = Outcome(0)
        self._socket: ClientConnection | None = None
        self._delivery = Delivery(listener, self)
        self.set_json_decoder(self._delivery)

    @property
    def has_data(self) -> bool:
        """Whether any data came over it."""
        return self._delivery.has_data

    # ------------------------------------------------------------------ commands

    async def command(self, command: Command) -> Outcome:
        """Send one command and wait for its answer, whatever it says. Raises NoAnswer, or Ended with the connection."""
        fields = {
            EQUITIES: self.LevelOneEquityFields,
            CHART: self.ChartEquityFields,
            **dict.fromkeys(BOOKS, self.BookFields),
        }
        field_type = None if command.name == "UNSUBS" else fields[command.service]
        await self._service_op(command.keys, command.service, command.name, field_type)
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
            await super().login(websocket_connect_args)
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
        try:
            self._socket = await _Connect(
                url,
                ssl=client_context() if url.startswith("wss:") else None,
                compression=None,
                proxy=None,
                max_size=_LARGEST_FRAME,
                ping_interval=10,
                ping_timeout=20,
                close_timeout=1,
                logger=_quiet,
                **websocket_connect_args,
            )
        except (OSError, TimeoutError, websockets.exceptions.WebSocketException) as error:
            if untrusted := refusal(error):
                raise Ended(
                    untrusted, detail=type(error).__name__
                ) from error  # not to be tried again every few seconds
            raise Transient("The streamer cannot be reached.", type(error).__name__) from error
        self.last_frame = self._clock()
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._read(), name="read"), loop.create_task(self._watch(), name="watch")]

    async def _send(self, obj: dict[str, Any]) -> None:
        if self._socket is None or self.ended.done():
            raise self.ended.result() if self.ended.done() else Ended("There is no connection.")
        # Answers can come before the sending has returned, so they are expected from here on.
        sent = {request["requestid"]: _Waiting(self._clock() + ANSWER_SECONDS) for request in obj["requests"]}
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
        while True:
            try:
                raw = await socket.recv(decode=False)
            except websockets.exceptions.ConnectionClosed as error:
                self.end(Ended("The connection was lost.", detail=str(error)))
                return
            self.last_frame = now = clock()
            try:
                decode(raw)
            except Exception:  # noqa: BLE001  a listener that fails on one frame must still get the next
                _log.exception("a frame of %d bytes could not be handled", len(raw))
            if now - turn_began > _LONGEST_TURN:
                await asyncio.sleep(0)
                turn_began = clock()

    async def _watch(self) -> None:
        """One look a second at all deadlines: a timer for each message would wear qasync down."""
        looked = self._clock()
        while True:
            await asyncio.sleep(1)
            now = self._clock()
            late, looked = now - looked > 5, now
            if not late:  # after a stall of our own, what has arrived is read first
                self.check_deadlines(now)

    def check_deadlines(self, now: float) -> None:
        """End the connection when nothing at all came for long; fail commands whose answer did not come."""
        if now - self.last_frame > SILENCE_SECONDS:
            self.end(Ended(f"Nothing came from the streamer for {SILENCE_SECONDS:.0f} s."))
        for waiting in self._waiting.values():
            if now > waiting.deadline and not waiting.answer.done():
                waiting.answer.set_exception(NoAnswer("The streamer did not answer a command."))

    def take_response(self, response: Response) -> None:
        """Match an answer to its command; strangers and second answers are ignored."""
        outcome = response.content
        waiting = self._waiting.get(str(response.requestid))
        if waiting is not None and not waiting.answer.done():
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
        return "Schwab stopped the stream."
    return f"Schwab's streamer ended the connection (code {outcome.code})."

"""The sandbox's own pages under /sandbox: what it is, what it sent, and levers for tests. Schwab has none of this."""

from collections.abc import Callable
from typing import Annotated, Any, NamedTuple, get_args

import msgspec
from aiohttp import web

from monitor.errors import BadData
from monitor.market.calendar import Phase, from_ms, phase_at
from monitor.sandbox.exchange import Exchange
from monitor.sandbox.faults import Fault, Faults, StreamFault, Wall
from monitor.sandbox.logins import Logins
from monitor.sandbox.oauth import TokenEndpoint
from monitor.sandbox.replay import Replay
from monitor.sandbox.rest import CONTROL, Gate
from monitor.sandbox.streamer import Streamer
from monitor.sandbox.tokens import Clock, Credentials

_LEVERS: dict[str, StreamFault] = {"drop": "drop", "close": "close", "silence": "silent"}


class Counters(NamedTuple):
    """The parts that count what they did."""

    gate: Gate
    tokens: TokenEndpoint
    streamer: Streamer


class _ClockChange(msgspec.Struct, forbid_unknown_fields=True):
    advance_seconds: float | None = None
    rate: Annotated[float, msgspec.Meta(ge=0)] | None = None


class _WallRequest(msgspec.Struct, forbid_unknown_fields=True):
    wall: Wall
    times: int = 1


class Control:
    """What is asked of the sandbox itself: who it is, how it stands, and what it should do next."""

    def __init__(
        self, credentials: Credentials, clock: Clock, faults: Faults, logins: Logins, counters: Counters
    ) -> None:
        self._credentials = credentials
        self._clock = clock
        self._faults = faults
        self._logins = logins
        self._counters = counters
        self.base_url = ""
        self.replay: Replay | None = None
        self.market: Callable[[], str] = str

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(CONTROL, self.show),
            web.get(f"{CONTROL}/status", self.status),
            web.post(f"{CONTROL}/clock", self.clock),
            web.post(f"{CONTROL}/faults", self.add_faults),
            web.delete(f"{CONTROL}/faults", self.clear_faults),
            web.post(f"{CONTROL}/stream", self.befall),
            web.post(f"{CONTROL}/wall", self.raise_wall),
            web.post(f"{CONTROL}/revoke", self.revoke),
            web.post(CONTROL + "/{lever:drop|close|silence}", self.afflict),
        ]

    def announcement(self) -> dict[str, str]:
        """The line of JSON that says where the sandbox listens and who may sign in."""
        app = self._credentials
        return {
            "base_url": self.base_url,
            "client_id": app.client_id,
            "client_secret": app.client_secret,
            "callback_url": app.callbacks[0],
            "username": app.username,
            "password": app.password,
            "control_url": self.base_url + CONTROL,
        }

    async def show(self, _: web.Request) -> web.Response:
        return _json(self.announcement())

    async def status(self, _: web.Request) -> web.Response:
        """What was sent of each service, how the replay stands, and what the market is said to be doing."""
        gate, tokens, streamer = self._counters
        streamer.truth.flush()
        sent = {s: {"items": streamer.items[s], "frames": streamer.frames[s]} for s in sorted(streamer.items)}
        return _json(
            {
                "sent": sent,
                "replay": self.replay.status() if self.replay else None,
                "connections": streamer.connections,
                "streams": streamer.streams(),
                "logins": streamer.logins,
                "requests": gate.requests,
                "refused": gate.refused,
                "busiest_minute": gate.busiest_minute,
                "tokens": {"codes": tokens.codes, "renewals": tokens.renewals, "refused": tokens.refused},
                "faults": self._faults.pending,
                "struck": dict(self._faults.struck),
                "market": self.market(),
            }
        )

    async def clock(self, request: web.Request) -> web.Response:
        """Moves the clock of tokens and of the request limit, sets how fast it runs, or both."""
        try:
            asked = msgspec.json.decode(await request.read(), type=_ClockChange)
        except (msgspec.DecodeError, UnicodeError):
            asked = _ClockChange()
        if asked.advance_seconds is None and asked.rate is None:
            raise web.HTTPBadRequest(text='Send {"advance_seconds": number}, {"rate": number from 0 up} or both.')
        if asked.rate is not None:
            self._clock.run(asked.rate)
        self._clock.advance(asked.advance_seconds or 0)
        return _json({"now": self._clock.now()})

    async def add_faults(self, request: web.Request) -> web.Response:
        """Adds a list as ``--faults`` takes it; says how many faults are pending."""
        try:
            self._faults.add_json(await request.read())
        except BadData as error:
            raise web.HTTPBadRequest(text=error.sentence) from None
        return _json({"pending": self._faults.pending})

    async def clear_faults(self, _: web.Request) -> web.Response:
        """Nothing goes wrong any more, on open connections neither."""
        self._faults.clear()
        self._counters.streamer.relieve()
        return _json({"pending": self._faults.pending})

    async def befall(self, request: web.Request) -> web.Response:
        """Lets every open streamer connection suffer faults now; says how many there were."""
        wanted = Faults()
        try:
            wanted.add_json(await request.read())
        except BadData as error:
            raise web.HTTPBadRequest(text=error.sentence) from None
        if not all(fault.stream for fault in wanted.listed):
            raise web.HTTPBadRequest(text="Only faults of the streamer can befall a connection.")
        return _json({"connections": max(map(self._counters.streamer.afflict, wanted.listed), default=0)})

    async def raise_wall(self, request: web.Request) -> web.Response:
        """One fault more: a page that stands in the way of the next sign-in."""
        try:
            asked = msgspec.json.decode(await request.read(), type=_WallRequest)
        except (msgspec.DecodeError, UnicodeError):
            names = ", ".join(get_args(Wall))
            raise web.HTTPBadRequest(text=f'Send {{"wall": name, "times": number}}; the names are {names}.') from None
        self._faults.add(Fault(wall=asked.wall, times=asked.times))
        return _json({"pending": self._faults.pending})

    async def revoke(self, _: web.Request) -> web.Response:
        """Kills the refresh tokens of all logins so far."""
        self._logins.revoke()
        return _json({"now": self._clock.now()})

    async def afflict(self, request: web.Request) -> web.Response:
        """Cuts, closes or silences every streamer connection; says how many there were."""
        fault = _LEVERS[request.match_info["lever"]]
        return _json({"connections": self._counters.streamer.afflict(Fault(stream=fault))})


def market_sentence(exchange: Exchange) -> str:
    """What the sandbox's market is doing, and whether that is what New York does."""
    now = exchange.now_ms()
    real = phase_at(now)
    today = exchange.sessions(from_ms(now).date().isoformat())
    phase = next((s.phase for s in today if s.start <= now < s.end), Phase.CLOSED)
    if phase is Phase.CLOSED:
        return "closed, as the New York market is"
    if real is Phase.CLOSED:
        return "open although the New York market is closed"
    names = {Phase.PRE: "pre-market", Phase.REGULAR: "open", Phase.POST: "after hours"}
    return f"{names[phase]}, as in New York"


def replay_sentence(replay: Replay, name: str) -> str:
    """Which recording is played and what time it is in it."""
    moment = from_ms(replay.exchange.now_ms())
    return f"a replay of {name}, at {moment:%Y-%m-%d %H:%M:%S} New York"


def _json(payload: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(payload), content_type="application/json")

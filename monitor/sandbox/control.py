"""The sandbox's own pages under /sandbox: what it is, what it sent, and levers for tests. Schwab has none of this."""

from collections.abc import Callable
from typing import Any

import msgspec
from aiohttp import web

from monitor.market.calendar import Phase, from_ms, phase_at
from monitor.sandbox.exchange import Exchange
from monitor.sandbox.faults import StreamFault
from monitor.sandbox.replay import Replay
from monitor.sandbox.rest import Gate
from monitor.sandbox.streamer import Streamer
from monitor.sandbox.tokens import Clock, Credentials

PATH = "/sandbox"
_FAULTS: dict[str, StreamFault] = {"drop": "drop", "close": "close", "silence": "silent"}


class Control:
    """GET /sandbox and /sandbox/status; POST /sandbox/clock, /drop, /close, /silence."""

    def __init__(self, credentials: Credentials, clock: Clock, gate: Gate, streamer: Streamer) -> None:
        self._credentials = credentials
        self._clock = clock
        self._gate = gate
        self._streamer = streamer
        self.base_url = ""
        self.replay: Replay | None = None
        self.market: Callable[[], str] = str

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(PATH, self.show),
            web.get(f"{PATH}/status", self.status),
            web.post(f"{PATH}/clock", self.clock),
            web.post(PATH + "/{fault:drop|close|silence}", self.afflict),
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
            "control_url": self.base_url + PATH,
        }

    async def show(self, _: web.Request) -> web.Response:
        return _json(self.announcement())

    async def status(self, _: web.Request) -> web.Response:
        """What was sent of each service, how the replay stands, and what the market is said to be doing."""
        streamer = self._streamer
        sent = {s: {"items": streamer.items[s], "frames": streamer.frames[s]} for s in sorted(streamer.items)}
        return _json(
            {
                "sent": sent,
                "replay": self.replay.status() if self.replay else None,
                "connections": streamer.connections,
                "requests": self._gate.requests,
                "refused": self._gate.refused,
                "market": self.market(),
            }
        )

    async def clock(self, request: web.Request) -> web.Response:
        """Moves the clock of tokens and of the request limit: ``{"advance_seconds": n}``."""
        try:
            asked = msgspec.json.decode(await request.read(), type=dict[str, float])
            self._clock.advance(asked["advance_seconds"])
        except (msgspec.DecodeError, KeyError):
            raise web.HTTPBadRequest(text='Send {"advance_seconds": number}.') from None
        return _json({"now": self._clock.now()})

    async def afflict(self, request: web.Request) -> web.Response:
        """Cuts, closes or silences every streamer connection; says how many there were."""
        fault = _FAULTS[request.match_info["fault"]]
        return _json({"connections": self._streamer.afflict(fault)})


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

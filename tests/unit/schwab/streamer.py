"""A small streamer on a free port: answers commands as a test tells it to, and sends what the test wants sent."""

import asyncio
import json
from contextlib import asynccontextmanager

import httpx
from websockets.asyncio.server import serve

from monitor.errors import SignInNeeded
from monitor.ports import StreamPhase
from monitor.schwab.secret import Secret


class Streamer:
    """``answer(request)`` gives the codes to answer with; every connection and command is remembered."""

    def __init__(self):
        self.url = ""
        self.commands = []
        self.connections = []
        self.answer = lambda _request: [0]
        self.now_ms = lambda: 1

    async def serve(self, socket):
        self.connections.append(socket)
        async for text in socket:
            for request in json.loads(text)["requests"]:
                self.commands.append(request)
                for code in self.answer(request):
                    await socket.send(json.dumps({"response": [response(request, code, sent_ms=self.now_ms())]}))

    async def send(self, **parts):
        await self.connections[-1].send(json.dumps(parts))

    def asked(self, service):
        """Commands of a service so far, each with its keys."""
        return [(c["command"], c["parameters"].get("keys")) for c in self.commands if c["service"] == service]


def response(request, code, message="text", sent_ms=1):
    named = {name: request[name] for name in ("service", "command", "requestid")}
    return {**named, "timestamp": sent_ms, "content": {"code": code, "msg": message}}


def quotes(*items):
    return [{"service": "LEVELONE_EQUITIES", "timestamp": 5, "command": "SUBS", "content": list(items)}]


@asynccontextmanager
async def streaming():
    streamer = Streamer()
    async with serve(streamer.serve, "127.0.0.1", 0) as server:
        streamer.url = f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}/ws"
        yield streamer


class Preferences:
    """Stands in for schwab-py's client: tells where the streamer is."""

    def __init__(self, streamer, tokens):
        self._streamer = streamer
        self.token_metadata = tokens
        self.failure = None

    async def get_user_preferences(self):
        if self.failure is not None:
            raise self.failure
        names = ("CustomerId", "CorrelId", "Channel", "FunctionId")
        info = {"streamerSocketUrl": self._streamer.url, **{f"schwabClient{name}": name for name in names}}
        return httpx.Response(200, json={"streamerInfo": [info]})


class Tokens:
    """A token source that counts renewals."""

    def __init__(self):
        self.renewals = 0
        self.ended = False

    @property
    def token(self):
        return {"access_token": f"canary-token-{self.renewals}"}

    async def access_token(self):
        if self.ended:
            raise SignInNeeded("Please sign in to Schwab.")
        return Secret(self.token["access_token"])

    async def renewed(self, refused):
        self.renewals += 1
        return await self.access_token()


class Listener:
    """Collects what the stream tells."""

    def __init__(self):
        self.quotes, self.books, self.bars, self.beats, self.rejected, self.phases = [], [], [], [], [], []
        self.gaps = []
        self.room = True

    def has_room(self):
        return self.room

    def hear_quotes(self, changes, sent_ms):
        self.quotes += [(change, sent_ms) for change in changes]

    def hear_books(self, service, books, sent_ms):
        self.books += [(service, book) for book in books]

    def hear_bars(self, bars, sent_ms):
        self.bars += bars

    def hear_gap(self, gap):
        self.gaps.append(gap)

    def hear_phase(self, phase, sentence, retry_at_ms):
        self.phases.append((phase, sentence, retry_at_ms))

    def hear_heartbeat(self, sent_ms):
        self.beats.append(sent_ms)

    def hear_rejected(self, kind, raw, reason):
        self.rejected.append(kind)

    def count(self, phase: StreamPhase):
        return [heard[0] for heard in self.phases].count(phase)


async def until(condition, seconds=30):
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  many things are waited for, not one event
            await asyncio.sleep(0.002)

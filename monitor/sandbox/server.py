"""The sandbox as a program: joins sign-in, REST, streamer and market, listens on this machine only, and serves."""

import asyncio
import contextlib
import logging
import os
import sys
import threading
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web

from monitor.errors import Unusable
from monitor.interrupt import Interrupt
from monitor.sandbox.commands import Subscriptions
from monitor.sandbox.control import Control, Counters, market_sentence, replay_sentence
from monitor.sandbox.exchange import Exchange
from monitor.sandbox.failures import STOPPING
from monitor.sandbox.faults import Faults
from monitor.sandbox.feed import Feed, LiveFeed
from monitor.sandbox.flood import FloodedFeed
from monitor.sandbox.log_lines import SERVER
from monitor.sandbox.logins import Logins
from monitor.sandbox.market_clock import MarketClock
from monitor.sandbox.oauth import Authorization, TokenEndpoint
from monitor.sandbox.replay import Replay
from monitor.sandbox.rest import Gate, Preferences, market_data
from monitor.sandbox.streamer import FeedFactory, Streamer, Timing
from monitor.sandbox.tape import Tape
from monitor.sandbox.tokens import Clock, Credentials, Signer
from monitor.sandbox.truth import Truth

log = logging.getLogger(__name__)

HOST = "127.0.0.1"
#: So long may an answer that is under way still take when the sandbox ends.
_LAST_ANSWERS_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class SandboxOptions:
    """What ``market-monitor sandbox`` was asked to do. ``speed`` 0 replays as fast as the client reads."""

    port: int = 0
    replay: Path | None = None
    speed: float = 1.0
    seed: int = 7
    faults: Path | None = None
    truth: Path | None = None
    real_hours: bool = False
    pace: float = 1.0
    begin_ms: int | None = None
    rate: float = 0.0
    callbacks: list[str] = field(default_factory=list)
    until_stdin_closes: bool = False


class Sandbox:
    """All parts of one sandbox. Give ``exchange`` to serve another market than the simulated one."""

    def __init__(
        self,
        seed: int = 7,
        exchange: Exchange | None = None,
        replay: Replay | None = None,
        faults: Faults | None = None,
        timing: Timing | None = None,
        real_hours: bool = False,
        callbacks: Sequence[str] = (),
        truth: Truth | None = None,
        market_clock: MarketClock | None = None,
        rate: float = 0.0,
    ) -> None:
        market_clock = market_clock or MarketClock()
        faults = faults or Faults()
        self.clock = Clock()
        self.credentials = Credentials.from_seed(seed, callbacks)
        self._signer = Signer(seed, self.clock)
        self._preferences = Preferences()
        market = replay.exchange if replay else exchange or _simulated(seed, market_clock, real_hours)
        self._market = market

        def live(wanted: Subscriptions, _: str) -> Feed:
            feed = LiveFeed(market, wanted, market_clock.pace)
            return FloodedFeed(feed, market, wanted, rate) if rate else feed

        make_feed: FeedFactory = replay.feed if replay else live
        logins = Logins(self.clock)
        self._gate = Gate(self._signer, self.clock, faults, logins)
        self._authorization = Authorization(self.credentials, self._signer, faults)
        self._tokens = TokenEndpoint(self.credentials, self._signer, faults, logins)
        self._streamer = Streamer(
            self._signer, faults, logins.saw, make_feed, timing or Timing(), truth or Truth(), market_clock.now_ms
        )
        counters = Counters(self._gate, self._tokens, self._streamer)
        self.control = Control(self.credentials, self.clock, faults, logins, counters)
        self.control.replay = replay
        self.control.market = lambda: market_sentence(market)

    def application(self) -> web.Application:
        """The web application with every path of the sandbox."""
        app = web.Application(middlewares=[self._gate.middleware])
        app.on_response_prepare.append(_hide_server)
        app[STOPPING] = asyncio.Event()
        app.on_shutdown.append(self._close)
        app.add_routes(market_data(self._market, self.clock))
        for part in (self._authorization, self._tokens, self._preferences, self._streamer, self.control):
            app.add_routes(part.routes())
        return app

    @contextlib.asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[str]:
        """Listens while the context lasts; gives the base URL. Raises Unusable when the port is taken."""
        runner = web.AppRunner(
            self.application(), access_log=None, logger=SERVER, shutdown_timeout=_LAST_ANSWERS_SECONDS
        )
        await runner.setup()
        try:
            site = web.TCPSite(runner, HOST, port)
            try:
                await site.start()
            except OSError as error:
                sentence = f"Port {port} is taken or not allowed. Choose another one, or 0 for any."
                raise Unusable(sentence, str(error)) from error
            bound = runner.addresses[0][1]
            self.control.base_url = f"http://{HOST}:{bound}"
            self._preferences.socket_url = f"ws://{HOST}:{bound}/ws"
            yield self.control.base_url
        finally:
            await runner.cleanup()

    async def _close(self, app: web.Application) -> None:
        app[STOPPING].set()
        await self._streamer.close()


async def serve(options: SandboxOptions, interrupt: Interrupt) -> None:
    """Serves until interrupted, or until its standard input closes. Raises Unusable."""
    faults = Faults.load(options.faults) if options.faults else Faults()
    replay = None
    if options.replay:
        replay = Replay(await asyncio.to_thread(Tape.load, options.replay), options.speed)
    sandbox = Sandbox(
        options.seed,
        replay=replay,
        faults=faults,
        real_hours=options.real_hours,
        callbacks=options.callbacks,
        truth=Truth.to(options.truth) if options.truth else None,
        market_clock=MarketClock(options.pace, options.begin_ms),
        rate=options.rate,
    )
    if replay and options.replay:
        name = options.replay.name
        sandbox.control.market = lambda: replay_sentence(replay, name)
    if options.until_stdin_closes:
        threading.Thread(target=_wait_for_end_of_input, args=(interrupt,), daemon=True).start()
    async with sandbox.listening(options.port):
        sys.stdout.write(msgspec.json.encode(sandbox.control.announcement()).decode() + "\n")
        sys.stdout.flush()
        log.info("the sandbox listens at %s; its market is %s", sandbox.control.base_url, sandbox.control.market())
        await interrupt.wait()
    log.info("the sandbox stopped")


def run(options: SandboxOptions, interrupt: Interrupt) -> int:
    """Runs the sandbox and gives its exit code: 0 when it was stopped. Raises Unusable."""
    asyncio.run(serve(options, interrupt))
    return 0


def _simulated(seed: int, clock: MarketClock, real_hours: bool) -> Exchange:
    """The simulated market, built only where it is served."""
    from monitor.sandbox.market.simulated import SimulatedExchange  # a replay needs none of it

    return SimulatedExchange(seed, clock.now_ms, real_hours)


def _wait_for_end_of_input(interrupt: Interrupt) -> None:
    """Ends the sandbox with the program that started it, however that one ended."""
    while os.read(sys.stdin.fileno(), 4096):
        continue
    with contextlib.suppress(RuntimeError):  # the loop has ended already
        interrupt.want()


async def _hide_server(_: web.Request, response: web.StreamResponse) -> None:
    """Schwab's services do not say what they run on; only the edge does."""
    if response.headers.get("Server") != "AkamaiGHost":
        response.headers.popall("Server", None)

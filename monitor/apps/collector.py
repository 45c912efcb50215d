"""The collector: records the stream without a screen, and says at the end what it got."""

import asyncio
import contextlib
import json
import logging
import signal
import time
from collections.abc import Iterator

from monitor.apps.options import CollectOptions
from monitor.apps.settings import data_dir
from monitor.apps.wiring import Services, running_services
from monitor.errors import SignInNeeded
from monitor.live.events import Notice
from monitor.market.book import BookService
from monitor.ports import Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless

_log = logging.getLogger(__name__)


def run(options: CollectOptions) -> int:
    """Record until the time is over or Ctrl+C, print the summary as one line of JSON, and give exit code 0."""
    print(json.dumps(asyncio.run(_collect(options))), flush=True)
    return 0


async def _collect(options: CollectOptions) -> dict[str, object]:
    address = Address.of_sandbox(options.sandbox_url) if options.sandbox_url else Address()
    async with running_services(address, data_dir(address.sandbox, options.data_dir)) as services:
        services.bus.listen(Notice, lambda notice: _log.warning("%s %s", notice.sentence, notice.detail))
        with _interruptible() as interrupted:
            await _sign_in(services, address)
            started = time.monotonic()
            symbols = frozenset(options.symbols)
            services.subscriptions.want("collect", Wanted(symbols, frozenset(options.books), symbols))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(options.seconds):
                    await interrupted.wait()
        seconds = time.monotonic() - started
    return _summary(services, seconds)


async def _sign_in(services: Services, address: Address) -> None:
    """A sandbox is signed in to here, the real Schwab by the desktop program before. Raises SignInNeeded."""
    if address.sandbox:
        details = await sandbox_details(address.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
    elif not services.sign_in.signed_in:
        raise SignInNeeded("Sign in with the desktop program first; the collector then uses the same sign-in.")


def _summary(services: Services, seconds: float) -> dict[str, object]:
    """The figures of the run; everything received is on disk by now, nothing was dropped."""
    tally = services.streaming.tally
    names = {"quotes": "LEVELONE_EQUITIES", "bars": "CHART_EQUITY"} | {s.value: s.value for s in BookService}
    meter = services.store.meter()
    return {
        "messages": tally.messages,
        "rows": meter.written,
        "dropped": meter.queued,
        "rejected": dict(tally.rejected),
        "reconnects": tally.reconnects,
        "seconds": round(seconds, 3),
        "items_per_second": round(tally.items_per_second, 1),
        "services": {names[kind]: count for kind, count in tally.items.items()},
    }


@contextlib.contextmanager
def _interruptible() -> Iterator[asyncio.Event]:
    """An event that Ctrl+C and SIGTERM set, in place of what they did before."""
    interrupted, loop = asyncio.Event(), asyncio.get_running_loop()
    before = {
        number: signal.signal(number, lambda *_: loop.call_soon_threadsafe(interrupted.set))
        for number in (signal.SIGINT, signal.SIGTERM)
    }
    try:
        yield interrupted
    finally:
        for number, action in before.items():
            signal.signal(number, action)

"""The collector: records the stream without a screen, and says at the end what it got."""

import asyncio
import contextlib
import json
import logging
import time

from monitor.apps.options import CollectOptions
from monitor.apps.settings import data_dir
from monitor.apps.wiring import Services, running_services
from monitor.errors import MonitorError, SignInNeeded, StoreUnavailable
from monitor.interrupt import Interrupt
from monitor.live.events import Notice, SignInChanged, StreamChanged
from monitor.market.book import BookService
from monitor.ports import StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless

_log = logging.getLogger(__name__)
_SYMBOLS_A_QUESTION = 200


def run(options: CollectOptions, interrupt: Interrupt) -> int:
    """Record until the time is over or somebody interrupts, then print the summary as one line of JSON.

    Gives exit code 0. Raises MonitorError when the recording could not begin, or could not go on.
    """
    summary, cause = asyncio.run(_collect(options, interrupt))
    print(json.dumps(summary), flush=True)
    if cause is not None:
        raise cause
    return 0


async def _collect(options: CollectOptions, interrupt: Interrupt) -> tuple[dict[str, object], MonitorError | None]:
    """The summary, and what kept the recording from going on."""
    address = Address.of_sandbox(options.sandbox_url) if options.sandbox_url else Address()
    cause = None
    async with running_services(address, data_dir(address.sandbox, options.data_dir)) as services:
        services.bus.listen(Notice, lambda notice: _log.warning("%s %s", notice.sentence, notice.detail))
        services.bus.listen(StreamChanged, _log_stream)
        await interrupt.cuts_short(_sign_in(services, address))
        started = time.monotonic()
        try:
            await interrupt.cuts_short(_record(services, options))
        except MonitorError as error:
            cause = error
        seconds = time.monotonic() - started
    if lost := services.store.meter().queued:
        cause = StoreUnavailable(f"{lost} recorded rows could not be written and are lost.")
    return _summary(services, seconds), cause


async def _sign_in(services: Services, address: Address) -> None:
    """A sandbox is signed in to here, the real Schwab by the desktop program before. Raises SignInNeeded."""
    if address.sandbox:
        details = await sandbox_details(address.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
    elif not services.sign_in.signed_in:
        raise SignInNeeded("Sign in with the desktop program first; the collector then uses the same sign-in.")


async def _record(services: Services, options: CollectOptions) -> None:
    """Let the stream come for as long as was asked. Raises MonitorError when only a person could bring it back."""
    over, causes = asyncio.Event(), list[MonitorError]()

    def hear_stream(change: StreamChanged) -> None:
        if change.phase in {StreamPhase.OFF, StreamPhase.TAKEN}:
            causes.append(MonitorError(change.sentence))
            over.set()

    def hear_sign_in(change: SignInChanged) -> None:
        if not change.signed_in:
            causes.append(SignInNeeded(change.sentence))
            over.set()

    symbols = frozenset(options.symbols)
    services.subscriptions.want("collect", Wanted(symbols, frozenset(options.books), symbols))
    services.bus.listen(StreamChanged, hear_stream)
    services.bus.listen(SignInChanged, hear_sign_in)
    naming = asyncio.create_task(_name(services, sorted(symbols.union(options.books))))
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(options.seconds):
                await over.wait()
    finally:
        naming.cancel()
        await asyncio.wait({naming})
    if causes:
        raise causes[0]


async def _name(services: Services, symbols: list[str]) -> None:
    """Record what the symbols stand for, and tell of those that Schwab does not know: no stream will come for them."""
    try:
        for first in range(0, len(symbols), _SYMBOLS_A_QUESTION):
            asked = symbols[first : first + _SYMBOLS_A_QUESTION]
            found = await services.history.find_instruments(",".join(asked))
            services.store.recorder.record_instruments(found)
            if unknown := sorted(set(asked) - {instrument.symbol for instrument in found}):
                _log.warning("Schwab does not know %s.", ", ".join(unknown))
    except MonitorError as error:
        _log.info("the symbols were not looked up: %s %s", error.sentence, error.detail)


def _log_stream(change: StreamChanged) -> None:
    """A person hears on stderr when the stream is lost, and in the log all that becomes of it."""
    _log.log(logging.WARNING if change.phase is StreamPhase.WAITING else logging.INFO, "%s", change.sentence)


def _summary(services: Services, seconds: float) -> dict[str, object]:
    """The figures of the run; what could be written is on disk by now."""
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

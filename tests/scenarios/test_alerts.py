"""Alerts over the sandbox's quotes: they fire without a chart, are kept, and tell at the next start what was missed."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from monitor.apps.wiring import Services, running_services
from monitor.live.events import AlertFired, Notice
from monitor.market.alert import Alert, Firing
from monitor.market.bar import Bar, BarSource, Interval
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from tests.support.ports import until
from tests.support.sandbox import RunningSandbox, sandbox

__all__ = ["sandbox"]  # the fixture
SECONDS = 60.0
MINUTE = 60_000


@asynccontextmanager
async def signed_in(sandbox: RunningSandbox, folder: Path) -> AsyncIterator[Services]:
    address = Address.of_sandbox(sandbox.base_url)
    async with running_services(address, folder, keeps_history=True) as services:
        if not services.sign_in.signed_in:
            details = await sandbox_details(sandbox.base_url)
            services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
            await sign_in_headless(services.sign_in, address, details.username, details.password)
        yield services


async def test_one_fires_as_the_price_goes_through_it_and_is_kept(sandbox: RunningSandbox, tmp_path: Path) -> None:
    fired: list[Firing] = []
    async with signed_in(sandbox, tmp_path) as services:
        services.bus.listen(AlertFired, lambda event: fired.append(event.firing))
        services.alerting.put(Alert("far", "AAPL", 1.0, again=True))  # the price goes nowhere near
        await until(lambda: (quote := services.board.quote("AAPL")) and quote.last, SECONDS)
        here = services.board.quote("AAPL")
        assert here is not None
        assert here.last is not None
        last = here.last
        for number, away in enumerate((-0.02, -0.01, 0.01, 0.02)):  # whichever way it goes next
            services.alerting.put(Alert(str(number), "AAPL", round(last + away, 2)))
        await until(lambda: fired, SECONDS)
    async with running_services(Address.of_sandbox(sandbox.base_url), tmp_path) as services:
        kept = {alert.id: alert for alert in await services.store.alerts.all()}
        assert not any(kept[firing.alert].active for firing in fired)
        assert kept["far"].active
        assert kept["far"].seen_price is not None
        assert {firing.alert for firing in await services.store.alerts.firings("AAPL")} == {f.alert for f in fired}


async def test_what_was_crossed_while_closed_is_told_at_the_next_start(sandbox: RunningSandbox, tmp_path: Path) -> None:
    async with signed_in(sandbox, tmp_path) as services:
        now = services.meters.now_ms() // MINUTE * MINUTE
        left = now - 10 * MINUTE
        line, there = 1_000_000.0, 1_000_001.0
        alert = Alert("a", "ZZZZ", line, created_ms=left, seen_ms=left, seen_price=line - 1)
        bars = [
            Bar("ZZZZ", Interval.M1, left + n * MINUTE, p, p, p, p, 1, BarSource.IMPORT)
            for n, p in enumerate([line - 1] * 4 + [there] + [line - 1] * 5)
        ]
        services.store.recorder.record_bars(bars)
        await services.store.alerts.keep([alert])
        await services.store.recorder.flushed()
    told: list[str] = []
    async with running_services(Address.of_sandbox(sandbox.base_url), tmp_path, keeps_history=True) as services:
        services.bus.listen(Notice, lambda notice: told.append(notice.sentence))
        await until(lambda: any(each.startswith("ZZZZ rose to 1,000,000.00 ") for each in told), SECONDS)
        assert told[-1].endswith(" while the program was closed.")
    async with running_services(Address.of_sandbox(sandbox.base_url), tmp_path) as services:
        assert [kept.active for kept in await services.store.alerts.all()] == [False]
        [firing] = await services.store.alerts.firings("ZZZZ")
        assert (firing.at_ms, firing.missed) == (left + 4 * MINUTE, True)

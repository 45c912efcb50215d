"""Alerts over the sandbox's quotes: they fire without a chart, are kept, and tell at the next start what was missed.

So they do where only the collector runs, which makes the daily recipes too.
"""

import asyncio
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from monitor.apps.settings import Settings
from monitor.apps.wiring import Services, running_services
from monitor.clock import now_ms
from monitor.live.events import AlertFired, Level, Notice
from monitor.market.alert import Alert, Firing
from monitor.market.bar import Bar, BarSource, Interval
from monitor.market.calendar import from_ms
from monitor.market.quote import Number
from monitor.ports import Recipe, Recipes
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from tests.support.ports import until
from tests.support.sandbox import RunningSandbox, sandbox
from tests.support.small_disk import needs_mount, small_disk

__all__ = ["sandbox"]  # the fixture
SECONDS = 60.0
MINUTE = 60_000


@asynccontextmanager
async def signed_in(sandbox: RunningSandbox, folder: Path) -> AsyncIterator[Services]:
    address = Address.of_sandbox(sandbox.base_url)
    async with running_services(address, folder, keeps_history=True, shows=True) as services:
        if not services.sign_in.signed_in:
            details = await sandbox_details(sandbox.base_url)
            services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
            await sign_in_headless(services.sign_in, address, details.username, details.password)
        yield services


async def last_price(services: Services) -> Number:
    """That of AAPL, which somebody must want."""
    await until(lambda: (quote := services.board.quote("AAPL")) and quote.last, SECONDS)
    quote = services.board.quote("AAPL")
    assert quote is not None
    assert quote.last is not None
    return quote.last


def around(last: Number) -> list[Alert]:
    """Alerts of which one will fire, whichever way the price goes next."""
    now = now_ms()
    return [
        Alert(str(number), "AAPL", round(last + away, 2), created_ms=now, seen_ms=now, seen_price=last)
        for number, away in enumerate((-0.02, -0.01, 0.01, 0.02))
    ]


async def test_one_fires_as_the_price_goes_through_it_and_is_kept(sandbox: RunningSandbox, tmp_path: Path) -> None:
    fired: list[Firing] = []
    async with signed_in(sandbox, tmp_path) as services:
        services.bus.listen(AlertFired, lambda event: fired.append(event.firing))
        services.alerting.put(Alert("far", "AAPL", 1.0, again=True))  # the price goes nowhere near
        for alert in around(await last_price(services)):
            services.alerting.put(alert)
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
    async with running_services(
        Address.of_sandbox(sandbox.base_url), tmp_path, keeps_history=True, shows=True
    ) as services:
        services.bus.listen(Notice, lambda notice: told.append(notice.sentence))
        await until(lambda: any(each.startswith("ZZZZ rose to 1,000,000.00 ") for each in told), SECONDS)
        assert told[-1].endswith(" while the program was closed.")
    async with running_services(Address.of_sandbox(sandbox.base_url), tmp_path) as services:
        assert [kept.active for kept in await services.store.alerts.all()] == [False]
        [firing] = await services.store.alerts.firings("ZZZZ")
        assert (firing.at_ms, firing.missed) == (left + 4 * MINUTE, True)


@needs_mount
async def test_one_put_while_the_disk_is_full_fires_and_is_on_disk_once_there_is_room(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    fired: list[Firing] = []
    told: list[str] = []
    with small_disk(tmp_path / "disk", 24 * 1024 * 1024) as disk:
        async with signed_in(sandbox, disk.folder / "data") as services:
            services.bus.listen(AlertFired, lambda event: fired.append(event.firing))
            services.bus.listen(Notice, lambda notice: told.append(notice.sentence))
            services.alerting.put(Alert("far", "AAPL", 1.0, again=True))
            last = await last_price(services)
            disk.fill()
            await until(lambda: services.store.meter().trouble, SECONDS)
            alerts = around(last)
            for alert in alerts:
                services.alerting.put(alert)
            await until(lambda: any(each.startswith("The alerts could not be kept. ") for each in told), SECONDS)
            await until(lambda: fired, SECONDS)
            assert all(services.alerting.waits_for_disk(alert) for alert in alerts)
            disk.make_room()
            await until(lambda: "What became of alerts meanwhile is on disk now." in told, SECONDS)
            assert not any(services.alerting.waits_for_disk(alert) for alert in alerts)
            assert sum("alerts could not be kept" in each for each in told) == 1
            ledger = await services.store.alerts.firings("AAPL")
            assert set(fired) <= {*ledger, *await services.alerting.told("AAPL")}
        async with running_services(Address.of_sandbox(sandbox.base_url), disk.folder / "data") as services:
            kept = {alert.id: alert for alert in await services.store.alerts.all()}
            assert set(kept) == {"far", "0", "1", "2", "3"}
            assert {each for each, alert in kept.items() if not alert.active} == {firing.alert for firing in fired}
            assert {firing.alert for firing in await services.store.alerts.firings("AAPL")} == {f.alert for f in fired}


async def collected_until(words: tuple[str, ...], sandbox: RunningSandbox, folder: Path) -> str:
    """Run the collector, for which no alert was asked, until it has said all of ``words``: what it said."""
    command = [sys.executable, "-m", "monitor", "collect", "--symbols", "MSFT", "--sandbox-url", sandbox.base_url]
    log = folder.with_suffix(".err")
    with log.open("w") as errors:
        process = await asyncio.create_subprocess_exec(
            *command, "--data-dir", str(folder), stdout=asyncio.subprocess.DEVNULL, stderr=errors
        )
        try:
            await until(lambda: all(each in log.read_text() for each in words), 2 * SECONDS)
            process.send_signal(signal.SIGINT)
            assert await asyncio.wait_for(process.wait(), SECONDS) == 0
        finally:
            if process.returncode is None:
                process.kill()
    return log.read_text()


async def test_the_collector_has_alerts_fire_and_makes_daily_recipes_and_the_next_window_tells(
    sandbox: RunningSandbox, tmp_path: Path
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    async with signed_in(sandbox, folder) as services:
        services.alerting.put(Alert("far", "AAPL", 1.0, again=True))
        alerts = around(await last_price(services))
        await services.store.alerts.keep(alerts)  # behind the window's back: only the collector has them fire
        await services.store.recorder.flushed()
    due = now_ms() - MINUTE
    recipe = Recipe("mine", "quotes", ("AAPL",), str(tmp_path), days=1, daily_at=f"{from_ms(due):%H:%M}")
    lost = Recipe("lost", "quotes", ("AAPL",), str(tmp_path / "gone"), days=1, daily_at=recipe.daily_at)
    for each in (recipe, lost):
        Recipes(Settings(folder)).save(each, due - 2 * MINUTE)

    wrote, failed = "The recipe “mine” wrote ", "The recipe “lost” of "
    said = await collected_until((wrote, failed, " (last "), sandbox, folder)
    [made] = tmp_path.glob("mine-*-SANDBOX.csv")
    written = made.stat().st_mtime_ns
    with closing(sqlite3.connect(f"file:{folder / 'monitor.db'}?mode=ro", uri=True)) as database:
        firings = dict(database.execute("SELECT alert_id, at_ms FROM alert_firing WHERE NOT shown").fetchall())
        done = {each for (each,) in database.execute("SELECT id FROM alert WHERE NOT active")}
        [audited] = database.execute("SELECT sentence FROM audit WHERE sentence LIKE '%was not made%'").fetchall()
    assert set(firings) == done
    assert firings
    assert sum("(last " in line for line in said.splitlines()) == len(firings)
    assert f"there is no folder {lost.folder}" in audited[0]

    told: list[Notice] = []
    # Who has nobody in front of it tells nothing; then it is told by the first window, and not again.
    for shows, tells in ((False, 0), (True, len(firings) + 1), (True, len(firings) + 1)):
        async with running_services(
            Address.of_sandbox(sandbox.base_url), folder, keeps_history=True, shows=shows
        ) as services:
            services.bus.listen(Notice, told.append)
            services.spine.keep("daily recipes", services.recipes_of(Settings(folder), sandbox=True).run)
            await until(lambda services=services: services.alerting.of("AAPL"), SECONDS)
            await until(lambda tells=tells: len(told) >= tells, SECONDS)
    shown = sorted(notice.sentence for notice in told if "while no window was open" in notice.sentence)
    assert len(shown) == len(firings)
    assert {f"at {from_ms(at_ms):%H:%M} while" in " ".join(shown) for at_ms in firings.values()} == {True}
    assert [notice.sentence for notice in told if notice.level is Level.ERROR] == list(audited)
    assert made.stat().st_mtime_ns == written

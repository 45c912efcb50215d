"""The health of a stream that runs: figures of every service, a restart of one, a lost connection, and the report."""

import asyncio
import gzip
from collections.abc import Callable
from pathlib import Path

from monitor.apps.wiring import running_services
from monitor.ports import ServiceHealth, StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from tests.support.sandbox import RunningSandbox, sandbox

__all__ = ["sandbox"]  # the fixture
AAPL = frozenset({"AAPL"})


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110  many things are waited for, not one event
            await asyncio.sleep(0.01)


async def test_figures_restarts_a_lost_connection_and_the_report(sandbox: RunningSandbox, tmp_path: Path) -> None:
    address = Address.of_sandbox(sandbox.base_url)
    async with running_services(address, tmp_path) as services:
        health = services.health

        def of(name: str) -> ServiceHealth | None:
            return next((service for service in health.services() if service.service == name), None)

        def streams(name: str) -> bool:
            service = of(name)
            return service is not None and service.ok and service.age_ms is not None

        details = await sandbox_details(sandbox.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        services.subscriptions.want("test", Wanted(quotes=AAPL | {"MSFT"}, books=AAPL, bars=AAPL))
        await until(lambda: streams("LEVELONE_EQUITIES") and streams("NASDAQ_BOOK"))
        quotes = of("LEVELONE_EQUITIES")
        assert (quotes.symbols, quotes.sentence, quotes.rejected) == (2, "Streaming.", 0)
        assert abs(quotes.lag_ms) < 5_000
        assert health.connection().host.startswith("127.0.0.1:")

        before = of("LEVELONE_EQUITIES").items
        health.restart("LEVELONE_EQUITIES")
        await until(lambda: streams("LEVELONE_EQUITIES") and of("LEVELONE_EQUITIES").items > before + 2)
        assert health.connection().reconnects == 0

        await asyncio.to_thread(sandbox.lever, "drop")
        await until(lambda: health.connection().reconnects == 1 and streams("LEVELONE_EQUITIES"))
        assert of("LEVELONE_EQUITIES").gaps >= 1
        health.restart()
        await until(lambda: health.connection().reconnects == 2 and health.connection().phase is StreamPhase.LIVE)

        report = health.report()
        secrets = (details.client_id, details.client_secret, details.password)
        assert "health of the sandbox" in report
        assert "LEVELONE_EQUITIES" in report
        assert not [secret for secret in (*secrets, services.sign_in.reveal_access_token()) if secret in report]


async def test_frames_are_recorded_until_they_are_stopped(sandbox: RunningSandbox, tmp_path: Path) -> None:
    address = Address.of_sandbox(sandbox.base_url)
    file = tmp_path / "frames.jsonl.gz"
    async with running_services(address, tmp_path) as services:
        details = await sandbox_details(sandbox.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        services.frames.start(file)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        services.subscriptions.want("test", Wanted(quotes=AAPL, activity=True))
        await until(lambda: services.streaming.tally.items["LEVELONE_EQUITIES"] > 3)
        services.frames.stop()
        assert services.frames.frames > 3
    written = gzip.decompress(file.read_bytes()).decode()
    assert "LEVELONE_EQUITIES" in written
    assert "ACCT_ACTIVITY" not in written
    assert services.frames.path is None

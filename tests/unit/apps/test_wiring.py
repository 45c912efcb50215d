"""The services of a program as they are joined: what one asks of another, and the order in which they end."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest

from monitor.apps.wiring import running_services
from monitor.live.events import GapChanged
from monitor.market.gap import Cause, Gap
from monitor.ports import Wanted
from monitor.schwab import passphrase
from monitor.schwab.address import Address
from monitor.schwab.secret import Secret
from monitor.schwab.tokens import Kept, Vault

PASSPHRASE = "correct horse"
OLD = Kept(
    "app-key-1234567890",
    Secret("app-secret-123456"),
    "https://127.0.0.1:8182/",
    access_token=Secret("old-access-token"),
    refresh_token=Secret("old-refresh-token"),
    signed_in_ms=1,
)


class SlowSchwab:
    """Grants a new token to whoever asks, once the test lets it; knows nothing else."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.answers = asyncio.Event()

    async def visit(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        body, status = b"{}", "404 Not Found"
        if head.startswith(b"POST /v1/oauth/token "):
            self.asked.set()
            await self.answers.wait()
            tokens = {"access_token": "new-access-token", "refresh_token": "new-refresh-token", "expires_in": 1800}
            body, status = msgspec.json.encode(tokens), "200 OK"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n".encode() + body)
        await writer.drain()
        writer.close()


@pytest.fixture
async def schwab() -> AsyncIterator[tuple[SlowSchwab, Address]]:
    slow = SlowSchwab()
    async with await asyncio.start_server(slow.visit, "127.0.0.1", 0) as server:
        yield slow, Address(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}")


@pytest.mark.parametrize("hurried", [False, True])
async def test_a_program_that_ends_takes_the_new_token_along(
    schwab: tuple[SlowSchwab, Address], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hurried: bool
) -> None:
    """The old one may be dead from the moment in which Schwab has read the renewal. Ctrl+C changes nothing then."""
    monkeypatch.setattr(passphrase, "_taken", Secret(PASSPHRASE))
    vault = Vault(tmp_path, scrypt_log_n=4)
    vault.open(PASSPHRASE)
    vault.save(OLD)
    slow, address = schwab

    async def run_until_renewing() -> None:
        async with running_services(address, tmp_path):
            await slow.asked.wait()

    running = asyncio.create_task(run_until_renewing())
    await slow.asked.wait()
    await asyncio.wait({running}, timeout=0.3)
    if hurried:
        running.cancel()
        await asyncio.wait({running}, timeout=0.1)
    slow.answers.set()
    await asyncio.wait({running})
    assert running.cancelled() == hurried
    assert Vault(tmp_path).open(PASSPHRASE).refresh_token.reveal() == "new-refresh-token"


async def test_history_is_asked_for_the_minutes_of_a_hole_once_it_is_over(
    schwab: tuple[SlowSchwab, Address], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running_services(schwab[1], tmp_path) as services:
        asked: list[tuple[str, int]] = []
        monkeypatch.setattr(services.repair, "refill", lambda *what: asked.append(what))
        services.subscriptions.want("test", Wanted(quotes=frozenset({"C"}), bars=frozenset({"A", "B"})))
        for service, to_ms, symbol in (
            ("CHART_EQUITY", None, ""),
            ("LEVELONE_EQUITIES", 700_000, ""),
            ("CHART_EQUITY", 700_000, ""),
            ("CHART_EQUITY", 700_000, "B"),
        ):
            services.bus.publish(GapChanged(Gap(service, 600_000, Cause.SILENCE, to_ms, symbol)))
        assert asked == [("A", 480_000), ("B", 480_000), ("B", 480_000)]

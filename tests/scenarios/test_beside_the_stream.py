"""What the window asks for beside the stream: movers, details and quotes of a list; the sandbox is its own process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest_asyncio
from pytestqt.qtbot import QtBot

from monitor.apps.wiring import Services, running_services
from monitor.ports import MOVER_LISTS, StreamPhase, Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.ui.details.panel import DetailsPanel
from monitor.ui.link import LinkGroup
from monitor.ui.movers.panel import MoversPanel
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import until, view_ports
from tests.support.sandbox import RunningSandbox, sandbox

__all__ = ["sandbox"]  # the fixture
SECONDS = 40.0


@dataclass
class Program:
    """The services of a window, signed in, and the ports of its panels."""

    services: Services
    ports: ViewPorts

    def asked(self, endpoint: str) -> int:
        """How many requests went to an endpoint."""
        return sum(record.endpoint == endpoint for record in self.services.requests.newest())


@pytest_asyncio.fixture
async def program(sandbox: RunningSandbox, tmp_path: Path) -> AsyncIterator[Program]:
    address = Address.of_sandbox(sandbox.base_url)
    async with running_services(address, tmp_path, keeps_history=True) as services:
        details = await sandbox_details(sandbox.base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        data = services.history
        ports = view_ports(
            bus=services.bus,
            board=services.board,
            watching=services.subscriptions,
            meters=services.meters,
            sign_in=services.sign_in,
            movers=data,
            quotes=data,
            instruments=data,
        )
        yield Program(services, ports)
        await ports.tasks.close()


async def test_movers_come_on_request_at_once_and_then_by_the_stream(program: Program, qtbot: QtBot) -> None:
    panel = MoversPanel(program.ports, LinkGroup(1, "#c0392b"), Theme())
    qtbot.addWidget(panel)
    panel.show()
    await until(lambda: panel.model.symbols, SECONDS)
    assert len(panel.model.symbols) == 10
    await until(lambda: panel._note.text().startswith("streamed at"), SECONDS)
    assert program.asked("movers") == 1
    for name in MOVER_LISTS[1:]:
        panel.lists.setCurrentIndex(panel.lists.findData(name))
        await until(lambda: panel.model.symbols or "names no" in panel.message.text, SECONDS)
    panel.hide()
    assert not program.services.subscriptions.union.screeners
    panel.close_panel()


async def test_details_of_every_kind_of_symbol(program: Program, qtbot: QtBot) -> None:
    link = LinkGroup(1, "#c0392b")
    panel = DetailsPanel(program.ports, link, Theme())
    qtbot.addWidget(panel)
    panel.show()

    async def of(symbol: str, complete: Callable[[dict[str, str]], object]) -> dict[str, str]:
        link.choose(symbol)
        await until(lambda: not panel._asking and complete(panel.sheet.said()), SECONDS)
        return panel.sheet.said()

    apple = await of("AAPL", lambda said: said.get("P/E", "–") != "–" and said["Last"] != "–")
    for name in ("Market cap", "52 weeks", "Day range", "Beta", "Gross margin", "Yield", "Average of 10 days"):
        assert apple[name] != "–", name
    assert apple["Exchange"] == "NASDAQ"
    await of("$SPX", lambda said: "P/E" not in said and said["Last"] != "–")
    contract = (await program.services.history.chain("AAPL")).chain.contracts[0].symbol
    assert (await of(contract, lambda said: said.get("Strike", "–") != "–"))["Underlying"] == "AAPL"
    assert "Tick" in await of("/ES", lambda said: said.get("Tick", "–") != "–")
    before = program.asked("instruments"), program.asked("quotes")
    await of("AAPL", lambda said: said.get("P/E", "–") != "–")
    assert (program.asked("instruments"), program.asked("quotes")) == before
    link.choose("ZQZQZ")
    await until(lambda: panel.message.text == "Schwab knows no symbol “ZQZQZ”.", SECONDS)
    panel.close_panel()


async def test_a_list_is_filled_on_request_until_the_stream_comes(program: Program, sandbox: RunningSandbox) -> None:
    board, services = program.services.board, program.services
    await asyncio.to_thread(sandbox.faults, [{"path": "/trader/v1/userPreference", "status": 503, "times": 50}])
    symbols = ["AAPL", "MSFT", "SPY", "ZQZQZ"]
    services.subscriptions.want("test", Wanted(quotes=frozenset(symbols)))
    await until(lambda: all(board.requested(symbol) for symbol in symbols), SECONDS)
    assert not any(board.quote(symbol) for symbol in symbols)
    unknown = board.requested("ZQZQZ")
    assert unknown is not None
    assert unknown.quote is None
    await asyncio.to_thread(sandbox.clear_faults)
    services.health.restart()
    await until(lambda: services.streaming.phase is StreamPhase.LIVE and board.quote("AAPL"), SECONDS)
    assert board.requested("AAPL") is None
    assert board.requested("ZQZQZ") == unknown

"""Level one from socket to board and recorder on a Qt loop, beside schwab-py's own path with a handler doing nothing.

Run: ``python -m benchmarks.stream``. A sandbox in a process of its own replays the same file to each as fast as it
reads: to a bare websocket that only counts (the most that sandbox and socket allow), to the program's own services with
board, frames, recorder and writer, and to schwab-py. Figures are items a second, from the first frame to the last, and
items a second of the loop thread's processor time, which tell more where other programs run beside: the best of five
runs each, taken in turn.
"""

import asyncio
import json
import logging
import os
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication
from qasync import QEventLoop
from websockets.asyncio.client import connect

from benchmarks.level_one import ITEMS_A_FRAME, symbols, write_replay
from benchmarks.report import report
from monitor.apps.garbage import collected_here
from monitor.apps.wiring import Services, running_services
from monitor.collect.streaming import Tally
from monitor.ports import Wanted
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.schwab.library import MarketClient, StreamClient
from monitor.schwab.rest import market_client
from monitor.schwab.timing import Timing
from monitor.schwab.transport import SchwabTransport
from tests.support.sandbox import running_sandbox

T = TypeVar("T")
FRAMES, RUNS = 6_000, 5
ITEMS = FRAMES * ITEMS_A_FRAME


@asynccontextmanager
async def signed_in(base_url: str, timing: Timing | None = None) -> AsyncIterator[tuple[Path, Services]]:
    """The program's services over a new folder, signed in to the sandbox."""
    address = Address.of_sandbox(base_url)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running_services(address, folder, timing=timing or Timing()) as services:
            details = await sandbox_details(base_url)
            services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
            await sign_in_headless(services.sign_in, address, details.username, details.password)
            yield folder, services


@asynccontextmanager
async def _client(base_url: str) -> AsyncIterator[MarketClient]:
    """schwab-py's client, which finds the streamer and the token for its StreamClient."""
    async with signed_in(base_url) as (_, services):
        transport = SchwabTransport(Address.of_sandbox(base_url))
        client = market_client(services.sign_in, transport)
        try:
            yield client
        finally:
            await client.close_async_session()


class Run(NamedTuple):
    """Items a second, and items a second of the loop thread's processor time."""

    rate: float
    by_cpu: float


async def ours(base_url: str) -> tuple[Run, float]:
    """The run until the last item is on the board and recorded, and items a second until it is on disk."""
    async with signed_in(base_url) as (_, services):
        services.subscriptions.want("benchmark", Wanted(quotes=frozenset(symbols())))
        tally = services.streaming.tally
        heard = await _at_least(tally, 1, 0.005)
        cpu = time.thread_time()
        await _at_least(tally, ITEMS, 0.1)
        cpu = time.thread_time() - cpu
        await services.store.recorder.flushed()
        on_disk = time.monotonic() - tally.first_data
    return Run(ITEMS / (tally.last_data - tally.first_data), (ITEMS - heard) / cpu), ITEMS / on_disk


async def _at_least(tally: Tally, items: int, seconds: float) -> int:
    """Look every so many ``seconds`` until so many have come: nothing may be hooked into what is measured."""
    while (heard := tally.items["LEVELONE_EQUITIES"]) < items:  # noqa: ASYNC110  so it is meant
        await asyncio.sleep(seconds)
    return heard


async def schwab_py(base_url: str) -> Run:
    """The run through ``handle_message`` with a handler that does nothing."""
    async with _client(base_url) as client:
        stream = StreamClient(client)
        await stream.login()
        stream.add_level_one_equity_handler(lambda _: None)
        await stream.level_one_equity_subs(symbols())
        await _until_data(stream)
        began, cpu = time.monotonic(), time.thread_time()
        for _ in range(FRAMES - 1):
            await stream.handle_message()
        seconds, cpu = time.monotonic() - began, time.thread_time() - cpu
        await stream._socket.close()
    items = (FRAMES - 1) * ITEMS_A_FRAME
    return Run(items / seconds, items / cpu)


async def _until_data(stream: StreamClient) -> None:
    """Handle the heartbeats before the first data."""
    seen: list[object] = []
    stream.add_level_one_equity_handler(seen.append)
    while not seen:
        await stream.handle_message()
    stream._handlers["LEVELONE_EQUITIES"].pop()


async def bare(base_url: str) -> float:
    """Items a second through a websocket from which frames are only read."""
    async with _client(base_url) as client:
        told = (await client.get_user_preferences()).json()["streamerInfo"][0]
        async with connect(told["streamerSocketUrl"], compression=None, max_size=None) as socket:
            token = client.token_metadata.token["access_token"]
            await socket.send(_request("ADMIN", "LOGIN", Authorization=token))
            fields = ",".join(map(str, range(52)))
            await socket.send(_request("LEVELONE_EQUITIES", "SUBS", keys=",".join(symbols()), fields=fields))
            while b'"data"' not in await socket.recv(decode=False):
                pass
            began = time.monotonic()
            for _ in range(FRAMES - 1):
                await socket.recv(decode=False)
            return (FRAMES - 1) * ITEMS_A_FRAME / (time.monotonic() - began)


def _request(service: str, command: str, **parameters: str) -> str:
    request = {"service": service, "command": command, "requestid": 1, "parameters": parameters}
    return json.dumps({"requests": [request]})


def on_qt(application: QApplication, measure: Callable[[str], Awaitable[T]], base_url: str) -> T:
    """Measure on the loop that the desktop program runs on, with its garbage collected as there."""
    with QEventLoop(application) as loop:
        return loop.run_until_complete(collected_here()(measure)(base_url))


def main() -> None:
    logging.disable(logging.WARNING)
    os.environ["MARKET_MONITOR_LOG_LEVEL"] = "WARNING"
    application = QApplication([])
    runs: list[tuple[float, Run, float, Run]] = []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "level-one.jsonl.gz"
        write_replay(file, FRAMES)
        with running_sandbox("--replay", file, "--speed", "0") as sandbox:
            for _ in range(RUNS):
                read = asyncio.run(bare(sandbox.base_url))
                mine, on_disk = on_qt(application, ours, sandbox.base_url)
                theirs = asyncio.run(schwab_py(sandbox.base_url))
                runs.append((read, mine, on_disk, theirs))
                print(
                    f"  bare {read:,.0f}  ours {mine.rate:,.0f} (on disk {on_disk:,.0f})  schwab-py {theirs.rate:,.0f}"
                )
    figures: dict[str, float] = {
        "bare_socket": round(max(run[0] for run in runs)),
        "ours": round(max(run[1].rate for run in runs)),
        "ours_on_disk": round(max(run[2] for run in runs)),
        "ours_by_cpu": round(max(run[1].by_cpu for run in runs)),
        "schwab_py": round(max(run[3].rate for run in runs)),
        "schwab_py_by_cpu": round(max(run[3].by_cpu for run in runs)),
    }
    figures["ratio"] = round(figures["ours"] / figures["schwab_py"], 2)
    figures["ratio_by_cpu"] = round(figures["ours_by_cpu"] / figures["schwab_py_by_cpu"], 2)
    report("stream", figures)


if __name__ == "__main__":
    main()

"""Repairs the history of some symbols from a sandbox until nothing is missing, and notes each request as it goes.

``python -m tests.support.repairing BASE_URL FOLDER NOTES UNTIL_MS SYMBOL…`` may be killed at any moment: started again,
it goes on. Each line of NOTES is JSON, ``[what, symbol, interval, start, end, holes]``; what is ask, noted or failed,
and ``holes`` is what was asked for, or of a noted one what of it is still missing because it came spoiled.
"""

import asyncio
import json
import os
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from monitor.analysis.ranges import Range
from monitor.analysis.repair import Request
from monitor.apps import wiring
from monitor.apps.wiring import Services, running_services
from monitor.clock import since_boot
from monitor.collect import upkeep
from monitor.collect.repair_jobs import Delays
from monitor.errors import MonitorError
from monitor.market.bar import Interval
from monitor.ports import Priority
from monitor.schwab import retry
from monitor.schwab.address import Address
from monitor.schwab.headless import sandbox_details, sign_in_headless
from monitor.schwab.limit import RequestBudget
from monitor.schwab.transport import SchwabTransport

_INTERVALS = (Interval.M1, Interval.DAY)
#: How fast the clock of requests runs here: as fast as the sandbox's own, which counts them.
PACE = 20
#: How long an attempt waits for its answer, by the real clock.
ATTEMPT_SECONDS = 4.0


class Notes:
    """Writes what happens to each request, past every buffer of this process."""

    def __init__(self, file: Path) -> None:
        self._file = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT)

    def write(self, what: str, request: Request, holes: Sequence[Range]) -> None:
        line = [what, request.symbol, request.interval.label, request.start, request.end, holes]
        os.write(self._file, json.dumps(line).encode() + b"\n")

    def watch(self, services: Services) -> None:
        """Note every request that the repair sends, and what came of it once that is on disk."""
        ask = services.repair._ask

        async def noted(request: Request) -> list[Range]:
            self.write("ask", request, request.holes)
            try:
                lost = await ask(request)
            except MonitorError:
                self.write("failed", request, request.holes)
                raise
            self.write("noted", request, lost)
            return lost

        services.repair._ask = noted  # type: ignore[method-assign]


async def repair(base_url: str, folder: Path, notes: Path, until_ms: int, symbols: list[str]) -> None:
    """Return when history has answered for everything up to ``until_ms``."""
    clocks = {"clock": lambda: since_boot() * PACE, "sleep": lambda seconds: asyncio.sleep(seconds / PACE)}
    wiring.RequestBudget = partial(RequestBudget, **clocks)  # type: ignore[assignment,misc]
    wiring.SchwabTransport = partial(SchwabTransport, **clocks)  # type: ignore[assignment,misc]
    upkeep.LOOK_SECONDS = 0.2
    retry.ATTEMPT = dict.fromkeys(Priority, ATTEMPT_SECONDS)  # type: ignore[misc]
    address = Address.of_sandbox(base_url)
    async with running_services(address, folder) as services:
        services.repair._delays = Delays(0.1, 1.0, 0.1, 1.0)
        Notes(notes).watch(services)
        details = await sandbox_details(base_url)
        services.sign_in.configure(details.client_id, details.client_secret, details.callback_url)
        await sign_in_headless(services.sign_in, address, details.username, details.password)
        for interval in _INTERVALS:
            services.repair.repair(symbols, interval, end_ms=until_ms)
        while await missing(services, until_ms, symbols):  # noqa: ASYNC110  no event tells that nothing is left
            await asyncio.sleep(0.1)


async def missing(services: Services, until_ms: int, symbols: list[str]) -> bool:
    plans = [await services.repair.plan(symbols, interval, end_ms=until_ms) for interval in _INTERVALS]
    return any(plans)


if __name__ == "__main__":
    _, url, data, log, until, *names = sys.argv
    asyncio.run(repair(url, Path(data), Path(log), int(until), names))

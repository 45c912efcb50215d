"""How soon the stream is back: from the loss of the connection to the quote of every symbol.

Run: ``python -m benchmarks.recovery``. A sandbox in a process of its own, the program's own services with every symbol
of its market, and the deadlines of every day but one: a second of data, not half a minute, makes the next loss count
as the first. The connection is reset, closed in good order, and left half open (the other side is there no more, but
nothing says so), again and again. A sandbox that was away (killed and started anew on the same port, so that a
connection cannot even be made for a while) counts from the moment in which it listens again.

``noticed`` runs until the program knows of the loss, ``back`` from then until all quotes have come anew. There is no
peer: schwab-py does not come back at all.
"""

import asyncio
import json
import logging
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.report import report
from benchmarks.stream import signed_in
from monitor.apps.wiring import Services
from monitor.live.events import BoardChanged, StreamChanged
from monitor.ports import StreamPhase, Wanted
from monitor.sandbox.market.universe import universe
from monitor.schwab.timing import Timing
from tests.support.sandbox import RunningSandbox

RESETS, CLOSES, HALF_OPEN, ABSENCES = 50, 20, 4, 4
AWAY_SECONDS = 6.0
_HEALTHY_SECONDS = 2.0
_LOOK = 0.005
_LOST = frozenset({StreamPhase.WAITING, StreamPhase.CONNECTING})


class Back:
    """What came since the last loss."""

    def __init__(self, services: Services, wanted: frozenset[str]) -> None:
        self._services = services
        self._wanted = wanted
        self._came: set[str] = set()
        self._connected = self.lost = False
        services.bus.listen(StreamChanged, self._take_phase)
        services.bus.listen(BoardChanged, self._take_changes)

    def _take_phase(self, change: StreamChanged) -> None:
        self.lost = self.lost or change.phase in _LOST
        if change.phase is StreamPhase.SUBSCRIBING:
            self._connected, self._came = True, set()

    def _take_changes(self, changed: BoardChanged) -> None:
        self._came |= changed.quotes

    def forget(self) -> None:
        self._services.board.changes()
        self._came, self._connected, self.lost = set(), False, False

    def is_whole(self) -> bool:
        """A new connection has sent every quote."""
        return self._connected and self._came >= self._wanted


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(120):
        while not condition():  # noqa: ASYNC110  phases and quotes are waited for alike
            await asyncio.sleep(_LOOK)


async def suffer(back: Back, sandbox: RunningSandbox, fault: dict[str, Any]) -> tuple[float, float]:
    """Seconds until the loss was noticed, and from then on until everything had come again."""
    await asyncio.sleep(_HEALTHY_SECONDS)
    back.forget()
    await asyncio.to_thread(partial(sandbox.befall, **fault))
    began = time.monotonic()
    await until(lambda: back.lost)
    noticed = time.monotonic()
    await until(back.is_whole)
    return noticed - began, time.monotonic() - noticed


def start(port: int) -> tuple[subprocess.Popen[str], RunningSandbox]:
    command = [sys.executable, "-m", "monitor", "sandbox", "--port", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert process.stdout is not None
    return process, RunningSandbox(**json.loads(process.stdout.readline()))


def a_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def measure() -> dict[str, float]:
    port = a_free_port()
    process, sandbox = await asyncio.to_thread(start, port)
    symbols = frozenset(universe())
    figures: dict[str, float] = {"symbols": len(symbols)}
    try:
        async with signed_in(sandbox.base_url, Timing(healthy=0.5)) as (_, services):
            back = Back(services, symbols)
            services.subscriptions.want("benchmark", Wanted(symbols))
            await until(back.is_whole)
            for name, fault, times in (
                ("reset", {"stream": "drop"}, RESETS),
                ("closed", {"stream": "close", "code": 1001}, CLOSES),
                ("half_open", {"stream": "half-open"}, HALF_OPEN),
            ):
                seconds = [await suffer(back, sandbox, fault) for _ in range(times)]
                figures |= _told(name, seconds)
            absences = []
            for _ in range(ABSENCES):
                await asyncio.sleep(_HEALTHY_SECONDS)
                back.forget()
                process.kill()
                process.wait()
                await asyncio.sleep(AWAY_SECONDS)
                process, sandbox = await asyncio.to_thread(start, port)
                listens = time.monotonic()
                await until(back.is_whole)
                absences.append((0.0, time.monotonic() - listens))
            figures |= {key: value for key, value in _told("away", absences).items() if "noticed" not in key}
    finally:
        process.terminate()
        process.wait()
    return figures


def _told(name: str, seconds: list[tuple[float, float]]) -> dict[str, float]:
    noticed, back = (np.array(column) for column in zip(*seconds, strict=True))
    return {
        f"{name}_times": len(seconds),
        f"{name}_noticed_s_max": round(float(noticed.max()), 3),
        f"{name}_back_s_p50": round(float(np.percentile(back, 50)), 3),
        f"{name}_back_s_p95": round(float(np.percentile(back, 95)), 3),
        f"{name}_back_s_max": round(float(back.max()), 3),
    }


def main() -> None:
    logging.disable(logging.ERROR)
    os.environ["MARKET_MONITOR_LOG_LEVEL"] = "ERROR"
    report("recovery", asyncio.run(measure()))


if __name__ == "__main__":
    main()

"""What the limit costs a request that may go at once, beside aiolimiter and a bare semaphore, in one run.

Run: ``python -m benchmarks.requests``. Figures are microseconds a request, the best of five runs. Ours keeps a log of
the last minute and the order of who waits; with the file also what another program and the next run must know. The
peers' bucket and counter are so large that they never wait either.
"""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.report import report
from monitor.ports import MOST_LIMIT, Priority
from monitor.schwab.limit import RequestBudget
from monitor.schwab.sent_file import SentFile

REQUESTS = 20_000
RUNS = 5


class _Hurrying:
    """A clock on which a request comes every second, so that the window is about half full all the time."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


async def ours(file: Path | None = None) -> float:
    clock = _Hurrying()
    budget = RequestBudget(MOST_LIMIT, clock, file=SentFile(file) if file else None)

    async def ask() -> None:
        clock.now += 1.0
        await budget.turn(Priority.PERSON)

    try:
        return await _cost(ask)
    finally:
        budget.window.close()


async def semaphore() -> float:
    """Counts, and knows nothing of time."""
    counter = asyncio.Semaphore(MOST_LIMIT)

    async def ask() -> None:
        async with counter:
            pass

    return await _cost(ask)


async def aiolimiter() -> float:
    from aiolimiter import AsyncLimiter

    limiter = AsyncLimiter(10 * REQUESTS, 60)
    return await _cost(limiter.acquire)


async def _cost(ask: Callable[[], Awaitable[None]]) -> float:
    """Microseconds of one request."""
    started = time.perf_counter()
    for _ in range(REQUESTS):
        await ask()
    return (time.perf_counter() - started) / REQUESTS * 1e6


def best(measure: Callable[[], Awaitable[float]]) -> float:
    async def once() -> float:
        return await measure()

    return min(asyncio.run(once()) for _ in range(RUNS))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with_file = best(lambda: ours(Path(folder) / "requests.sent"))
    memory, peer, bare = best(ours), best(aiolimiter), best(semaphore)
    report(
        "requests",
        {
            "ours_us": round(memory, 2),
            "ours_with_file_us": round(with_file, 2),
            "aiolimiter_us": round(peer, 2),
            "semaphore_us": round(bare, 2),
            "aiolimiter_over_ours": round(peer / memory, 2),
        },
    )


if __name__ == "__main__":
    main()

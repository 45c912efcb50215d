"""``market-monitor collect`` whose stream lives at the pace of a sandbox's market: an hour of deadlines in minutes.

``python -m tests.support.paced_collector PACE BEGAN_MS collect …``: the market's clock stood at this machine's at
``BEGAN_MS`` and has run ``PACE`` times as fast since. Tokens and the database keep to real time.
"""

import asyncio
import sys
from functools import partial
from typing import Any

from monitor.apps import cli, wiring
from monitor.clock import now_ms, since_boot
from monitor.collect.backfill import Backfill
from monitor.collect.streaming import Streaming
from monitor.schwab.stream import SchwabStream
from monitor.schwab.timing import Timing

#: In the market's seconds, of which a busy machine passes many in a moment of its own.
DEADLINES = Timing(answer=60.0, silence=60.0, ping=20.0, pong=40.0, stall=60.0, surely_slept=6000.0)


def run_paced(pace: float, began_ms: int, typed: list[str]) -> int:
    """The command line's exit code. What the stream, its hearing and the history know of time is the market's."""

    def market_ms() -> int:
        return began_ms + round((now_ms() - began_ms) * pace)

    def seconds() -> float:
        return since_boot() * pace

    looking = {"look": DEADLINES.look / pace, "open": 10.0}
    timing = Timing(**{name: getattr(DEADLINES, name) for name in Timing.__slots__} | looking)

    def stream(*arguments: Any, **options: Any) -> SchwabStream:
        clocks = {"clock": seconds, "awake": seconds, "now_ms": market_ms}
        return SchwabStream(
            *arguments, **options | clocks | {"timing": timing, "sleep": lambda s: asyncio.sleep(s / pace)}
        )

    wiring.SchwabStream = stream  # type: ignore[assignment,misc]
    wiring.Streaming = partial(Streaming, wall_ms=market_ms)  # type: ignore[assignment,misc]
    wiring.Backfill = partial(Backfill, now_ms=market_ms)  # type: ignore[assignment,misc]
    return cli.run(typed)


if __name__ == "__main__":
    sys.exit(run_paced(float(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))

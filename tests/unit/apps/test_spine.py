"""The spine: tasks that fail come back, tasks that end are done, and closing ends them all."""

import asyncio
import itertools

import pytest

from monitor.apps.spine import Spine
from monitor.live.bus import Bus
from monitor.live.events import Notice


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delays pass at once."""
    real = asyncio.sleep
    monkeypatch.setattr("monitor.apps.spine.asyncio.sleep", lambda _seconds: real(0))


async def test_a_task_that_fails_is_told_and_started_again() -> None:
    bus, told, starts = Bus(), [], itertools.count()
    bus.listen(Notice, lambda notice: told.append(notice.sentence))
    done = asyncio.Event()

    async def work() -> None:
        if next(starts) < 2:
            raise RuntimeError("broken")
        done.set()

    spine = Spine(bus)
    spine.keep("stream", work)
    async with asyncio.timeout(60):
        await done.wait()
    await spine.close()
    assert told == ["The stream stopped; it starts again in 1 s.", "The stream stopped; it starts again in 2 s."]


async def test_closing_cancels_what_runs_and_waits_for_it() -> None:
    ended, running = [], asyncio.Event()

    async def work() -> None:
        running.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("stream")

    spine = Spine(Bus())
    spine.keep("stream", work)
    await running.wait()
    await spine.close()
    assert ended == ["stream"]

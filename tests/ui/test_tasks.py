"""Coroutines of the screen: the newest wins, failures become notices, and closing ends them all."""

import asyncio

import pytest

from monitor.errors import Refused
from monitor.live.bus import Bus
from monitor.live.events import Level, Notice
from monitor.ports import Priority, asked
from monitor.ui.tasks import Tasks


def make() -> tuple[Tasks, list[Notice]]:
    bus, heard = Bus(), []
    bus.listen(Notice, heard.append)
    return Tasks(bus), heard


async def test_a_new_task_ends_its_namesake() -> None:
    tasks, _ = make()
    done: list[str] = []

    async def work(name: str) -> None:
        await asyncio.sleep(0)
        done.append(name)

    tasks.start("load", work("old"))
    await tasks.start("load", work("new"))
    assert done == ["new"]


async def test_a_person_waits_for_what_it_asks() -> None:
    tasks, _ = make()
    heard: list[Priority] = []

    async def work() -> None:
        heard.append(asked().priority)

    await tasks.start("load", work())
    assert heard == [Priority.PERSON]


async def test_a_failure_is_told_in_its_own_sentence() -> None:
    tasks, heard = make()

    async def work() -> None:
        raise Refused("Schwab said no.", "HTTP 400")

    await tasks.start("load", work())
    assert heard == [Notice(Level.ERROR, "Schwab said no.", "HTTP 400")]


async def test_an_unforeseen_failure_is_told_and_logged(caplog: pytest.LogCaptureFixture) -> None:
    tasks, heard = make()

    async def work() -> None:
        raise ZeroDivisionError

    await tasks.start("load", work())
    assert heard == [Notice(Level.ERROR, "Something went wrong in “load”; the log has the details.")]
    assert "ZeroDivisionError" in caplog.text


async def test_close_waits_until_all_have_ended() -> None:
    tasks, heard = make()
    ended: list[str] = []

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("ended")

    tasks.start("one", work())
    tasks.start("two", work())
    await asyncio.sleep(0)
    await tasks.close()
    assert (ended, heard) == (["ended", "ended"], [])


async def test_cancelled_work_says_nothing() -> None:
    tasks, heard = make()
    task = tasks.start("load", asyncio.sleep(60))
    tasks.cancel("load")
    await asyncio.wait([task])
    assert (task.cancelled(), heard) == (True, [])

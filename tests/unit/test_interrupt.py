"""The wish to end: from Ctrl+C, SIGTERM or another thread, before or while somebody waits for it."""

import asyncio
import signal

import pytest

from monitor.interrupt import Interrupt, interruptible


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_is_a_wish_however_often_it_comes(number: signal.Signals) -> None:
    with interruptible() as interrupt:
        assert not interrupt.wanted
        signal.raise_signal(number)
        signal.raise_signal(number)
        assert interrupt.wanted


def test_what_signals_did_before_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with interruptible():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before


async def test_a_wish_that_woke_nobody_is_seen_all_the_same() -> None:
    """As a signal's, which comes between the loop's last look and its sleep."""
    interrupt = Interrupt()
    waiting = asyncio.create_task(interrupt.wait())
    await asyncio.sleep(0)
    interrupt.wanted = True
    async with asyncio.timeout(60):
        await waiting


async def test_work_is_cancelled_by_the_wish_and_not_begun_after_it() -> None:
    interrupt, begun, ended = Interrupt(), asyncio.Event(), []

    async def work() -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("work")

    doing = asyncio.create_task(interrupt.cuts_short(work()))
    await begun.wait()
    await asyncio.to_thread(interrupt.want)
    async with asyncio.timeout(60):
        await doing
        begun.clear()
        await interrupt.cuts_short(work())
    assert ended == ["work"]
    assert not begun.is_set()


async def test_work_that_ends_by_itself_ends_as_ever() -> None:
    async def fail() -> None:
        raise ValueError("no")

    interrupt = Interrupt()
    await interrupt.cuts_short(asyncio.sleep(0))
    with pytest.raises(ValueError, match="no"):
        await interrupt.cuts_short(fail())
    interrupt.want()
    await interrupt.wait()

"""Garbage is collected, and by no other thread than the loop's."""

import asyncio
import gc
import threading
from collections.abc import AsyncIterator

import pytest

from monitor.apps.garbage import collected_here

_MANY = 200_000


class _Cycle:
    """Refers to itself, and notes which thread it goes on."""

    def __init__(self, gone: list[int]) -> None:
        self._self = self
        self._gone = gone

    def __del__(self) -> None:
        self._gone.append(threading.get_ident())


@pytest.fixture
async def collecting() -> AsyncIterator[None]:
    async with collected_here():
        yield
    assert gc.isenabled()


def _allocate() -> list[list[int]]:
    return [[number] for number in range(_MANY)]


@pytest.mark.usefixtures("collecting")
async def test_only_the_loops_thread_collects() -> None:
    gone: list[int] = []
    for _ in range(50):
        _Cycle(gone)
    thread = threading.Thread(target=_allocate)
    thread.start()
    thread.join()  # the loop stands still: whoever collects now is the other thread
    assert gone == []
    kept = _allocate()  # what is freed again does not count as gathered
    while len(gone) < 50:  # noqa: ASYNC110  nothing tells when a collection is over
        await asyncio.sleep(0.01)
    assert len(kept) == _MANY
    assert set(gone) == {threading.get_ident()}


async def test_without_it_any_thread_would() -> None:
    gone: list[int] = []
    for _ in range(50):
        _Cycle(gone)
    thread = threading.Thread(target=_allocate)
    thread.start()
    thread.join()
    assert threading.get_ident() not in gone
    assert len(gone) == 50

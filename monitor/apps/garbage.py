"""Garbage is collected on the loop's thread only: a QObject that another thread destroys ends the whole process.

Left to itself the interpreter collects on whichever thread happens to allocate, the store's writer among them, and a
closed dialog that refers to itself lies about until then.
"""

import asyncio
import gc
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

#: Between two looks; at a quarter of a million items a second what has gathered by then takes a few milliseconds.
LOOK_SECONDS = 0.2
#: Going through everything takes longest and finds least.
FULL_SECONDS = 60.0


@asynccontextmanager
async def collected_here(clock: Callable[[], float] = time.monotonic) -> AsyncIterator[None]:
    """Inside, the running loop collects as often as the interpreter itself would, at most every LOOK_SECONDS."""
    gc.disable()
    collecting = asyncio.create_task(_collect(clock))
    try:
        yield
    finally:
        collecting.cancel()
        gc.enable()


def spare() -> None:
    """Leave alone from now on all that is there: going through it takes longer than a frame may."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _due() -> int | None:
    """The oldest generation of which enough has gathered, by the interpreter's own thresholds."""
    counts, most = gc.get_count(), gc.get_threshold()
    if counts[0] <= most[0]:
        return None
    return next((generation for generation in (2, 1) if counts[generation] > most[generation]), 0)


async def _collect(clock: Callable[[], float]) -> None:
    full_at = clock()
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        generation = _due()
        if generation == 2 and clock() - full_at < FULL_SECONDS:
            generation = 1
        if generation is not None:
            gc.collect(generation)
        if generation == 2:
            full_at = clock()

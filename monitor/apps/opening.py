"""A database made ready off the loop, while people are shown how far that is and may stop it."""

import asyncio
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Protocol, TypeVar

from monitor.ports import OpeningStep
from monitor.store import OpeningStopped, Progress, prepare_store

#: Between two looks at how far it is.
_LOOK_SECONDS = 0.1

T = TypeVar("T")


class Watch(Protocol):
    """Shows people what takes long."""

    @property
    def patience(self) -> float:
        """For so many seconds nothing is shown: mostly it is over by then."""

    @property
    def stopped(self) -> bool:
        """Whether somebody wants it to end; asked on another thread."""

    def show(self, step: OpeningStep, seconds: float) -> None:
        """This is being done, and the whole has lasted so long."""

    def end(self) -> None:
        """It is over, well or not, whether anything was shown or not."""


class Unwatched:
    """Nobody looks, and nobody stops it."""

    patience = 1.0
    stopped = False

    def show(self, step: OpeningStep, seconds: float) -> None: ...

    def end(self) -> None: ...


async def watched(work: Coroutine[Any, Any, T], step: Callable[[], OpeningStep | None], watch: Watch) -> T:
    """Do the work, and show the ``step`` that it is at once it lasts. Raises what the work raises.

    Cancelled, it cancels the work.
    """
    loop = asyncio.get_running_loop()
    began, wait = loop.time(), watch.patience
    task = asyncio.create_task(work)
    try:
        while not (await asyncio.wait({task}, timeout=wait))[0]:
            wait = _LOOK_SECONDS
            if (found := step()) is not None:
                watch.show(found, loop.time() - began)
        return task.result()
    finally:
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
        watch.end()


async def prepared(path: Path, sandbox: bool, watch: Watch) -> None:
    """Do off the loop what has to be done to the database before it is opened.

    Cancelled, it ends in the middle of a step, and only then returns. Raises StoreUnavailable, and OpeningStopped when
    the watcher wants that.
    """
    abandoned = threading.Event()
    progress = Progress(lambda: abandoned.is_set() or watch.stopped)
    await watched(_on_thread(path, sandbox, progress, abandoned), lambda: progress.step, watch)
    if watch.stopped:
        raise OpeningStopped


async def _on_thread(path: Path, sandbox: bool, progress: Progress, abandoned: threading.Event) -> None:
    """Cancelled, it waits for the thread: until that has ended the database is not free for others."""
    work = asyncio.ensure_future(asyncio.to_thread(prepare_store, path, sandbox, progress))
    try:
        await asyncio.shield(work)
    except asyncio.CancelledError:
        abandoned.set()
        await asyncio.wait({work})
        if not work.cancelled():
            work.exception()  # whatever it is, nobody waits for it any more
        raise

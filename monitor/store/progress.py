"""How far the opening is: told step by step for a watcher on another thread, who may also stop it.

Within a statement SQLite asks as often as it has done a little work whether it is to go on.
"""

import logging
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from monitor.errors import StoreUnavailable
from monitor.ports import OpeningStep
from monitor.store.connect import size_of

_log = logging.getLogger(__name__)

#: About a millisecond of SQLite's work, in instructions of its virtual machine.
_INSTRUCTIONS = 10_000


class OpeningStopped(StoreUnavailable):
    """Somebody wanted the program to end before the database was open."""

    def __init__(self) -> None:
        super().__init__("Opening the database was stopped; the next start does what is left to do.")


class Progress:
    """The step that is under way. ``stopped()``, asked on the thread that opens, says whether to stop."""

    def __init__(self, stopped: Callable[[], bool] = lambda: False) -> None:
        self._stopped = stopped
        self._step: OpeningStep | None = None
        self._grows: Path | None = None

    @property
    def step(self) -> OpeningStep | None:
        """The newest one; None while nothing goes on that can take long. May be read on any thread."""
        step, grows = self._step, self._grows
        if step is None or grows is None or not (size := size_of(grows)):
            return step
        return replace(step, detail=f"{step.detail}, {in_bytes(size)} written".removeprefix(", "))

    def tell(self, step: OpeningStep, grows: Path | None = None) -> None:
        """This is done from now on, and ``grows`` is the file that it is written to. Raises OpeningStopped."""
        self.check()
        if self._step is None or self._step.sentence != step.sentence:
            _log.info("%s", step.sentence)
        self._grows, self._step = grows, step

    def check(self) -> None:
        """Raises OpeningStopped when somebody wants that."""
        if self._stopped():
            raise OpeningStopped

    def follow(self, connection: sqlite3.Connection) -> None:
        """From now on a statement of ``connection`` is interrupted (sqlite3.OperationalError) when it is to stop."""
        connection.set_progress_handler(self._stopped, _INSTRUCTIONS)

    def leave(self, connection: sqlite3.Connection) -> None:
        """The statements of ``connection`` are left alone again."""
        connection.set_progress_handler(None, 0)


def in_bytes(size: int) -> str:
    """A size in words: “3.2 GB”, “415 MB”."""
    return f"{size / 1e9:.1f} GB" if size >= 1e9 else f"{size / 1e6:.0f} MB"

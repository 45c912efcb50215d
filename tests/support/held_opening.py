"""Openings that last as long as a test wants: held at a step until somebody has looked."""

import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from monitor.apps import opening
from monitor.ports import OpeningStep
from monitor.store import Progress, prepare_store

STEP = OpeningStep("Backing up the database before it is changed…", 1, 4, "1 MB of 4 MB", "Stopping removes it.")
_MOST_SECONDS = 60.0
_LOOK_SECONDS = 0.01


class HeldWatch:
    """Holds the opening at the first step whose sentence has ``words`` in it, until that was shown; then ``act()``."""

    patience = 0.0

    def __init__(self, progress_words: str, act: Callable[[], object]) -> None:
        self._words = progress_words
        self._act = act
        self._looked = threading.Event()
        self.stopped_now = False
        self.shown: list[OpeningStep] = []
        self.ended = 0

    @property
    def stopped(self) -> bool:
        return self.stopped_now

    def show(self, step: OpeningStep, _seconds: float) -> None:
        self.shown.append(step)
        if self._words in step.sentence and not self._looked.is_set():
            self._act()
            self._looked.set()

    def end(self) -> None:
        self.ended += 1

    def hold(self, monkeypatch: pytest.MonkeyPatch, stops: bool = True) -> None:
        """Make every step that is told from now on wait, where it has the words; with ``stops`` until it is stopped."""
        told = Progress.tell

        def tell(progress: Progress, step: OpeningStep, grows: Path | None = None) -> None:
            told(progress, step, grows)
            if self._words in step.sentence:
                assert self._looked.wait(_MOST_SECONDS)
                if stops:
                    _wait_for_stop(progress)

        monkeypatch.setattr(Progress, "tell", tell)


def _wait_for_stop(progress: Progress) -> None:
    """Raises OpeningStopped."""
    for _ in range(int(_MOST_SECONDS / _LOOK_SECONDS)):
        progress.check()
        time.sleep(_LOOK_SECONDS)
    raise AssertionError("nobody stopped it")


class HeldOpening:
    """In the place of the store's own preparation: at ``STEP`` until it is let go or stopped."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._go_on = threading.Event()
        self.begun = threading.Event()
        self.stopped = False
        monkeypatch.setattr(opening, "prepare_store", self._prepare)

    def let_go(self) -> None:
        self._go_on.set()

    def _prepare(self, path: Path, sandbox: bool, progress: Progress) -> None:
        progress.tell(STEP)
        self.begun.set()
        try:
            for _ in range(int(_MOST_SECONDS / _LOOK_SECONDS)):
                progress.check()
                if self._go_on.wait(_LOOK_SECONDS):
                    prepare_store(path, sandbox)
                    return
        except BaseException:
            self.stopped = True
            raise
        raise AssertionError("nobody let it go")

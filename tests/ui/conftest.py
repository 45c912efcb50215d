"""Every test begins in the same colours and waits patiently, and its closed widgets are gone before the next one."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, SignalInstance
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.ui.palettes import Palette
from monitor.ui.theme import Theme

_first_sheet = ""
#: What is waited for comes at once, but on a busy machine "at once" can be many seconds.
_PATIENCE_MS = 30_000


class PatientBot(QtBot):
    """One whose waiting does not end because others use the processor."""

    def waitUntil(self, callback: Callable[[], object], *, timeout: int = _PATIENCE_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: SignalInstance, *, timeout: int = _PATIENCE_MS, **more: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **more)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(autouse=True)
def usual_colours(qapp: QApplication) -> None:
    """Dark, green and red: whatever the test before has left, and if it is the first one too."""
    global _first_sheet
    if not _first_sheet or qapp.styleSheet() != _first_sheet:
        Theme().choose(Palette.GREEN_RED)
        _first_sheet = qapp.styleSheet()


@pytest.fixture(autouse=True)
def deleted_widgets() -> Iterator[None]:
    """Without a running event loop Qt keeps what is to be deleted later: it would go on painting and ticking."""
    yield
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

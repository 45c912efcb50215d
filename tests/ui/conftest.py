"""Every test begins in the same colours, and widgets that it closed are gone before the next one."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtWidgets import QApplication

from monitor.ui.palettes import Palette
from monitor.ui.theme import Theme

_first_sheet = ""


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

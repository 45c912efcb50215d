"""Widgets that a test closed are gone before the next one begins."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QCoreApplication, QEvent


@pytest.fixture(autouse=True)
def deleted_widgets() -> Iterator[None]:
    """Without a running event loop Qt keeps what is to be deleted later: it would go on painting and ticking."""
    yield
    if QCoreApplication.instance() is not None:
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)

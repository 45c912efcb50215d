"""A chart on the screen, over an archive that holds minutes of AAPL."""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from monitor.ui.chart.panel import ChartPanel
from monitor.ui.link import LinkGroup
from monitor.ui.theme import Theme
from monitor.ui.view_ports import ViewPorts
from tests.support.ports import FakeArchive, minutes, view_ports

Make = Callable[..., tuple[ChartPanel, ViewPorts]]


@pytest.fixture
def make(qtbot: QtBot) -> Make:
    """A shown chart of AAPL with 390 minutes."""

    def build(**overrides: Any) -> tuple[ChartPanel, ViewPorts]:
        archive = FakeArchive()
        archive.put(minutes())
        ports = view_ports(archive=archive, **overrides)
        link = LinkGroup(1, "#c0392b")
        link.choose("AAPL")
        panel = ChartPanel(ports, link, Theme())
        qtbot.addWidget(panel)
        panel.resize(900, 640)
        panel.show()
        QApplication.processEvents()
        return panel, ports

    return build

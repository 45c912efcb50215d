"""Takes what a chart shows out of the program: its picture to a file or the clipboard, its bars as text."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from monitor.errors import MonitorError
from monitor.live.events import Level, Notice
from monitor.ports import file_name
from monitor.ui.chart import snapshot
from monitor.ui.chart.view import ChartView
from monitor.ui.export.job import export_folder
from monitor.ui.view_ports import ViewPorts
from monitor.ui.work_dialog import FileKind, choose_file

_PICTURES = FileKind("Pictures", ("png", "svg"))


class ChartCopies(QObject):
    """Saves and copies one chart, and says in a notice what was done."""

    def __init__(self, ports: ViewPorts, view: ChartView, panel: QWidget) -> None:
        super().__init__(panel)
        self._ports, self._view, self._panel = ports, view, panel
        self._mark = "SANDBOX" if ports.profile.sandbox else ""

    def save_picture(self) -> None:
        """Ask for a file, and write what the chart shows into it."""
        scene = self._view.scene
        stem = f"{scene.symbol}-{scene.interval.label}" if scene.symbol else "chart"
        name = file_name(stem, self._ports.profile.sandbox, ".png")
        start = export_folder(self._ports.preferences) / name
        choose_file(self._panel, "Save picture", start, _PICTURES, self.save_picture_as)

    def save_picture_as(self, name: str) -> None:
        """Write what the chart shows into the file of that name."""
        try:
            snapshot.save(self._view, Path(name), self._mark)
        except MonitorError as error:
            self._ports.bus.publish(Notice(Level.WARNING, error.sentence))
        else:
            self._ports.bus.publish(Notice(Level.INFO, f"Saved the chart as {Path(name).name}.", name))

    def copy_picture(self) -> None:
        """Put what the chart shows on the clipboard."""
        QGuiApplication.clipboard().setImage(snapshot.picture(self._view, self._mark))
        self._ports.bus.publish(Notice(Level.INFO, "Copied the picture of the chart."))

    def copy_bars(self) -> None:
        """Put the bars in view on the clipboard, with what is compared with and the values of the indicators."""
        scene = self._view.scene
        first, last = scene.viewport.first, scene.viewport.last
        QGuiApplication.clipboard().setText(snapshot.bars_as_text(scene, first, last))
        self._ports.bus.publish(Notice(Level.INFO, f"Copied {last - first:,} bars of {scene.symbol}."))

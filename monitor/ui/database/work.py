"""The dialog around long work on the database: a progress bar, one sentence, and a button that cancels or closes."""

from collections.abc import Coroutine
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from monitor.errors import MonitorError
from monitor.ui.panel import named, rename
from monitor.ui.view_ports import ViewPorts

_WIDTH = 520


class WorkDialog(QDialog):
    """Opened with ``open()``; closing it cancels what still runs, and the dialog goes when that has ended.

    Subclasses fill ``column`` and ``buttons``, and give their work to ``_run``.
    """

    def __init__(self, ports: ViewPorts, title: str, words: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(f"{title} — SANDBOX" if ports.profile.sandbox else title)
        self.setMinimumWidth(_WIDTH)
        self._ports = ports
        self._title = title
        self._running = False
        self._cancelled = False
        self.words = QLabel(words)
        self.progress = QProgressBar()
        self.sentence = QLabel()
        self.cancel = QPushButton("Close")
        self.column, self.buttons = QVBoxLayout(), QHBoxLayout()
        self._lay_out()
        self.cancel.clicked.connect(self.stop)

    @property
    def running(self) -> bool:
        return self._running

    def stop(self) -> None:
        """Cancel what runs, or close the dialog."""
        if not self._running:
            self.reject()
            return
        self._cancelled = True
        self._say("Cancelling…", "hint")

    def done(self, result: int) -> None:
        self._cancelled = True
        super().done(result)
        if not self._running:
            self.deleteLater()

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        self._cancelled = False
        self.progress.setRange(0, 0)
        self._show_running(True)
        self._ports.tasks.start(self._title, self._ended(work))

    async def _ended(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except MonitorError as error:
            self._say(error.sentence, "failure")
        # Not reached when the program ends: the widgets may be gone by then.
        self._show_running(False)
        if self.isHidden():
            self.deleteLater()

    def _show_running(self, running: bool) -> None:
        self._running = running
        self.progress.setVisible(running)
        self.cancel.setText("Cancel" if running else "Close")
        if running:
            self.cancel.setFocus()

    def _show_progress(self, done: int, total: int, words: str) -> None:
        self.progress.setRange(0, max(total, 1))
        self.progress.setValue(done)
        if not self._cancelled:
            self._say(words, "hint")

    def _say(self, sentence: str, tone: str) -> None:
        rename(self.sentence, tone)
        self.sentence.setText(sentence)

    def _lay_out(self) -> None:
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 16, 20, 16)
        whole.setSpacing(12)
        whole.addWidget(named(QLabel(self._title), "heading"))
        whole.addWidget(self.words)
        whole.addLayout(self.column)
        whole.addWidget(self.progress)
        whole.addWidget(self.sentence)
        whole.addStretch(1)
        whole.addLayout(self.buttons)
        for label in (self.words, self.sentence):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.cancel.setAutoDefault(False)
        self.buttons.addStretch(1)
        self.buttons.addWidget(self.cancel)

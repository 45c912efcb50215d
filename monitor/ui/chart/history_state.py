"""How it stands with a chart's history: loading, downloading, failed or none there, in words and with a way out."""

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QToolButton

from monitor.live.events import HistoryProgress
from monitor.ui.chart.view import ChartView
from monitor.ui.message import Message
from monitor.ui.panel import named
from monitor.ui.view_ports import ViewPorts


class HistoryState(QObject):
    """Speaks in the middle of an empty chart, and beside the title of one that has bars.

    ``read_wanted`` tells that the bars on disk should be read anew.
    """

    read_wanted = Signal()
    sign_in_wanted = Signal()

    def __init__(self, ports: ViewPorts, view: ChartView, set_note: Callable[[str], None]) -> None:
        super().__init__(view)
        self._ports, self._view, self._set_note = ports, view, set_note
        self._symbol = ""
        self._progress: HistoryProgress | None = None
        self.message = Message(view)
        self.retry_button = named(QToolButton(), "chartRetry")
        self.retry_button.setText("Try again")
        self.retry_button.clicked.connect(self._retry)
        self.retry_button.hide()

    def begin(self, symbol: str) -> None:
        """Turn to a symbol, or to no symbol, whose bars are not read yet."""
        if symbol != self._symbol:
            self._progress = None
        self._symbol = symbol
        self._set_trouble("")
        self.message.say(f"Loading {symbol}…" if symbol else "Choose a symbol to see its chart.")

    def settle(self) -> None:
        """The bars on disk have been read."""
        progress = self._progress
        if len(self._view.scene.bars):
            self.message.hide()
        elif progress is not None and progress.failed:
            self.fail(progress.failed)
        elif progress is not None and not progress.finished:
            self.message.say(_downloading(progress))
        elif not self._ports.sign_in.signed_in:
            self.message.say(f"Sign in to see the chart of {self._symbol}.", "Sign in…", self.sign_in_wanted.emit)
        else:
            self.message.say(f"No history for {self._symbol} yet.", "Download", self._download)

    def fail(self, sentence: str) -> None:
        """Say what failed, and offer to try again."""
        if len(self._view.scene.bars):
            self._set_trouble(sentence)
        else:
            self.message.say(sentence, "Try again", self._retry)

    def hear(self, event: HistoryProgress) -> None:
        """Follow the download of the symbol's history."""
        if event.symbol != self._symbol:
            return
        self._progress = event
        if event.failed:
            self.fail(event.failed)
        elif event.finished:
            self._set_trouble("")
            self.read_wanted.emit()
        elif len(self._view.scene.bars):
            self._set_note(_downloading(event))
        else:
            self.message.say(_downloading(event))

    def _set_trouble(self, sentence: str) -> None:
        self._set_note(sentence)
        self.retry_button.setVisible(bool(sentence))

    def _download(self) -> None:
        self.message.say(f"Downloading history of {self._symbol}…")
        self._ports.loader.ensure(self._symbol)

    def _retry(self) -> None:
        self._progress = None
        self._set_trouble("")
        self._ports.loader.ensure(self._symbol)
        self.read_wanted.emit()


def _downloading(progress: HistoryProgress) -> str:
    return f"Downloading history… {progress.done}/{progress.total}"

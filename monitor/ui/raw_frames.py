"""The menu entry that writes the stream's frames, as they come, into a file that the sandbox can play again."""

from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QFileDialog, QWidget

from monitor.errors import MonitorError
from monitor.live.bus import Bus
from monitor.live.events import Level, Notice
from monitor.ports import FrameFile

_START = "Record raw &frames…"
_TIP = "Write every frame of the stream, as it comes, into a file that the sandbox can play again"
_NAME = "frames.jsonl.gz"


class RawFrames(QObject):
    """Makes ``action`` start and stop the recording; ``show_state`` brings its words up to date."""

    def __init__(self, action: QAction, frames: FrameFile | None, bus: Bus, window: QWidget) -> None:
        super().__init__(window)
        self._action, self._frames, self._bus, self._window = action, frames, bus, window
        action.setCheckable(True)
        action.setVisible(frames is not None)
        action.setToolTip(_TIP)
        action.triggered.connect(self._toggle)
        self.show_state()

    def show_state(self) -> None:
        """The check, and how many frames are in the file so far."""
        frames = self._frames
        writing = frames is not None and frames.path is not None
        self._action.setChecked(writing)
        count = f"{frames.frames:,}" if frames is not None else ""
        self._action.setText(f"Stop recording raw &frames ({count} so far)" if writing else _START)

    def _toggle(self) -> None:
        frames = self._frames
        if frames is None:
            return
        if frames.path is None:
            self.ask()
        else:
            path = frames.path
            frames.stop()
            self._tell(Level.INFO, f"{frames.frames:,} raw frames are in {path}.")
        self.show_state()  # Qt has checked it by itself

    def ask(self) -> QFileDialog:
        """Ask for the file; the recording begins when one is chosen."""
        dialog = QFileDialog(self._window, "Record raw frames into")
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters(["Frames, one a line (*.jsonl.gz *.jsonl)", "All files (*)"])
        dialog.setDefaultSuffix("jsonl.gz")
        dialog.selectFile(_NAME)
        dialog.fileSelected.connect(self.start)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def start(self, path: str) -> None:
        """Record into ``path`` from now on."""
        if self._frames is None:
            return
        try:
            self._frames.start(Path(path))
        except MonitorError as error:
            self._tell(Level.ERROR, error.sentence, error.detail)
        else:
            self._tell(
                Level.INFO,
                f"Every frame of the stream is written to {path} until you stop it. Log-ins and account activity "
                "stay out of it.",
            )
        self.show_state()

    def _tell(self, level: Level, sentence: str, detail: str = "") -> None:
        self._bus.publish(Notice(level, sentence, detail))

"""The dialog around long work: a progress bar, one sentence, a button that cancels or closes; and one for a file."""

from abc import abstractmethod
from collections.abc import Callable, Coroutine
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from monitor.errors import BadData, MonitorError
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
        self.words.setVisible(bool(self.words.text()))
        for label in (self.words, self.sentence):
            label.setWordWrap(True)
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.cancel.setAutoDefault(False)
        self.buttons.addStretch(1)
        self.buttons.addWidget(self.cancel)


class FileKind(NamedTuple):
    """What a file is called where one is chosen, such as “CSV files”, and how its name may end."""

    name: str
    suffixes: tuple[str, ...]


CSV = FileKind("CSV files", ("csv",))


class WriteDialog(WorkDialog):
    """Work that ends with a file. One that exists is replaced only when that is asked for twice.

    ``done_by`` is what the button says. Subclasses check the rest in ``_check`` and write in ``_write``.
    """

    first_words = "Beginning…"

    def __init__(
        self, ports: ViewPorts, title: str, words: str, done_by: str, kind: FileKind, parent: QWidget | None = None
    ) -> None:
        super().__init__(ports, title, words, parent)
        self._done_by = done_by
        self._kind = kind
        self._replaceable: Path | None = None
        self._written: Path | None = None
        self.path = QLineEdit()
        self.path.setAccessibleName("File to write")
        self.browse = QPushButton("&Browse…")
        self.open_folder = QPushButton("&Open folder")
        self.start = QPushButton(done_by)
        self.open_folder.hide()
        self.file_label = QLabel("Fi&le")
        self.file_label.setBuddy(self.path)
        self.file_row = QHBoxLayout()
        self.file_row.addWidget(self.path, 1)
        self.file_row.addWidget(self.browse)
        part = QWidget()
        form = QFormLayout(part)
        form.setContentsMargins(0, 0, 0, 0)
        form.addRow(self.file_label, self.file_row)
        self.column.addWidget(part)
        self.buttons.insertWidget(0, self.open_folder)
        self.buttons.addWidget(self.start)
        for button in (self.browse, self.open_folder):
            button.setAutoDefault(False)
        self.start.setDefault(True)
        tab_order(self.path, self.browse, self.open_folder, self.cancel, self.start)
        self.path.textChanged.connect(self._forget_replacing)
        self.browse.clicked.connect(self._choose_file)
        self.start.clicked.connect(self.begin)
        self.open_folder.clicked.connect(self._show_folder)

    def begin(self) -> None:
        """Check the name and the rest, and start writing."""
        try:
            path = path_of(self.path.text().strip())
            self._check()
        except MonitorError as error:
            self._say(error.sentence, "failure")
            return
        there = [file.name for file in self._replaces(path) if _is_file(file)]
        if there and path != self._replaceable:
            self._replaceable = path
            self._say(f"{there[0]} exists already. Press Replace to write over it.", "warning")
            self.start.setText("&Replace")
            return
        self._forget_replacing()
        self.open_folder.hide()
        self._say(self.first_words, "hint")
        self._run(self._write(path))

    def _check(self) -> None:
        """Raises MonitorError where nothing can be written yet."""

    def _replaces(self, path: Path) -> list[Path]:
        """The files that writing to ``path`` would replace."""
        return [path]

    @abstractmethod
    async def _write(self, path: Path) -> None:
        """Write the file and say what came of it. Raises MonitorError."""

    def _show_written(self, path: Path, sentence: str) -> None:
        self._written = path
        self._say(sentence, "success")
        self.open_folder.show()

    def _show_running(self, running: bool) -> None:
        super()._show_running(running)
        for widget in (self.path, self.browse, self.start):
            widget.setEnabled(not running)
        if not running:
            self.start.setFocus()

    def _forget_replacing(self) -> None:
        if self._replaceable is not None:
            self._replaceable = None
            self.start.setText(self._done_by)
            self._say("", "hint")

    def _choose_file(self) -> None:
        choose_file(self, self._title, Path(self.path.text()), self._kind, self._take_file)

    def _take_file(self, name: str) -> None:
        self.path.setText(name)
        self._replaceable = Path(name)  # the chooser has asked already

    def _show_folder(self) -> None:
        if self._written:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))


def tab_order(*widgets: QWidget) -> None:
    """The tab key goes from each to the next."""
    for before, after in pairwise(widgets):
        QWidget.setTabOrder(before, after)


def choose_file(parent: QWidget, title: str, proposed: Path, kind: FileKind, take: Callable[[str], None]) -> None:
    """Ask where to write, in a chooser that also asks before it gives a file that exists.

    ``take(name)`` is a method: a chooser that goes while it holds a lambda takes the process with it.
    """
    endings = " ".join(f"*.{suffix}" for suffix in kind.suffixes)
    chooser = QFileDialog(parent, title, str(proposed), f"{kind.name} ({endings})")
    chooser.setOption(QFileDialog.Option.DontUseNativeDialog)
    chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
    chooser.setDefaultSuffix(proposed.suffix.removeprefix(".") or kind.suffixes[0])
    chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    chooser.fileSelected.connect(take)
    chooser.open()


def path_of(text: str) -> Path:
    """Raises BadData when it names no file."""
    try:
        path = Path(text).expanduser()
    except RuntimeError:
        raise BadData(f"There is no home folder {Path(text).parts[0]}.") from None
    if not path.name:
        raise BadData("Name the file to write.")
    return path


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:
        return False  # writing will tell what is wrong with it

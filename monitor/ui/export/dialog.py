"""The export dialog: a form, a file, a progress bar with Cancel, and one sentence about what came of it."""

from pathlib import Path

from PySide6.QtCore import QStandardPaths, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from monitor.errors import BadData, MonitorError
from monitor.live.events import Level, Notice
from monitor.ports import ExportResult
from monitor.ui.export.forms import ExportForm
from monitor.ui.export.job import Job, file_name, run
from monitor.ui.panel import named, rename
from monitor.ui.view_ports import ViewPorts

TASK = "export"


class ExportDialog(QDialog):
    """Opened with ``open()``; closing it cancels an export that still runs, and the dialog goes when that has ended."""

    exported = Signal(object)

    def __init__(self, ports: ViewPorts, form: ExportForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(form.title)
        self.setMinimumWidth(520)
        self._ports = ports
        self.form = form
        self._folder = _last_folder(ports)
        self._cancelled = False
        self._running = False
        self._replaceable: Path | None = None
        self._result: ExportResult | None = None
        self.path = QLineEdit()
        self.browse = QPushButton("&Browse…")
        self.progress = QProgressBar()
        self.sentence = QLabel()
        self.open_folder = QPushButton("&Open folder")
        self.start = QPushButton("&Export")
        self.cancel = QPushButton("Close")
        self._lay_out()
        self._connect()
        self._propose_name()

    @property
    def running(self) -> bool:
        return self._running

    def begin(self) -> None:
        """Check the fields and start writing; a file that exists is replaced only when this is asked for twice."""
        try:
            path = _path_of(self.path.text().strip())
            job = self.form.job()
        except MonitorError as error:
            self._say(error.sentence, "failure")
            return
        if _is_file(path) and path != self._replaceable:
            self._replaceable = path
            self._say(f"{path.name} exists already. Press Replace to write over it.", "warning")
            self.start.setText("&Replace")
            return
        self._show_running(True)
        self._ports.tasks.start(TASK, self._write(job, path))

    def stop(self) -> None:
        """Cancel a running export, or close the dialog."""
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

    def _forget_replacing(self) -> None:
        if self._replaceable is not None:
            self._replaceable = None
            self.start.setText("&Export")
            self._say("", "hint")

    async def _write(self, job: Job, path: Path) -> None:
        try:
            result = await run(self._ports.exporter, job, path, self._show_progress, lambda: self._cancelled)
        except MonitorError as error:
            self._say(error.sentence, "failure")
        else:
            self._take_result(result)
        # Not reached when the program ends: the widgets may be gone by then.
        self._show_running(False)
        if self.isHidden():
            self.deleteLater()

    def _take_result(self, result: ExportResult | None) -> None:
        if result is None:
            self._say("Cancelled. No file was written.", "hint")
            return
        self._result = result
        sentence = " ".join([f"Wrote {result.rows:,} rows to {result.path.name}.", *result.troubles])
        self._say(sentence, "failure" if result.troubles else "success")
        self.open_folder.show()
        self._ports.preferences.set("export/folder", str(result.path.parent))
        self._ports.bus.publish(Notice(Level.INFO, sentence, str(result.path)))
        self.exported.emit(result)

    def _show_progress(self, done: int, total: int) -> None:
        self.progress.setMaximum(max(total, 1))
        self.progress.setValue(done)
        if not self._cancelled:
            self._say(f"{done:,} of {total:,} rows", "hint")

    def _show_running(self, running: bool) -> None:
        self._running = running
        self._forget_replacing()
        if running:
            self._cancelled = False
            self.progress.setRange(0, 0)
            self.open_folder.hide()
            self._say("Counting the rows…", "hint")
        self.progress.setVisible(running)
        self.cancel.setText("Cancel" if running else "Close")
        for widget in (self.form, self.path, self.browse, self.start):
            widget.setEnabled(not running)
        (self.cancel if running else self.start).setFocus()

    def _say(self, sentence: str, tone: str) -> None:
        rename(self.sentence, tone)
        self.sentence.setText(sentence)

    def _propose_name(self) -> None:
        self.path.setText(str(self._folder / file_name(self.form.stem(), self._ports.profile.sandbox)))

    def _choose_file(self) -> None:
        chooser = QFileDialog(self, self.form.title, self.path.text(), "CSV files (*.csv)")
        chooser.setOption(QFileDialog.Option.DontUseNativeDialog)
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix("csv")
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(self._take_file)
        chooser.open()

    def _take_file(self, name: str) -> None:
        self._folder = Path(name).parent
        self.path.setText(name)
        self._replaceable = Path(name)  # the chooser has asked already

    def _show_folder(self) -> None:
        if self._result:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._result.path.parent)))

    def _connect(self) -> None:
        self.form.changed.connect(self._propose_name)
        self.path.textChanged.connect(self._forget_replacing)
        self.browse.clicked.connect(self._choose_file)
        self.start.clicked.connect(self.begin)
        self.cancel.clicked.connect(self.stop)
        self.open_folder.clicked.connect(self._show_folder)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(12)
        column.addWidget(named(QLabel(self.form.title), "heading"))
        column.addWidget(self.form)
        file_row = QHBoxLayout()
        file_row.addWidget(QLabel("File"))
        file_row.addWidget(self.path, 1)
        file_row.addWidget(self.browse)
        column.addLayout(file_row)
        self.path.setAccessibleName("File to write")
        self.progress.setTextVisible(False)
        self.progress.hide()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.open_folder.hide()
        for button in (self.browse, self.open_folder, self.cancel):
            button.setAutoDefault(False)
        self.start.setDefault(True)
        column.addWidget(self.progress)
        column.addWidget(self.sentence)
        column.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.open_folder)
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.start)
        column.addLayout(buttons)


def _path_of(text: str) -> Path:
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


def _last_folder(ports: ViewPorts) -> Path:
    documents = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
    folder = Path(ports.preferences.get("export/folder", documents))
    return folder if folder.is_dir() else Path.home()

"""Backing the database up on demand: a file, a progress bar, and recording goes on."""

from pathlib import Path

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLabel, QLineEdit, QPushButton, QWidget

from monitor.live.events import Level, Notice
from monitor.ui.database.work import WorkDialog
from monitor.ui.view_ports import ViewPorts

TITLE = "Back up the database"
_WORDS = (
    "A copy of everything recorded, as it is at the end of the copying; recording goes on meanwhile. Sign-in and "
    "settings are not in it."
)
_FOLDER = "backup/folder"
_PAGE_BYTES = 4096


class BackupDialog(WorkDialog):
    """Proposes a name in the folder that was used last; a file that exists is replaced only when asked for twice."""

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__(ports, TITLE, _WORDS, parent)
        self._replaceable: Path | None = None
        self._written: Path | None = None
        self.path = QLineEdit(str(_proposed(ports)))
        self.path.setAccessibleName("File to write")
        self.browse = QPushButton("&Browse…")
        self.open_folder = QPushButton("&Open folder")
        self.start = QPushButton("&Back up")
        self.open_folder.hide()
        row = QHBoxLayout()
        row.addWidget(QLabel("File"))
        row.addWidget(self.path, 1)
        row.addWidget(self.browse)
        self.column.addLayout(row)
        self.buttons.insertWidget(0, self.open_folder)
        self.buttons.addWidget(self.start)
        for button in (self.browse, self.open_folder):
            button.setAutoDefault(False)
        self.start.setDefault(True)
        self.path.textChanged.connect(self._forget_replacing)
        self.browse.clicked.connect(self._choose_file)
        self.start.clicked.connect(self.begin)
        self.open_folder.clicked.connect(self._show_folder)

    def begin(self) -> None:
        """Check the name and start copying."""
        text = self.path.text().strip()
        path = Path(text)
        if not path.name:
            self._say("Name the file to write.", "failure")
            return
        if path.exists() and path != self._replaceable:
            self._replaceable = path
            self._say(f"{path.name} exists already. Press Replace to write over it.", "warning")
            self.start.setText("&Replace")
            return
        self._say("Beginning…", "hint")
        self._run(self._copy(path))

    async def _copy(self, path: Path) -> None:
        size = await self._ports.care.back_up(path, self._show_pages, lambda: self._cancelled)
        if size is None:
            self._say("Cancelled. No file was written.", "hint")
            return
        self._written = path
        sentence = f"The database was copied to {path.name}: {size / 1e6:,.1f} MB."
        self._say(sentence, "success")
        self.open_folder.show()
        self._ports.preferences.set(_FOLDER, str(path.parent))
        self._ports.bus.publish(Notice(Level.INFO, sentence, str(path)))

    def _show_pages(self, done: int, total: int) -> None:
        mega = _PAGE_BYTES / 1e6
        self._show_progress(done, total, f"{done * mega:,.1f} of {total * mega:,.1f} MB")

    def _show_running(self, running: bool) -> None:
        super()._show_running(running)
        self._forget_replacing()
        for widget in (self.path, self.browse, self.start):
            widget.setEnabled(not running)
        if not running:
            self.start.setFocus()

    def _forget_replacing(self) -> None:
        if self._replaceable is not None:
            self._replaceable = None
            self.start.setText("&Back up")

    def _choose_file(self) -> None:
        chooser = QFileDialog(self, TITLE, self.path.text(), "Databases (*.db)")
        chooser.setOption(QFileDialog.Option.DontUseNativeDialog)
        chooser.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        chooser.setDefaultSuffix("db")
        chooser.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        chooser.fileSelected.connect(self._take_file)
        chooser.open()

    def _take_file(self, name: str) -> None:
        self.path.setText(name)
        self._replaceable = Path(name)  # the chooser has asked already

    def _show_folder(self) -> None:
        if self._written:
            QDesktopServices.openUrl(QUrl.fromLocalFile(str(self._written.parent)))


def _proposed(ports: ViewPorts) -> Path:
    proposed = ports.care.proposed_backup()
    folder = Path(ports.preferences.get(_FOLDER))
    return folder / proposed.name if ports.preferences.get(_FOLDER) and folder.is_dir() else proposed

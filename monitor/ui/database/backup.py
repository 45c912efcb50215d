"""Backing the database up on demand: a file, a progress bar, and recording goes on."""

from pathlib import Path

from PySide6.QtWidgets import QWidget

from monitor.live.events import Level, Notice
from monitor.ui.view_ports import ViewPorts
from monitor.ui.work_dialog import FileKind, WriteDialog

TITLE = "Back up the database"
_WORDS = (
    "A copy of everything in the database, as it is at the end of the copying; recording goes on meanwhile. Old rows "
    "are in the files of the folder “warm” beside it: copy that too. Sign-in and settings are not in it."
)
_FOLDER = "backup/folder"
_PAGE_BYTES = 4096


class BackupDialog(WriteDialog):
    """Proposes a name in the folder that was used last."""

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__(ports, TITLE, _WORDS, "&Back up", FileKind("Databases", ("db",)), parent)
        self.path.setText(str(_proposed(ports)))

    async def _write(self, path: Path) -> None:
        size = await self._ports.care.back_up(path, self._show_pages, lambda: self._cancelled)
        if size is None:
            self._say("Cancelled. No file was written.", "hint")
            return
        sentence = f"The database was copied to {path.name}: {size / 1e6:,.1f} MB."
        self._show_written(path, sentence)
        self._ports.preferences.set(_FOLDER, str(path.parent))
        self._ports.bus.publish(Notice(Level.INFO, sentence, str(path)))

    def _show_pages(self, done: int, total: int) -> None:
        mega = _PAGE_BYTES / 1e6
        self._show_progress(done, total, f"{done * mega:,.1f} of {total * mega:,.1f} MB")


def _proposed(ports: ViewPorts) -> Path:
    proposed = ports.care.proposed_backup()
    folder = Path(ports.preferences.get(_FOLDER))
    return folder / proposed.name if ports.preferences.get(_FOLDER) and folder.is_dir() else proposed

"""The export dialog: a form, a file, a progress bar with Cancel, and one sentence about what came of it."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from monitor.live.events import Level, Notice
from monitor.ui.export.forms import ExportForm
from monitor.ui.export.job import Job, export_folder, file_name, run
from monitor.ui.view_ports import ViewPorts
from monitor.ui.work_dialog import CSV, WriteDialog


class ExportDialog(WriteDialog):
    """Opened with ``open()``; closing it cancels an export that still runs, and the dialog goes when that has ended."""

    exported = Signal(object)
    first_words = "Counting the rows…"

    def __init__(self, ports: ViewPorts, form: ExportForm, parent: QWidget | None = None) -> None:
        super().__init__(ports, form.title, "", "&Export", CSV, parent)
        self.form = form
        self._folder = export_folder(ports.preferences)
        self._job: Job | None = None
        self.column.insertWidget(0, form)
        form.changed.connect(self._propose_name)
        self._propose_name()

    def _check(self) -> None:
        self._job = self.form.job()

    async def _write(self, path: Path) -> None:
        assert self._job is not None  # noqa: S101  checked before
        result = await run(self._ports.exporter, self._job, path, self._show_rows, lambda: self._cancelled)
        if result is None:
            self._say("Cancelled. No file was written.", "hint")
            return
        sentence = f"Wrote {result.rows:,} rows to {result.path.name}."
        self._show_written(result.path, sentence)
        self._ports.preferences.set("export/folder", str(result.path.parent))
        self._ports.bus.publish(Notice(Level.INFO, sentence, str(result.path)))
        self.exported.emit(result)

    def _show_rows(self, done: int, total: int) -> None:
        self._show_progress(done, total, f"{done:,} of {total:,} rows")

    def _show_running(self, running: bool) -> None:
        super()._show_running(running)
        self.form.setEnabled(not running)

    def _propose_name(self) -> None:
        self.path.setText(str(self._folder / file_name(self.form.stem(), self._ports.profile.sandbox)))

    def _take_file(self, name: str) -> None:
        self._folder = Path(name).parent
        super()._take_file(name)

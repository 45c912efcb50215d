"""The export dialog: a form, a layout, a file, a progress bar with Cancel, and one sentence about what came of it."""

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QWidget

from monitor.errors import BadData, MonitorError
from monitor.live.events import Level, Notice
from monitor.ports import SUFFIXES, ExportRequest, Recipe, file_name, rows_in_words, sidecar_of
from monitor.ui.export.forms import ExportForm
from monitor.ui.export.job import Job, export_folder, run, text_of
from monitor.ui.export.layout_fields import LayoutFields
from monitor.ui.export.recipe_dialog import RecipeDialog
from monitor.ui.view_ports import ViewPorts
from monitor.ui.work_dialog import FileKind, WriteDialog, path_of, tab_order

_EXPORTS = FileKind("Exports", tuple(suffix.removeprefix(".") for suffix in SUFFIXES))


class ExportDialog(WriteDialog):
    """Opened with ``open()``; closing it cancels an export that still runs, and the dialog goes when that has ended."""

    exported = Signal(object)
    first_words = "Counting the rows…"

    def __init__(self, ports: ViewPorts, form: ExportForm, parent: QWidget | None = None) -> None:
        super().__init__(ports, form.title, "", "&Export", _EXPORTS, parent)
        self.form = form
        self._folder = export_folder(ports.preferences)
        self._job: Job | None = None
        self.fields = LayoutFields(ports.preferences, form.described)
        self.copy = QPushButton("&Copy")
        self.copy.setToolTip("Copy the rows, separated by tabs, to paste them into a sheet")
        self.save = QPushButton("Sa&ve as recipe…")
        self.save.setToolTip("Keep this by name, to make it again from File > Export recipes or every day")
        self.save.setVisible(form.days() > 0)
        self.column.insertWidget(0, form)
        self.column.insertWidget(1, self.fields)
        self.buttons.insertWidget(0, self.save)
        self.buttons.insertWidget(self.buttons.indexOf(self.start), self.copy)
        for button in (self.save, self.copy):
            button.setAutoDefault(False)
        self._settle()
        form.changed.connect(self._propose_name)
        self.fields.format_chosen.connect(self._take_format)
        self.fields.sidecar.toggled.connect(self._forget_replacing)
        self.path.textChanged.connect(self._show_format)
        self.copy.clicked.connect(self.begin_copy)
        self.save.clicked.connect(self.save_recipe)
        self._propose_name()

    def begin_copy(self) -> None:
        """Check the fields and put the rows on the clipboard."""
        try:
            job = self.form.job()
        except MonitorError as error:
            self._say(error.sentence, "failure")
            return
        self._forget_replacing()
        self._say(self.first_words, "hint")
        self._run(self._copy(job))

    def save_recipe(self) -> RecipeDialog | None:
        """Offer to keep what the fields say as a recipe; None where they do not hold what they should."""
        try:
            path, job = path_of(self.path.text().strip()), self.form.job()
            if path.suffix.lower() not in SUFFIXES:
                raise BadData("The file's name must end in .csv or .parquet.")
        except MonitorError as error:
            self._say(error.sentence, "failure")
            return None
        if not isinstance(job, ExportRequest):
            return None
        dialog = RecipeDialog(self._ports, self._draft(job, path), self)
        dialog.saved.connect(lambda name: self._say(f"Saved the recipe “{name}”.", "success"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def _draft(self, job: ExportRequest, path: Path) -> Recipe:
        layout = self.fields.chosen()
        return Recipe(
            name=self.form.stem(),
            what=job.what,
            symbols=job.symbols,
            folder=str(path.parent.absolute()),
            days=self.form.days(),
            interval=job.interval.label,
            hours=job.hours,
            venues=job.venues,
            suffix=path.suffix.lower(),
            zone=layout.zone,
            decimal=layout.decimal,
            sidecar=self.fields.wants_sidecar(),
        )

    def _check(self) -> None:
        self._job = self.form.job()

    def _replaces(self, path: Path) -> list[Path]:
        return [path, sidecar_of(path)] if self.fields.wants_sidecar() else [path]

    async def _write(self, path: Path) -> None:
        assert self._job is not None  # noqa: S101  checked before
        result = await run(
            *(self._ports.exporter, self._job, path, self.fields.chosen(), self.fields.wants_sidecar()),
            *(self._show_rows, lambda: self._cancelled),
        )
        if result is None:
            self._say("Cancelled. No file was written.", "hint")
            return
        sentence = " ".join([f"Wrote {rows_in_words(result.rows)} to {result.path.name}.", *result.troubles])
        self._show_written(result.path, sentence)
        if result.troubles:
            self._say(sentence, "failure")
        self._ports.preferences.set("export/folder", str(result.path.parent))
        self.fields.keep()
        self._ports.bus.publish(Notice(Level.INFO, sentence, str(result.path)))
        self.exported.emit(result)

    async def _copy(self, job: Job) -> None:
        found = await text_of(self._ports.exporter, job, self.fields.chosen(), lambda: self._cancelled)
        if found is None:
            self._say("Cancelled. Nothing was copied.", "hint")
            return
        text, rows = found
        QGuiApplication.clipboard().setText(text)
        self._say(f"Copied {rows_in_words(rows)}.", "success")

    def _show_rows(self, done: int, total: int) -> None:
        self._show_progress(done, total, f"{done:,} of {total:,} rows")

    def _show_running(self, running: bool) -> None:
        super()._show_running(running)
        for widget in (self.form, self.fields, self.copy, self.save):
            widget.setEnabled(not running)

    def _settle(self) -> None:
        """The labels of all parts as wide as the widest, and the tab key from top to bottom."""
        parts = self.form, self.fields
        labels = [label for part in parts for label in part.findChildren(QLabel) if label.buddy()] + [self.file_label]
        for label in labels:
            label.setMinimumWidth(max(other.sizeHint().width() for other in labels))
        buttons = self.save, self.open_folder, self.cancel, self.copy, self.start
        tab_order(self.fields.sidecar, self.path, self.browse, *buttons)

    def _propose_name(self) -> None:
        name = file_name(self.form.stem(), self._ports.profile.sandbox, self.fields.suffix)
        self.path.setText(str(self._folder / name))

    def _take_format(self, suffix: str) -> None:
        """The file's name ends as its format does."""
        path = Path(self.path.text())
        if path.suffix.lower() in SUFFIXES and path.suffix.lower() != suffix:
            self.path.setText(str(path.with_suffix(suffix)))

    def _show_format(self, name: str) -> None:
        self.fields.show_suffix(Path(name).suffix)

    def _take_file(self, name: str) -> None:
        self._folder = Path(name).parent
        super()._take_file(name)

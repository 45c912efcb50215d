"""The import dialog: a file, what it does not say itself, a preview with what is left out and why, then the import."""

from pathlib import Path

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QFileDialog,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QWidget,
)

from monitor.errors import BadData, MonitorError
from monitor.live.events import Level, Notice
from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.market.instrument import parse_symbol
from monitor.ports import ImportPreview, ImportRequest, ImportResult, Zone
from monitor.ui.panel import named
from monitor.ui.view_ports import ViewPorts
from monitor.ui.work_dialog import WorkDialog, tab_order

PREVIEW_TASK = "import preview"
_ZONES = tuple((zone.words, zone) for zone in Zone)
_INTERVALS = (("As the file tells", 0), ("1m", int(Interval.M1)), ("D", int(Interval.DAY)))
#: Until a field has been left alone for so long the file is not read again.
_SETTLE_MS = 300
_FOLDER = "import/folder"


class ImportDialog(WorkDialog):
    """Opened with ``open()``; closing it cancels what runs. ``imported`` tells that bars came in."""

    imported = Signal()

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__(ports, "Import bars", "", parent)
        self._reading = 0  # counts previews, so that only the newest is shown
        self.path, self.symbol = QLineEdit(), QLineEdit()
        self.browse = QPushButton("&Browse…")
        self.interval, self.zone = QComboBox(), QComboBox()
        self.replaces = QCheckBox("Replace bars that came from Schwab where the file has others")
        self.found = QLabel()
        self.left_out = named(QPlainTextEdit(), "leftOut")
        self.start = QPushButton("&Import")
        self._settle = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._fill()
        self._connect()
        self._show_nothing()

    def preview(self) -> None:
        """Read the file as the fields say, and show what is in it."""
        self._stop_reading()
        self.start.setEnabled(False)
        if not self.path.text().strip():
            self._show_nothing()
            return
        try:
            request = self._request()
        except BadData as error:
            self._show_nothing(error.sentence)
            return
        self._say("Reading the file…", "hint")
        self._ports.tasks.start(PREVIEW_TASK, self._preview(request, self._reading))

    def begin(self) -> None:
        """Take the bars that the preview has shown."""
        try:
            request = self._request()
        except BadData as error:
            self._say(error.sentence, "failure")
            return
        self._stop_reading()
        self._say("Importing…", "hint")
        self._run(self._import(request))

    def done(self, result: int) -> None:
        self._stop_reading()
        super().done(result)

    def _ask_again(self) -> None:
        """A field was changed: what was shown is of another question, and only what was shown can be imported."""
        self._stop_reading()
        self.start.setEnabled(False)
        self._settle.start()

    def _stop_reading(self) -> None:
        """No preview comes any more, be it under way or about to be asked for: it would overwrite what is said."""
        self._reading += 1
        self._settle.stop()

    def _request(self) -> ImportRequest:
        symbol = parse_symbol(self.symbol.text()) if self.symbol.text().strip() else ""
        chosen = int(self.interval.currentData())
        return ImportRequest(
            path=Path(self.path.text().strip()),
            symbol=symbol,
            interval=Interval(chosen) if chosen else None,
            zone=Zone(self.zone.currentData()),
            replaces=self.replaces.isChecked(),
        )

    async def _preview(self, request: ImportRequest, reading: int) -> None:
        try:
            preview = await self._ports.importer.preview(request, lambda: reading != self._reading)
        except MonitorError as error:
            if reading == self._reading:
                self._show_nothing(error.sentence)
            return
        if preview is not None and reading == self._reading:
            self._show_preview(preview)

    async def _import(self, request: ImportRequest) -> None:
        self._take_result(await self._ports.importer.run(request, self._show_read, lambda: self._cancelled))

    def _take_result(self, result: ImportResult) -> None:
        begun = "Cancelled after" if result.cancelled else "Imported"
        kept = f" {result.kept:,} on disk already, left as found." if result.kept else ""
        sentence = f"{begun} {_bars(result.taken)}.{kept}"
        self._say(sentence, "hint" if result.cancelled else "success")
        if result.taken:
            self._ports.preferences.set(_FOLDER, str(Path(self.path.text()).parent))
            self._ports.bus.publish(Notice(Level.INFO, sentence, self.path.text()))
            self.imported.emit()

    def _show_nothing(self, sentence: str = "") -> None:
        self.found.setText("Choose a CSV file whose first line names its columns: time, open, high, low, close …")
        self._say(sentence, "failure")
        self.left_out.hide()
        self.start.setEnabled(False)

    def _show_preview(self, preview: ImportPreview) -> None:
        self.found.setText(_found(preview))
        zone = "Its times have no offset: say above which zone they are in." if preview.needs_zone else ""
        self._say(zone, "hint")
        self.zone.setEnabled(preview.needs_zone or self.zone.currentIndex() > 0)
        lines = [f"Line {line}: {reason}" for line, reason in preview.rejected]
        if preview.rejections > len(lines):
            lines.append(f"… and {preview.rejections - len(lines):,} more")
        self.left_out.setPlainText("\n".join(lines))
        self.left_out.setVisible(bool(lines))
        self.start.setEnabled(preview.bars > 0)

    def _show_read(self, done: int, total: int) -> None:
        share = done / max(total, 1)
        self._show_progress(int(1000 * share), 1000, f"{share:.0%} of the file")

    def _show_running(self, running: bool) -> None:
        super()._show_running(running)
        for widget in (self.path, self.browse, self.symbol, self.interval, self.zone, self.replaces, self.start):
            widget.setEnabled(not running)

    def _choose_file(self) -> None:
        folder = self._ports.preferences.get(_FOLDER, str(Path.home()))
        chooser = QFileDialog(self, "Import bars", folder, "CSV files (*.csv *.txt *.tsv);;All files (*)")
        chooser.setOption(QFileDialog.Option.DontUseNativeDialog)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(self.path.setText)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def _connect(self) -> None:
        for field in (self.path, self.symbol):
            field.textChanged.connect(self._ask_again)
        for box in (self.interval, self.zone):
            box.currentIndexChanged.connect(self._ask_again)
        self._settle.timeout.connect(self.preview)
        self.browse.clicked.connect(self._choose_file)
        self.start.clicked.connect(self.begin)

    def _fill(self) -> None:
        for box, choices in ((self.interval, _INTERVALS), (self.zone, _ZONES)):
            for words, value in choices:
                box.addItem(words, value)
        self.symbol.setPlaceholderText("As the file tells")
        self.path.setAccessibleName("File to read")
        file_row = QHBoxLayout()
        file_row.addWidget(self.path, 1)
        file_row.addWidget(self.browse)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Fi&le", file_row)
        form.labelForField(file_row).setBuddy(self.path)  # type: ignore[attr-defined]
        form.addRow("&Symbol", self.symbol)
        form.addRow("I&nterval", self.interval)
        form.addRow("&Times in", self.zone)
        form.addRow("", self.replaces)
        self.column.addLayout(form)
        self.found.setWordWrap(True)
        self.left_out.setReadOnly(True)
        self.left_out.setMaximumHeight(140)
        self.left_out.setAccessibleName("Lines that are left out")
        for widget in (self.found, self.left_out):
            self.column.addWidget(widget)
        self.browse.setAutoDefault(False)
        self.start.setDefault(True)
        self.buttons.addWidget(self.start)
        fields = self.path, self.browse, self.symbol, self.interval, self.zone, self.replaces, self.left_out
        tab_order(*fields, self.cancel, self.start)
        self.path.setFocus()


def _found(preview: ImportPreview) -> str:
    if preview.first_ms is None or preview.last_ms is None:
        return "No line of the file holds a bar."
    kinds = " and ".join(interval.label for interval in preview.intervals)
    shape = "%Y-%m-%d %H:%M" if preview.intervals[0].intraday else "%Y-%m-%d"
    first, last = (f"{from_ms(ms):{shape}}" for ms in (preview.first_ms, preview.last_ms))
    of = ", ".join(preview.symbols) if len(preview.symbols) <= 8 else f"{len(preview.symbols)} symbols"
    left_out = f" {preview.rejections:,} lines are left out." if preview.rejections else ""
    return f"{_bars(preview.bars)} ({kinds}) of {of}, {first} to {last} ET.{left_out}"


def _bars(number: int) -> str:
    return f"{number:,} {'bar' if number == 1 else 'bars'}"

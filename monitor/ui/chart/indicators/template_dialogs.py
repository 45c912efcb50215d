"""The templates of indicators: one dialog that lists them and what can be done with each, and one that asks a name."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QCheckBox,
    QDialog,
    QDialogButtonBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QMessageBox,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from monitor.errors import BadData, MonitorError
from monitor.live.events import Level
from monitor.ports import file_name
from monitor.ui.panel import named, rename
from monitor.ui.work_dialog import FileKind, choose_file

if TYPE_CHECKING:
    from monitor.ui.chart.indicators.applying import ChartTemplates

_JSON = FileKind("Templates", ("json",))
_EMPTY = "No templates yet. “Save these…” keeps the indicators of the chart under a name."


class NameDialog(QDialog):
    """Opened with ``open()``; ``take`` gets the name, and raises BadData where it is none.

    A name that is among ``taken`` is given only when the button is pressed twice, where it ``replaces``.
    """

    def __init__(
        self, title: str, name: str, taken: list[str], *, replaces: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setMinimumWidth(380)
        self.take: Callable[[str], None] = lambda _name: None
        self._taken = set(taken) if replaces else set()
        self.field = QLineEdit(name)
        self.field.setPlaceholderText("Name")
        self.field.setAccessibleName("Name of the template")
        self.field.selectAll()
        self.sentence = QLabel()
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Save | QDialogButtonBox.StandardButton.Cancel)
        self.save_button = self.buttons.button(QDialogButtonBox.StandardButton.Save)
        self.buttons.accepted.connect(self.keep)
        self.buttons.rejected.connect(self.reject)
        self.field.textChanged.connect(self._forget)
        self._asked = ""
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 16, 20, 16)
        whole.setSpacing(12)
        whole.addWidget(named(QLabel(title), "heading"))
        whole.addWidget(self.field)
        whole.addWidget(self.sentence)
        whole.addWidget(self.buttons)

    def keep(self) -> None:
        """Take the name and close; a sentence says what is wrong with it."""
        name = " ".join(self.field.text().split())
        if name in self._taken and name != self._asked:
            self._asked = name
            self._say(f"“{name}” exists already. Press Replace to write over it.", "warning")
            self.save_button.setText("&Replace")
            return
        try:
            self.take(name)
        except BadData as error:
            self._say(error.sentence, "failure")
            return
        self.accept()

    def _forget(self) -> None:
        self._asked = ""
        self.save_button.setText("&Save")
        self._say("", "hint")

    def _say(self, sentence: str, tone: str) -> None:
        rename(self.sentence, tone)
        self.sentence.setText(sentence)


class TemplatesDialog(QDialog):
    """Opened with ``open()``; what is done in it is done at once."""

    def __init__(self, chart: "ChartTemplates", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Templates of indicators")
        self.setMinimumSize(560, 380)
        self._chart = chart
        self._writing = ""
        self.list = QListWidget()
        self.list.setAccessibleName("Templates")
        self.sentence = named(QLabel(), "hint")
        self.sentence.setWordWrap(True)
        self.sentence.setTextFormat(Qt.TextFormat.PlainText)
        self.apply_button, self.back_button = QPushButton("&Apply"), QPushButton("&Put back")
        self.save_button, self.rename_button = QPushButton("&Save these…"), QPushButton("Re&name…")
        self.delete_button, self.usual_box = QPushButton("&Delete…"), QCheckBox("For new &charts")
        self.write_button, self.read_button = QPushButton("&Write to file…"), QPushButton("Read from &file…")
        self.close_button = QPushButton("Close")
        self.usual_box.setToolTip("Charts on which no indicators were ever chosen begin with this template")
        self.back_button.setToolTip("Show the indicators again that the chart had before the template")
        self._lay_out()
        self._connect()
        self._list()

    @property
    def current(self) -> str:
        """The name of the selected template; empty without any."""
        item = self.list.currentItem()
        return str(item.data(Qt.ItemDataRole.UserRole)) if item is not None else ""

    def select(self, name: str) -> None:
        for row in range(self.list.count()):
            if self.list.item(row).data(Qt.ItemDataRole.UserRole) == name:
                self.list.setCurrentRow(row)

    def done(self, result: int) -> None:
        self._chart.changed.disconnect(self._list)
        super().done(result)

    # ---------------------------------------------------------------------------------------- what the buttons do

    def apply(self) -> None:
        """Show the selected template's indicators on the chart."""
        if self.current:
            notice = self._chart.apply(self.current)
            self._say(notice.sentence, "success" if notice.level is Level.INFO else "warning")

    def put_back(self) -> None:
        """Show again what the chart had before."""
        notice = self._chart.put_back()
        if notice is not None:
            self._say(notice.sentence, "success")

    def ask_save(self) -> NameDialog:
        """Ask under which name to save the chart's indicators."""
        dialog = self._chart.ask_name(self)
        dialog.accepted.connect(lambda: self._show_saved(" ".join(dialog.field.text().split())))
        return dialog

    def _show_saved(self, name: str) -> None:
        self.select(name)
        self._say(f"Saved the chart's indicators as “{name}”.", "success")

    def ask_rename(self) -> NameDialog:
        """Ask for another name of the selected template."""
        before = self.current
        dialog = NameDialog("Rename the template", before, [], parent=self)
        dialog.take = lambda name: self._chart.rename(before, name)
        dialog.accepted.connect(lambda: self.select(" ".join(dialog.field.text().split())))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def ask_delete(self) -> QMessageBox:
        """Delete the selected template, once that is confirmed."""
        name = self.current
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "Delete the template",
            f"Delete the template “{name}”? Charts keep the indicators they have.",
            QMessageBox.StandardButton.Cancel,
            self,
        )
        delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
        delete.clicked.connect(lambda: self._chart.remove(name))
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()
        return box

    def choose_usual(self) -> None:
        """Have new charts begin with the selected template, or with none."""
        name = self.current if self.usual_box.isChecked() else ""
        self._chart.set_usual(name)
        self._say(f"New charts begin with “{name}”." if name else "New charts begin without indicators.")

    def ask_file_to_write(self) -> None:
        self._writing = self.current
        start = self._chart.folder / file_name(self._writing, False, ".json")
        choose_file(self, "Write template", start, _JSON, self.write)

    def write(self, path: str) -> None:
        """Write the template that was selected into that file."""
        try:
            self._say(self._chart.write(self._writing, Path(path)), "success")
        except MonitorError as error:
            self._say(error.sentence, "failure")

    def ask_file_to_read(self) -> None:
        chooser = QFileDialog(self, "Read template", str(self._chart.folder), "Templates (*.json);;All files (*)")
        chooser.setOption(QFileDialog.Option.DontUseNativeDialog)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFile)
        chooser.fileSelected.connect(self.read)
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    def read(self, path: str) -> None:
        """Take in the template of that file, and select it."""
        try:
            name, sentence = self._chart.take_file(Path(path))
        except MonitorError as error:
            self._say(error.sentence, "failure")
            return
        self.select(name)
        self._say(sentence, "success")

    # ---------------------------------------------------------------------------------------- what is shown

    def _list(self) -> None:
        before, templates = self.current, self._chart.templates
        row = self.list.currentRow()
        self.list.clear()
        for name in templates.names:
            found = templates.find(name).read()
            labels = [settings.label for settings in found.known]
            usual = "   for new charts" if name == templates.usual else ""
            item = QListWidgetItem(f"{name}{usual}\n    {', '.join(labels) or 'nothing that this version knows'}")
            item.setData(Qt.ItemDataRole.UserRole, name)
            item.setToolTip(found.lost)
            self.list.addItem(item)
        self.list.setCurrentRow(min(max(row, 0), self.list.count() - 1))
        self.select(before)
        if not self.list.count():
            self._say(_EMPTY)
        elif self.sentence.text() == _EMPTY:
            self._say("")
        self._show_usable()

    def _show_usable(self) -> None:
        name = self.current
        for button in (self.apply_button, self.rename_button, self.delete_button, self.usual_box, self.write_button):
            button.setEnabled(bool(name))
        self.usual_box.setChecked(bool(name) and name == self._chart.templates.usual)
        self.back_button.setEnabled(bool(self._chart.to_put_back))
        self.save_button.setEnabled(self._chart.has_indicators)

    def _say(self, sentence: str, tone: str = "hint") -> None:
        rename(self.sentence, tone)
        self.sentence.setText(sentence)

    def _connect(self) -> None:
        self._chart.changed.connect(self._list)
        self.usual_box.clicked.connect(self.choose_usual)
        self.list.currentRowChanged.connect(self._show_usable)
        self.list.itemDoubleClicked.connect(self.apply)
        clicks: tuple[tuple[QPushButton, Callable[[], object]], ...] = (
            (self.apply_button, self.apply),
            (self.back_button, self.put_back),
            (self.save_button, self.ask_save),
            (self.rename_button, self.ask_rename),
            (self.delete_button, self.ask_delete),
            (self.write_button, self.ask_file_to_write),
            (self.read_button, self.ask_file_to_read),
            (self.close_button, self.accept),
        )
        for button, act in clicks:
            button.setAutoDefault(False)
            button.clicked.connect(act)

    def _lay_out(self) -> None:
        middle, column = QHBoxLayout(), QVBoxLayout()
        for group in (
            (self.apply_button, self.back_button),
            (self.save_button, self.rename_button, self.delete_button, self.usual_box),
            (self.write_button, self.read_button),
        ):
            for button in group:
                column.addWidget(button)
            column.addSpacing(8)
        column.addStretch(1)
        middle.setSpacing(16)
        middle.addWidget(self.list, 1)
        middle.addLayout(column)
        last = QHBoxLayout()
        last.addWidget(self.sentence, 1)
        last.addWidget(self.close_button)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(20, 16, 20, 16)
        whole.setSpacing(12)
        whole.addWidget(named(QLabel("Templates of indicators"), "heading"))
        whole.addLayout(middle, 1)
        whole.addLayout(last)

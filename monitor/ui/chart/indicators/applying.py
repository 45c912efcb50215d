"""What a person does with templates on one chart: saves its indicators as one, applies another, puts back what was."""

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QWidget

from monitor.analysis.indicators import Settings
from monitor.errors import MonitorError
from monitor.live.events import Level, Notice
from monitor.ui.chart.indicators.template_dialogs import NameDialog, TemplatesDialog
from monitor.ui.chart.indicators.templates import Template, Templates, read_template, write_template
from monitor.ui.export.job import export_folder
from monitor.ui.view_ports import ViewPorts

if TYPE_CHECKING:
    from monitor.ui.chart.indicators.on_chart import ChartIndicators


class ChartTemplates(QObject):
    """Sees to the templates of a profile from one chart. ``changed`` tells that there are others, or to put back."""

    changed = Signal()

    def __init__(self, ports: ViewPorts, indicators: "ChartIndicators") -> None:
        super().__init__(indicators)
        self._ports, self._indicators = ports, indicators
        self.templates = Templates(ports.preferences)
        #: What the chart had before a template was applied, and that template's name.
        self._before: tuple[list[Settings], str] | None = None

    @property
    def has_indicators(self) -> bool:
        """Whether there is something on the chart to save."""
        return bool(self._indicators.wanted)

    @property
    def folder(self) -> Path:
        """Where files of templates are looked for and written."""
        return export_folder(self._ports.preferences)

    def for_new_chart(self) -> list[Settings]:
        """The indicators that a chart begins with on which none were ever chosen."""
        usual = self.templates.usual
        if not usual:
            return []
        found = self.templates.find(usual).read()
        if found.lost:
            self._ports.bus.publish(Notice(Level.WARNING, f"The template “{usual}”: {found.lost}"))
        return found.known

    def apply(self, name: str) -> Notice:
        """Show the indicators of a template in place of those on the chart; what was told of it."""
        try:
            found = self.templates.find(name).read()
        except MonitorError as error:
            return self._tell(Level.WARNING, error.sentence)
        if not found.known:
            return self._tell(Level.WARNING, f"“{name}” is not applied: {found.lost}")
        self._before = self._indicators.wanted, name
        self._indicators.want(found.known)
        self.changed.emit()
        told = f"Applied the template “{name}”. {found.lost}".strip()
        return self._tell(Level.WARNING if found.lost else Level.INFO, told)

    @property
    def to_put_back(self) -> str:
        """The template that was applied last and can be taken back; empty when there is none."""
        return self._before[1] if self._before else ""

    def put_back(self) -> Notice | None:
        """Show again what the chart had before the last template; what was told of it, None without one."""
        if self._before is None:
            return None
        (indicators, name), self._before = self._before, None
        self._indicators.want(indicators)
        self.changed.emit()
        return self._tell(Level.INFO, f"Put back the indicators from before “{name}”.")

    def save(self, name: str) -> None:
        """Keep the chart's indicators under a name, in place of what it had. Raises BadData where it is none."""
        self.templates.put(Template.of(name, self._indicators.wanted))
        self.changed.emit()

    def rename(self, name: str, other: str) -> None:
        """Raises BadData where the other name is none, or taken."""
        self.templates.rename(name, other)
        self.changed.emit()

    def remove(self, name: str) -> None:
        self.templates.remove(name)
        self.changed.emit()

    def set_usual(self, name: str) -> None:
        self.templates.set_usual(name)
        self.changed.emit()

    def write(self, name: str, path: Path) -> str:
        """Write a template into a file; a sentence about it. Raises MonitorError."""
        write_template(path, self.templates.find(name))
        return f"Wrote “{name}” to {path.name}."

    def take_file(self, path: Path) -> tuple[str, str]:
        """Keep the template of a file; its name here, and a sentence about it. Raises MonitorError."""
        template = read_template(path)
        name = self.templates.free_name(template.name)
        self.templates.put(Template(name, template.indicators))
        self.changed.emit()
        return name, f"Read “{name}” from {path.name}. {template.read().lost}".strip()

    def _tell(self, level: Level, sentence: str) -> Notice:
        notice = Notice(level, sentence)
        self._ports.bus.publish(notice)
        return notice

    # ---------------------------------------------------------------------------------------- asking

    def ask_name(self, parent: QWidget) -> NameDialog:
        """Ask under which name to save what is on the chart."""
        dialog = NameDialog("Save as a template", "", self.templates.names, replaces=True, parent=parent)
        dialog.take = self.save
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def open_dialog(self, parent: QWidget) -> TemplatesDialog:
        """Show all templates and what can be done with them."""
        dialog = TemplatesDialog(self, parent)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()
        return dialog

    def fill(self, menu: QMenu, parent: QWidget) -> None:
        """The entries of a menu of templates, as things are when it is opened."""
        menu.clear()
        save = menu.addAction("&Save these as a template…", lambda: self.ask_name(parent))
        save.setEnabled(self.has_indicators)
        menu.addSeparator()
        usual = self.templates.usual
        for name in self.templates.names:
            words = f"{name} (for new charts)" if name == usual else name
            action = QAction(words.replace("&", "&&"), menu)
            action.triggered.connect(lambda _checked=False, name=name: self.apply(name))
            menu.addAction(action)
        if not self.templates.names:
            menu.addAction("No templates yet").setEnabled(False)
        menu.addSeparator()
        back = menu.addAction("&Put back what was there", self.put_back)
        back.setEnabled(bool(self.to_put_back))
        menu.addAction("&Manage templates…", lambda: self.open_dialog(parent))

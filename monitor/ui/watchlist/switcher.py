"""The button that names the list shown, with a menu to switch, make, rename, duplicate and remove lists."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMenu, QMessageBox, QToolButton, QWidget

from monitor.ui.panel import named
from monitor.ui.watchlist.lists import NamedLists


class ListSwitcher(QToolButton):
    """Shows the list's name; its menu is made anew each time it opens."""

    def __init__(self, lists: NamedLists, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._lists = lists
        named(self, "listSwitcher")
        self.setAccessibleName("Watchlist shown")
        self.setToolTip("Switch to another list, or make one")
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = QMenu(self)
        menu.aboutToShow.connect(self._fill)
        self.setMenu(menu)
        lists.changed.connect(self._show_name)

    def _show_name(self) -> None:
        self.setText(f"{self._lists.current} ▾")

    def _fill(self) -> None:
        menu = self.menu()
        menu.clear()
        for name in self._lists.names:
            entry = menu.addAction(name, partial(self._lists.show, name))
            entry.setCheckable(True)
            entry.setChecked(name == self._lists.current)
        menu.addSeparator()
        menu.addAction("New…", self.ask_new)
        menu.addAction("Rename…", self.ask_rename)
        menu.addAction("Duplicate…", self.ask_duplicate)
        menu.addAction("Remove…", self.ask_remove).setEnabled(len(self._lists.names) > 1)

    def ask_new(self) -> None:
        self._ask("New list", "", self._lists.create)

    def ask_rename(self) -> None:
        self._ask("Rename the list", self._lists.current, self._lists.rename)

    def ask_duplicate(self) -> None:
        symbols = self._lists.symbols
        self._ask("Duplicate the list", f"{self._lists.current} copy", lambda name: self._lists.create(name, symbols))

    def ask_remove(self) -> None:
        name, count = self._lists.current, len(self._lists.symbols)
        box = QMessageBox(
            QMessageBox.Icon.Question,
            "Remove the list",
            f"Remove “{name}” with its {count} symbols? What was recorded of them stays.",
            QMessageBox.StandardButton.Cancel,
            self,
        )
        remove = box.addButton("Remove", QMessageBox.ButtonRole.DestructiveRole)
        remove.clicked.connect(self._lists.remove)
        box.setDefaultButton(QMessageBox.StandardButton.Cancel)
        box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        box.open()

    def _ask(self, title: str, name: str, take: Callable[[str], str], objection: str = "") -> None:
        """Ask for a name; while ``take`` objects to it, ask again with the objection above the field."""
        dialog = QInputDialog(self)
        dialog.setWindowTitle(title)
        dialog.setLabelText(objection or "Name of the list:")
        dialog.setTextValue(name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)

        def chosen(text: str) -> None:
            refused = take(text.strip())
            if refused:
                self._ask(title, text, take, refused)

        dialog.textValueSelected.connect(chosen)
        dialog.open()

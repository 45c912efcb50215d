"""The menu entries that care for the database."""

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from monitor.ui.database.backup import BackupDialog
from monitor.ui.database.check import CheckDialog
from monitor.ui.view_ports import ViewPorts


class DatabaseEntries(QObject):
    """Makes ``back_up`` and ``check`` open their dialogs."""

    def __init__(self, back_up: QAction, check: QAction, ports: ViewPorts, window: QWidget) -> None:
        super().__init__(window)
        self._ports, self._window = ports, window
        back_up.triggered.connect(self.open_backup)
        check.triggered.connect(self.open_check)

    def open_backup(self) -> BackupDialog:
        """Offer a copy of the database."""
        dialog = BackupDialog(self._ports, self._window)
        dialog.open()
        return dialog

    def open_check(self) -> CheckDialog:
        """Begin a check of the database."""
        dialog = CheckDialog(self._ports, self._window)
        dialog.open()
        dialog.begin()
        return dialog

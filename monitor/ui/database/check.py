"""Checking the database on demand: table after table, beside the recording."""

from PySide6.QtWidgets import QLabel, QWidget

from monitor.ui.panel import named
from monitor.ui.view_ports import ViewPorts
from monitor.ui.work_dialog import WorkDialog

TITLE = "Check the database"
_WORDS = (
    "Every table and index is read and compared. Recording goes on meanwhile. If something is damaged, what can be "
    "read is saved into a new database, and the damaged one is kept."
)
_MOST_SHOWN = 5


class CheckDialog(WorkDialog):
    """Begins as it opens; the sentence at the end is a success, or what is wrong."""

    def __init__(self, ports: ViewPorts, parent: QWidget | None = None) -> None:
        super().__init__(ports, TITLE, _WORDS, parent)
        self.problems = named(QLabel(), "hint")
        self.problems.setWordWrap(True)
        self.problems.hide()
        self.column.addWidget(self.problems)

    def begin(self) -> None:
        """Start the check."""
        self._say("Beginning…", "hint")
        self._run(self._check())

    async def _check(self) -> None:
        check = await self._ports.care.check(self._show_table, lambda: self._cancelled)
        if check is None:
            self._say("Cancelled. What was looked at until then is sound.", "hint")
        elif not check.problems:
            self._say(f"The database is sound. That took {check.seconds:,.1f} s.", "success")
        else:
            self.problems.setText("\n".join(check.problems[:_MOST_SHOWN]))
            self.problems.show()
            self._say(
                "The database is damaged. What can be read is now saved into a new one; a message will say what was "
                "lost. The damaged file is kept.",
                "failure",
            )

    def _show_table(self, done: int, total: int, table: str) -> None:
        self._show_progress(done, total, f"{table}, table {done + 1} of {total}")

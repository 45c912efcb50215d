"""What a panel wants from the stream: asked for while the panel can be seen, taken off while it is closed."""

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from monitor.ports import Wanted, Watching
from monitor.ui.panel import Panel

_NOTHING = Wanted()


class Wish(QObject):
    """Names a panel's wishes to the stream under ``owner``; a panel behind a tab counts as closed.

    A minimised window goes on wanting: what streams is recorded, whether or not somebody looks.
    """

    def __init__(self, panel: QWidget, watching: Watching, owner: str) -> None:
        super().__init__(panel)
        self._panel, self._watching, self._owner = panel, watching, owner
        self._wanted = _NOTHING
        panel.installEventFilter(self)
        if isinstance(panel, Panel):
            panel.sight_changed.connect(self._tell)

    def want(self, wanted: Wanted) -> None:
        """Replace what the panel wants."""
        self._wanted = wanted
        self._tell()

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        if event.type() in (QEvent.Type.Show, QEvent.Type.Hide):
            self._tell()
        return False

    def _tell(self) -> None:
        panel = self._panel
        seen = panel.in_sight if isinstance(panel, Panel) else panel.isVisible()
        self._watching.want(self._owner, self._wanted if seen else _NOTHING)

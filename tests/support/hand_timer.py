"""A timer that is wound by hand, in place of Qt's: no test waits for time to pass."""

from PySide6.QtCore import QObject, Signal


class HandTimer(QObject):
    """As much of QTimer as single shots need; ``pass_ms`` lets time pass."""

    timeout = Signal()

    def __init__(self, parent: QObject, interval: int, singleShot: bool) -> None:  # noqa: N803  Qt's name
        super().__init__(parent)
        assert singleShot
        self._interval = interval
        self._left: int | None = None

    @classmethod
    def of(cls, owner: QObject) -> "HandTimer":
        """The one timer of that owner."""
        (found,) = owner.findChildren(cls)
        return found

    def interval(self) -> int:
        return self._interval

    def isActive(self) -> bool:
        return self._left is not None

    def start(self) -> None:
        self._left = self._interval

    def stop(self) -> None:
        self._left = None

    def pass_ms(self, ms: int) -> None:
        if self._left is None:
            return
        self._left -= ms
        if self._left <= 0:
            self._left = None
            self.timeout.emit()

"""Link groups: panels that carry the same number show the same symbol."""

from PySide6.QtCore import QObject, Signal


class LinkGroup(QObject):
    """One numbered group; choosing a symbol anywhere in it moves every panel of it."""

    symbol_changed = Signal(str)

    def __init__(self, number: int, colour: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.number = number
        self.colour = colour
        self._symbol = ""

    @property
    def symbol(self) -> str:
        """The symbol shown, or an empty string before the first is chosen."""
        return self._symbol

    def choose(self, symbol: str) -> None:
        if symbol and symbol != self._symbol:
            self._symbol = symbol
            self.symbol_changed.emit(symbol)

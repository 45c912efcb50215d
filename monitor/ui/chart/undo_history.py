"""What was done by hand on the charts of each symbol, drawings and alerts in one order: to undo and to do again."""

from collections import defaultdict
from collections.abc import Callable

#: Does something, and gives the act that takes it back; None where there was nothing left to do.
Act = Callable[[], "Act | None"]


class UndoHistory:
    """Steps back and on without end, which all charts of a symbol share.

    A new act takes the place of those that were undone. One of which nothing is left, since what it was done to is gone
    or is that way already, is passed over for the next.
    """

    def __init__(self) -> None:
        self._done: defaultdict[str, list[Act]] = defaultdict(list)
        self._undone: defaultdict[str, list[Act]] = defaultdict(list)

    def add(self, symbol: str, back: Act) -> None:
        """Something was done, which ``back`` takes back."""
        self._done[symbol].append(back)
        self._undone[symbol].clear()

    def can_undo(self, symbol: str) -> bool:
        return bool(self._done[symbol])

    def can_redo(self, symbol: str) -> bool:
        return bool(self._undone[symbol])

    def undo(self, symbol: str) -> None:
        """Take the last act back, where there is one."""
        _step(self._done[symbol], self._undone[symbol])

    def redo(self, symbol: str) -> None:
        """Do again what was undone last, where there is something."""
        _step(self._undone[symbol], self._done[symbol])


def _step(acts: list[Act], others: list[Act]) -> None:
    while acts:
        back = acts.pop()()
        if back is not None:
            others.append(back)
            return

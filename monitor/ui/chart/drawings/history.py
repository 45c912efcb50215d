"""What was done to the drawings of one symbol, to undo and to do again."""

from collections.abc import Sequence
from typing import NamedTuple

from monitor.market.drawing import Drawing


class Edit(NamedTuple):
    """One drawing before and after; None where there was none, or is none any more."""

    before: Drawing | None
    after: Drawing | None

    @property
    def id(self) -> str:
        drawing = self.after or self.before
        return drawing.id if drawing else ""


Step = tuple[Edit, ...]


class History:
    """Steps back and on without end; a new step takes the place of those that were undone."""

    def __init__(self) -> None:
        self._done: list[Step] = []
        self._undone: list[Step] = []

    def add(self, edits: Sequence[Edit]) -> None:
        self._done.append(tuple(edits))
        self._undone.clear()

    @property
    def can_undo(self) -> bool:
        return bool(self._done)

    @property
    def can_redo(self) -> bool:
        return bool(self._undone)

    def undo(self) -> Step:
        """The edits that take the last step back; none where there is none."""
        if not self._done:
            return ()
        step = self._done.pop()
        self._undone.append(step)
        return tuple(Edit(edit.after, edit.before) for edit in reversed(step))

    def redo(self) -> Step:
        """The edits of the step that was undone last; none where there is none."""
        if not self._undone:
            return ()
        step = self._undone.pop()
        self._done.append(step)
        return step

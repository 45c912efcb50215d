"""How far a command is, on the terminal."""

import shutil
import sys
from collections.abc import Callable

from monitor.ports import OpeningStep


def percent() -> Callable[[int, int], None]:
    """Percent on the terminal; silent when nobody watches."""
    if not sys.stderr.isatty():
        return lambda _done, _total: None

    def show(done: int, total: int) -> None:
        end = "\n" if done >= total else ""
        print(f"\r{100 * done // max(total, 1):3d} %", end=end, file=sys.stderr, flush=True)

    return show


class TerminalWatch:
    """Says on stderr what is being done to the database once it lasts, a line a step, and on a terminal how far it is.

    ``stopped()``, asked on another thread, says whether the program is to end.
    """

    patience = 1.0

    def __init__(self, stopped: Callable[[], bool] = lambda: False) -> None:
        self._wanted = stopped
        self._stopped = False
        self._sentence = ""
        self._width = 0  # of what stands on the line that is not ended yet

    @property
    def stopped(self) -> bool:
        return self._stopped or self._wanted()

    def stop(self) -> None:
        """The database is not to be opened any more."""
        self._stopped = True

    def show(self, step: OpeningStep, seconds: float) -> None:
        live = sys.stderr.isatty()
        if step.sentence != self._sentence:
            self.end()
            self._sentence = step.sentence
            if not live:
                print(step.sentence, file=sys.stderr, flush=True)
        if live:
            self._write(f"{step.sentence} {_how_far(step, seconds)}")

    def end(self) -> None:
        if self._width:
            print(file=sys.stderr, flush=True)
        self._sentence, self._width = "", 0

    def _write(self, line: str) -> None:
        """In the place of what stood there; a line that is too long would leave a part of itself behind."""
        line = line[: shutil.get_terminal_size().columns - 1]
        print(f"\r{line:{self._width}}", end="", file=sys.stderr, flush=True)
        self._width = len(line)


def _how_far(step: OpeningStep, seconds: float) -> str:
    parts = [f"{100 * step.done // step.total:3d} %"] if step.total else []
    return ", ".join([*parts, *filter(None, [step.detail]), f"{seconds:.0f} s"])

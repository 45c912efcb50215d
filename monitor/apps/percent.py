"""How far a command is, on the terminal."""

import sys
from collections.abc import Callable


def percent() -> Callable[[int, int], None]:
    """Percent on the terminal; silent when nobody watches."""
    if not sys.stderr.isatty():
        return lambda _done, _total: None

    def show(done: int, total: int) -> None:
        end = "\n" if done >= total else ""
        print(f"\r{100 * done // max(total, 1):3d} %", end=end, file=sys.stderr, flush=True)

    return show

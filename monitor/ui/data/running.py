"""How far a repair is: the requests of its plan against what is told of each symbol."""

from collections import Counter
from collections.abc import Sequence

from monitor.analysis.repair import Request
from monitor.live.events import HistoryProgress
from monitor.ui.data.phrases import counted


class Running:
    """A repair from its start until every symbol of the plan is done, has failed or was cancelled."""

    def __init__(self, plan: Sequence[Request]) -> None:
        self._total = Counter[str]()
        self._before = Counter[str]()  # done of a symbol before more of it was wanted
        self._done = Counter[str]()
        self._left = set[str]()
        self._failed: dict[str, str] = {}
        self.symbol = ""
        self.add(plan)

    def add(self, plan: Sequence[Request]) -> None:
        """More is to be fetched."""
        more = Counter(request.symbol for request in plan)
        for symbol in more.keys() - self._left:
            self._before[symbol] = self._done[symbol] = self._total[symbol]
        self._total += more
        self._left |= more.keys()

    @property
    def symbols(self) -> list[str]:
        """Those that still have something to come, in the plan's order."""
        return [symbol for symbol in self._total if symbol in self._left]

    @property
    def done(self) -> int:
        return self._done.total()

    @property
    def total(self) -> int:
        return self._total.total()

    @property
    def over(self) -> bool:
        return not self._left

    def hear(self, event: HistoryProgress) -> bool:
        """Take over what is told of a symbol; False where the repair is not about it."""
        if event.symbol not in self._left:
            return False
        self.symbol = event.symbol
        # The job may hold requests of others besides: what the plan does not know is not counted.
        self._done[event.symbol] = min(self._before[event.symbol] + event.done, self._total[event.symbol])
        if event.finished:
            self._left.remove(event.symbol)
            if event.failed:
                self._failed[event.symbol] = event.failed
            else:
                self._done[event.symbol] = self._total[event.symbol]
        return True

    def words(self) -> str:
        """How far it is."""
        about = f" · {self.symbol}" if self.symbol else ""
        return f"Repairing: {self.done:,} of {counted(self.total, 'request')}{about}"

    def outcome(self) -> tuple[str, bool]:
        """What came of it in the end, and whether all went well."""
        if not self._failed:
            return f"Repaired: {counted(self.total, 'request')}.", True
        symbol, why = next(iter(self._failed.items()))
        others = f" and {len(self._failed) - 1} more" if len(self._failed) > 1 else ""
        return f"{symbol}{others} not repaired: {why}", False

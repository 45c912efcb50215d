"""What hands do to alerts on any chart, each an act that can be undone."""

from functools import partial
from typing import Any

from msgspec.structs import replace

from monitor.live.alerting import Alerting
from monitor.market.alert import Alert
from monitor.ui.chart.undo_history import Act, UndoHistory

#: What a person says of an alert; all else is what became of it.
_BY_HAND = ("price", "direction", "again", "rearm", "note", "active")


class AlertActs:
    """Makes changes through the alerting, and adds them to what can be undone.

    What is undone, or done again, is the person's part alone. That an alert has fired is nobody's act: it stays fired,
    and one that fires once does not wait again because an earlier move of it is undone. What was removed comes back as
    it stood when it was removed, and waits from the price of now on, so that nothing is told of the time between. A
    change of an alert that something else has removed since does not bring it back.
    """

    def __init__(self, alerting: Alerting, history: UndoHistory) -> None:
        self._alerting = alerting
        self._history = history

    def here(self, alert: Alert) -> Alert | None:
        """The alert as it is now; None where it is removed."""
        return next((each for each in self._alerting.of(alert.symbol) if each.id == alert.id), None)

    def put(self, alert: Alert) -> bool:
        """Have an alert as the person wants it, new or changed; gives whether that is anything new."""
        return self._add(alert.symbol, self._make(self.here(alert), alert))

    def remove(self, alert: Alert) -> bool:
        """Remove an alert; gives whether it was there."""
        return self._add(alert.symbol, self._make(alert, None))

    def _add(self, symbol: str, back: Act | None) -> bool:
        if back is not None:
            self._history.add(symbol, back)
        return back is not None

    def _make(self, before: Alert | None, after: Alert | None) -> Act | None:
        """Make of an alert what made ``after`` of ``before``, as far as it still can be; gives what takes that back."""
        if after is None:
            return self._take_away(before) if before is not None else None
        here = self.here(after)
        if before is None and here is None:
            wanted = after
        elif before is None or here is None:  # it is back already, or gone
            return None
        else:
            wanted = _changed(here, before, after)
        if wanted == here:
            return None
        self._alerting.put(wanted)
        return partial(self._make, wanted, here)

    def _take_away(self, alert: Alert) -> Act | None:
        here = self.here(alert)
        if here is None:
            return None
        self._alerting.remove(here)
        return partial(self._make, None, here)


def _by_hand(alert: Alert) -> dict[str, Any]:
    return {name: getattr(alert, name) for name in _BY_HAND}


def _changed(here: Alert, before: Alert, after: Alert) -> Alert:
    """The alert as it is now with what makes the one of the other; what has fired once since ``before`` is off."""
    first, then = _by_hand(before), _by_hand(after)
    wanted = replace(here, **{name: then[name] for name in _BY_HAND if then[name] != first[name]})
    fired = here.fired_ms != before.fired_ms
    return replace(wanted, active=False) if fired and not wanted.again else wanted

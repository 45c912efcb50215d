"""Undoing what was done to alerts that have fired, or are gone, in the meantime."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from monitor.live.events import AlertFired
from monitor.market.alert import Alert, Firing
from monitor.ui.chart.events.alert_acts import AlertActs
from monitor.ui.chart.undo_history import UndoHistory
from tests.support.builders import a_quote
from tests.support.ports import NOW_MS, view_ports


class Desk:
    """Acts over real alerting, at a market whose last price is 90."""

    def __init__(self) -> None:
        self.ports = view_ports()
        self.acts = AlertActs(self.ports.alerting, self.ports.undo_history)
        self.history: UndoHistory = self.ports.undo_history
        self.fired: list[Firing] = []
        self.ports.bus.listen(AlertFired, lambda event: self.fired.append(event.firing))
        self.trade(90.0)

    def trade(self, price: float) -> None:
        self.ports.board.take_quote(a_quote(last=price))

    @property
    def alerts(self) -> tuple[Alert, ...]:
        return self.ports.alerting.of("AAPL")

    @property
    def only(self) -> Alert:
        (alert,) = self.alerts
        return alert

    @property
    def state(self) -> tuple[float, bool, bool]:
        """Its price, whether it waits, whether it has ever fired."""
        return self.only.price, self.only.active, self.only.fired_ms is not None

    def change(self, **changes: object) -> None:
        assert self.acts.put(replace(self.only, **changes))

    def undo(self) -> None:
        self.history.undo("AAPL")

    def redo(self) -> None:
        self.history.redo("AAPL")


@pytest.fixture
def desk() -> Desk:
    made = Desk()
    assert made.acts.put(Alert("a", "AAPL", 100.0))
    return made


def test_a_move_is_undone_and_the_price_of_now_is_where_it_waits_from(desk: Desk) -> None:
    desk.change(price=110.0)
    desk.trade(105.0)
    desk.undo()
    assert desk.state == (100.0, True, False)
    desk.trade(106.0)
    assert desk.fired == []  # the price was over this line when the line came back
    desk.trade(99.0)
    assert len(desk.fired) == 1


def test_one_that_has_fired_since_goes_back_but_does_not_wait_again(desk: Desk) -> None:
    desk.change(price=95.0)
    desk.trade(96.0)
    assert desk.state == (95.0, False, True)
    desk.undo()
    assert desk.state == (100.0, False, True)
    desk.trade(120.0)
    desk.redo()
    assert desk.state == (95.0, False, True)
    desk.trade(80.0)
    assert len(desk.fired) == 1


def test_one_that_fires_again_and_again_goes_on_waiting(desk: Desk) -> None:
    desk.change(again=True, rearm=1.0)
    desk.change(price=95.0)
    desk.trade(96.0)
    desk.undo()
    assert desk.state == (100.0, True, True)
    desk.undo()  # and once more: it has fired, and is one that fires once now
    assert (desk.only.again, desk.only.active) == (False, False)


def test_what_was_put_to_work_again_by_a_move_is_off_again_without_it(desk: Desk) -> None:
    desk.trade(101.0)
    assert desk.state == (100.0, False, True)
    desk.change(price=110.0, active=True)
    desk.undo()
    assert desk.state == (100.0, False, True)
    desk.redo()
    assert desk.state == (110.0, True, True)


def test_turning_one_off_and_on_is_passed_over_once_it_has_fired(desk: Desk) -> None:
    desk.change(note="so")
    desk.change(active=False)
    desk.change(active=True)
    desk.trade(101.0)
    desk.undo()  # neither can change anything any more: the words before are undone instead
    assert (desk.state, desk.only.note) == ((100.0, False, True), "")


@pytest.mark.parametrize("fires", [False, True])
def test_one_that_was_removed_comes_back_as_it_stood(desk: Desk, fires: bool) -> None:
    held = desk.only
    if fires:
        desk.trade(101.0)
    stood = desk.state
    assert desk.acts.remove(held)  # by a menu, say, that was opened before it fired
    desk.undo()
    assert desk.state == stood == (100.0, not fires, fires)
    desk.redo()
    assert desk.alerts == ()


def test_nothing_is_told_of_the_time_for_which_it_was_removed(desk: Desk) -> None:
    desk.acts.remove(desk.only)
    desk.trade(110.0)
    desk.undo()
    desk.trade(111.0)
    assert desk.fired == []
    desk.trade(99.0)
    assert len(desk.fired) == 1


def test_one_that_was_made_is_taken_away_with_what_it_has_become(desk: Desk) -> None:
    desk.trade(101.0)
    desk.undo()
    assert desk.alerts == ()
    desk.redo()
    assert desk.state == (100.0, False, True)


def gone(desk: Desk) -> None:
    desk.ports.alerting.remove(desk.only)


def gone_and_back(desk: Desk) -> None:
    gone(desk)
    desk.ports.alerting.put(Alert("a", "AAPL", 70.0))


@pytest.mark.parametrize(("meanwhile", "left"), [(gone, []), (gone_and_back, [70.0])])
def test_what_something_else_did_in_the_meantime_stands(
    desk: Desk, meanwhile: Callable[[Desk], None], left: list[float]
) -> None:
    desk.change(note="so")
    desk.change(note="else")
    meanwhile(desk)
    desk.undo()
    assert [alert.price for alert in desk.alerts] == left


def test_one_that_is_back_already_is_not_put_back_over_it(desk: Desk) -> None:
    desk.acts.remove(desk.only)
    desk.ports.alerting.put(Alert("a", "AAPL", 70.0))
    desk.undo()
    assert desk.history.can_redo("AAPL")  # the making of it was undone instead
    assert desk.alerts == ()


def test_what_was_changed_elsewhere_is_not_undone_along(desk: Desk) -> None:
    desk.change(price=110.0)
    desk.ports.alerting.put(replace(desk.only, note="from elsewhere"))
    desk.undo()
    assert (desk.only.price, desk.only.note) == (100.0, "from elsewhere")


def test_a_form_that_was_opened_before_it_fired_does_not_take_that_back(desk: Desk) -> None:
    held = desk.only
    desk.trade(101.0)
    assert desk.acts.put(replace(held, price=120.0, active=True))
    assert desk.state == (120.0, True, True)
    desk.undo()
    assert (desk.state, desk.only.fired_ms) == ((100.0, False, True), NOW_MS)


def test_what_changes_nothing_is_no_act(desk: Desk) -> None:
    assert not desk.acts.put(desk.only)
    assert not desk.acts.remove(Alert("other", "AAPL", 1.0))
    desk.undo()
    assert desk.alerts == ()
    assert not desk.history.can_undo("AAPL")

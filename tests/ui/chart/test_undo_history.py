"""One order of all acts on a symbol's charts: drawings and alerts are undone in the reverse of it, from any chart."""

from msgspec.structs import replace
from PySide6.QtCore import QPoint, Qt
from pytestqt.qtbot import QtBot

from monitor.market.alert import Alert
from monitor.ui.chart.drawings import tools
from monitor.ui.chart.drawings.draw_button import DrawButton
from monitor.ui.chart.undo_history import Act, UndoHistory
from tests.support.chart_hand import CTRL, LEFT, NONE, SHIFT, ChartHand, pick

# ------------------------------------------------------------------------------------------- the history


class Page:
    """What acts write on."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.history = UndoHistory()

    def write(self, word: str, symbol: str = "AAPL") -> None:
        self.words.append(word)
        self.history.add(symbol, self._eraser(word))

    def _eraser(self, word: str) -> Act:
        def erase() -> Act | None:
            if word not in self.words:
                return None
            self.words.remove(word)
            return self._writer(word)

        return erase

    def _writer(self, word: str) -> Act:
        def write() -> Act | None:
            self.words.append(word)
            return self._eraser(word)

        return write


def test_what_nothing_is_left_of_is_passed_over_and_forgotten() -> None:
    page = Page()
    for word in "abc":
        page.write(word)
    page.words.remove("c")
    page.words.remove("b")
    page.history.undo("AAPL")
    assert page.words == []
    page.history.undo("AAPL")  # there is no more
    assert not page.history.can_undo("AAPL")
    page.history.redo("AAPL")
    assert page.words == ["a"]
    assert not page.history.can_redo("AAPL")


def test_a_new_act_takes_the_place_of_those_of_its_symbol_that_were_undone() -> None:
    page = Page()
    page.write("a")
    page.write("m", "MSFT")
    page.history.undo("AAPL")
    page.history.undo("MSFT")
    page.write("b")
    assert [page.history.can_redo(symbol) for symbol in ("AAPL", "MSFT")] == [False, True]
    page.history.redo("AAPL")
    page.history.redo("MSFT")
    assert page.words == ["b", "m"]


# ------------------------------------------------------------------------------------------- on charts


def state(hand: ChartHand) -> tuple[list[str], list[float]]:
    """The drawings by their kinds, and the prices of the alerts."""
    drawings = [each.kind.value for each in hand.view.drawings.kept]
    return drawings, [each.price for each in hand.view.events.alerts.kept]


def draw(hand: ChartHand, place: QPoint, tool: tools.Tool = tools.HORIZONTAL) -> None:
    hand.panel.drawing.choose(tool)
    hand.click(place)


def put_alert(hand: ChartHand, y: int) -> Alert:
    desk = hand.panel.events.desk
    alert = desk.new(hand.view.scene.scale.price(y))
    assert alert is not None
    desk.put(alert)
    return alert


def drag_alert(hand: ChartHand, alert: Alert, pixels: int) -> None:
    begin = QPoint(300, hand.view.events.alerts.y(alert))
    hand.drag(begin, begin + QPoint(0, pixels))


def test_drawings_and_alerts_are_undone_in_the_reverse_of_the_order_they_were_done(qtbot: QtBot) -> None:
    hand = ChartHand(qtbot)
    states = [state(hand)]

    def done() -> None:
        assert state(hand) != states[-1]
        states.append(state(hand))

    alert = put_alert(hand, 200)
    done()
    draw(hand, QPoint(300, 120))
    done()
    drag_alert(hand, alert, 60)
    done()
    draw(hand, QPoint(300, 330), tools.VERTICAL)
    done()
    hand.panel.drawing.remove(hand.panel.drawing.drawings[0])
    done()
    hand.panel.events.desk.remove(alert)
    done()
    for expected in reversed(states[:-1]):
        hand.undo()
        assert state(hand) == expected
    hand.undo()  # there is no more
    assert state(hand) == states[0]
    for expected in states[1:]:
        hand.redo()
        assert state(hand) == expected
    hand.redo()
    hand.undo()
    hand.key(Qt.Key.Key_Z, CTRL | SHIFT)  # which does again too
    assert state(hand) == states[-1]


def test_the_other_charts_of_the_symbol_share_the_order(qtbot: QtBot) -> None:
    hand = ChartHand(qtbot)
    other = ChartHand(qtbot, ports=hand.ports)
    alert = put_alert(hand, 200)
    other.focus()
    draw(other, QPoint(300, 120))
    drag_alert(other, alert, 60)
    moved = state(other)
    hand.focus()
    hand.undo()
    assert state(hand) == state(other) == (["horizontal"], [alert.price])
    hand.undo()
    assert state(hand) == state(other) == ([], [alert.price])
    other.panel.close_panel()  # what was done on a chart can be undone when it is closed
    other.panel.hide()
    hand.redo()
    hand.redo()
    assert state(hand) == moved


def test_a_symbol_that_is_left_keeps_its_order_and_gives_none_of_it_to_the_next(qtbot: QtBot) -> None:
    hand = ChartHand(qtbot)
    put_alert(hand, 200)
    draw(hand, QPoint(300, 120))
    before = state(hand)
    hand.link.choose("MSFT")
    hand.undo()
    hand.link.choose("AAPL")
    assert state(hand) == before
    hand.undo()
    assert state(hand) == ([], before[1])
    hand.undo()
    assert state(hand) == ([], [])


def test_the_header_undoes_alerts_too(qtbot: QtBot) -> None:
    hand = ChartHand(qtbot)
    alert = put_alert(hand, 200)
    button = hand.panel.header.findChild(DrawButton)

    def entries() -> dict[str, bool]:
        button.menu().aboutToShow.emit()
        return {action.text().split("\t")[0]: action.isEnabled() for action in button.menu().actions()}

    assert (entries()["Undo"], entries()["Redo"]) == (True, False)
    pick(button.menu(), "Undo")
    assert state(hand) == ([], [])
    assert (entries()["Undo"], entries()["Redo"]) == (False, True)
    pick(button.menu(), "Redo")
    assert state(hand) == ([], [alert.price])


def test_nothing_is_undone_while_a_button_is_down(qtbot: QtBot) -> None:
    hand = ChartHand(qtbot)
    draw(hand, QPoint(300, 120))
    alert = put_alert(hand, 200)
    before, line = state(hand), hand.view.events.alerts.y(alert)
    hand.drag(QPoint(300, line), QPoint(300, line + 60), release=False)
    hand.undo()
    hand.redo()
    assert state(hand) == before
    hand.qtbot.mouseRelease(hand.view, LEFT, NONE, QPoint(300, line + 60))
    moved = state(hand)
    assert moved != before
    hand.undo()
    assert state(hand) == before


def test_an_alert_that_was_removed_elsewhere_does_not_stop_what_was_done_before(qtbot: QtBot) -> None:
    hand = ChartHand(qtbot)
    draw(hand, QPoint(300, 120))
    alert = put_alert(hand, 200)
    drag_alert(hand, alert, 60)
    hand.ports.alerting.remove(replace(alert))
    hand.undo()
    assert state(hand) == ([], [])
    hand.redo()
    assert state(hand) == (["horizontal"], [])

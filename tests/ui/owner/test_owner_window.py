"""The window that says who holds the data folder, and what can be done about it."""

import pytest
from PySide6.QtCore import Qt
from pytestqt.qtbot import QtBot

from monitor.ports import Owner
from monitor.ui.owner.window import Choice, OwnerWindow
from monitor.ui.theme import Theme
from tests.support.ports import NOW_MS

COLLECTOR = Owner("collector", 123, NOW_MS)
WINDOW = Owner("window", 456, NOW_MS)


@pytest.fixture
def window(qtbot: QtBot) -> OwnerWindow:
    window = OwnerWindow(Theme(), sandbox=False)
    qtbot.addWidget(window)
    return window


def offered(window: OwnerWindow) -> list[str]:
    """The words of the buttons, in order; the one that Enter presses has an arrow."""
    buttons = [window.button(choice) for choice in Choice]
    return [b.text().replace("&", "") + (" ⏎" if b.isDefault() else "") for b in buttons if b.isVisibleTo(window)]


def test_a_collector_can_be_followed_or_waited_for(window: OwnerWindow) -> None:
    window.offer(COLLECTOR)
    assert offered(window) == ["Take over ⏎", "Stand by", "Quit"]
    assert "since Fri 20 Nov 11:46, New York time" in window.sentence


def test_no_two_buttons_share_a_key(window: OwnerWindow) -> None:
    window.offer(WINDOW)
    words = [window.button(choice).text() for choice in Choice]
    keys = [text[text.index("&") + 1].lower() for text in words if "&" in text]
    assert len(set(keys)) == len(keys) == 4


def test_another_window_can_be_shown_first_of_all(window: OwnerWindow) -> None:
    window.offer(WINDOW)
    assert offered(window) == ["Show that window ⏎", "Take over", "Stand by", "Quit"]


@pytest.mark.parametrize("choice", [Choice.TAKE_OVER, Choice.STAND_BY])
def test_enter_presses_the_button_that_has_the_keyboard(qtbot: QtBot, window: OwnerWindow, choice: Choice) -> None:
    chosen: list[Choice] = []
    window.chosen.connect(chosen.append)
    window.offer(WINDOW)
    window.show()
    window.button(choice).setFocus()
    qtbot.keyClick(window.button(choice), Qt.Key.Key_Return)
    assert chosen == [choice]


def test_enter_takes_nothing_from_a_program_that_is_waited_for(qtbot: QtBot, window: OwnerWindow) -> None:
    chosen: list[Choice] = []
    window.chosen.connect(chosen.append)
    window.wait(COLLECTOR)
    window.show()
    qtbot.keyClick(window.button(Choice.TAKE_OVER), Qt.Key.Key_Return)
    assert chosen == []


def test_somebody_who_does_not_say_who_they_are_is_no_window_to_show(window: OwnerWindow) -> None:
    window.offer(Owner("", 0, 0))
    assert offered(window) == ["Take over ⏎", "Stand by", "Quit"]
    assert "since" not in window.sentence


def test_while_standing_by_it_can_take_over(window: OwnerWindow) -> None:
    window.wait(COLLECTOR)
    assert offered(window) == ["Take over", "Quit"]
    assert window.sentence.endswith("opens by itself once the collector (process 123) has ended.")


def test_what_was_handed_over_can_be_taken_back(window: OwnerWindow) -> None:
    window.wait(WINDOW, handed_over=True)
    assert offered(window) == ["Take back", "Quit"]
    assert window.sentence.startswith("It did so at 11:46:02, New York time.")


def test_asking_can_be_called_off_and_a_failure_is_said(window: OwnerWindow) -> None:
    window.ask(COLLECTOR)
    assert offered(window) == ["Cancel"]
    window.offer(COLLECTOR, "The collector (process 123) does not answer.")
    assert offered(window) == ["Take over ⏎", "Stand by", "Quit"]
    assert window.sentence.endswith("The collector (process 123) does not answer.")


def test_who_came_from_another_world_can_go_back(qtbot: QtBot) -> None:
    window = OwnerWindow(Theme(), sandbox=True, back="Go back to the live market.")
    qtbot.addWidget(window)
    window.offer(COLLECTOR)
    assert offered(window)[-1] == "Back"
    assert window.windowTitle() == "Market Monitor — SANDBOX"


def test_every_button_tells_its_choice_and_closing_it_is_leaving(window: OwnerWindow) -> None:
    chosen: list[Choice] = []
    window.chosen.connect(chosen.append)
    window.offer(WINDOW)
    for choice in (Choice.SHOW, Choice.TAKE_OVER, Choice.STAND_BY, Choice.LEAVE):
        window.button(choice).click()
    window.show()
    window.close()
    assert chosen == [Choice.SHOW, Choice.TAKE_OVER, Choice.STAND_BY, Choice.LEAVE, Choice.LEAVE]

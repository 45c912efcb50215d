"""How often a chart is told to show what came, on a timer that is wound by hand."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject

from monitor.ui.chart import pace as pace_module
from monitor.ui.chart.pace import SLOW_MS, Pace
from tests.support.hand_timer import HandTimer


@pytest.fixture
def pace(monkeypatch: pytest.MonkeyPatch) -> Iterator[Pace]:
    monkeypatch.setattr(pace_module, "QTimer", HandTimer)
    owner = QObject()
    yield Pace(owner)
    owner.deleteLater()


@pytest.fixture
def shown(pace: Pace) -> list[int]:
    """One entry for each time that the chart was told to show what came."""
    times: list[int] = []
    pace.due.connect(lambda: times.append(len(times)))
    return times


def test_eager_it_passes_everything_on_at_once(pace: Pace, shown: list[int]) -> None:
    for _ in range(7):
        pace.ask()
    assert len(shown) == 7


def test_otherwise_at_most_ten_times_a_second_and_the_last_always_arrives(pace: Pace, shown: list[int]) -> None:
    pace.be_eager(False)
    clock = HandTimer.of(pace)
    assert clock.interval() == SLOW_MS == 100
    for _ in range(50):  # a second of frames
        pace.ask()
        clock.pass_ms(20)
    assert len(shown) == 1 + 10
    clock.pass_ms(SLOW_MS)
    assert len(shown) == 11  # nothing came since
    pace.ask()
    pace.ask()
    assert len(shown) == 12
    clock.pass_ms(SLOW_MS - 1)
    assert len(shown) == 12
    clock.pass_ms(1)
    assert len(shown) == 13


def test_looked_at_again_it_waits_no_longer(pace: Pace, shown: list[int]) -> None:
    pace.be_eager(False)
    pace.ask()
    pace.ask()
    assert len(shown) == 1
    pace.be_eager(True)
    assert len(shown) == 2


@pytest.mark.parametrize("eager", [True, False])
def test_held_it_passes_nothing_on_until_it_is_released(pace: Pace, shown: list[int], eager: bool) -> None:
    pace.be_eager(eager)
    pace.hold(True)
    for _ in range(9):
        pace.ask()
        HandTimer.of(pace).pass_ms(1000)
    assert shown == []
    pace.hold(False)
    assert len(shown) == 1


def test_at_rest_it_forgets_what_came(pace: Pace, shown: list[int]) -> None:
    pace.be_eager(False)
    pace.ask()
    pace.ask()
    pace.rest()
    HandTimer.of(pace).pass_ms(SLOW_MS)
    assert len(shown) == 1

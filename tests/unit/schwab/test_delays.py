"""The pauses between tries: at once first, growing, and few logins on a line that flaps."""

import pytest

from monitor.schwab.delays import Delays
from monitor.schwab.timing import Timing


def test_at_once_and_then_growing_to_five_minutes():
    delays = Delays(Timing())
    waits = [delays.next() for _ in range(14)]
    assert waits[0] == 0
    assert all(0.5 * 2**n <= wait <= 2**n for n, wait in enumerate(waits[1:9]))
    assert all(150 <= wait <= 300 for wait in waits[10:])
    delays.reset()
    assert delays.next() == 0


@pytest.mark.parametrize("up", [3.0, 29.0])
def test_ten_minutes_of_flapping_are_at_most_twenty_logins(up):
    """Up for a while that is too short to count as healthy, then lost: so again and again."""
    for _ in range(50):
        delays, now, logins = Delays(Timing()), 0.0, 0
        while now < 600:
            logins += 1
            now += up + delays.next()
        assert logins <= 20


def test_a_network_away_for_hours_lengthens_nothing():
    delays = Delays(Timing())
    waits = [delays.next(unreached=True) for _ in range(1000)]
    assert max(waits) <= 4
    assert delays.next() <= 4

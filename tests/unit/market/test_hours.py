"""The hours in which the stream may be wanted: holidays, half days, and the first start after a moment."""

from datetime import date, time

import pytest

from monitor.market.calendar import at_new_york
from monitor.market.hours import Hours

FRIDAY, HALF_DAY, HOLIDAY = date(2026, 11, 20), date(2026, 11, 27), date(2026, 11, 26)


@pytest.mark.parametrize(
    ("hours", "day", "clock", "within"),
    [
        (Hours.ALWAYS, date(2026, 11, 22), time(3), True),
        (Hours.EXTENDED, FRIDAY, time(7), True),
        (Hours.EXTENDED, FRIDAY, time(19, 59), True),
        (Hours.EXTENDED, FRIDAY, time(20), False),
        (Hours.REGULAR, FRIDAY, time(9, 29), False),
        (Hours.REGULAR, FRIDAY, time(9, 30), True),
        (Hours.REGULAR, HALF_DAY, time(13), False),
        (Hours.EXTENDED, HALF_DAY, time(16, 59), True),
        (Hours.EXTENDED, HALF_DAY, time(17), False),
        (Hours.EXTENDED, HOLIDAY, time(12), False),
    ],
)
def test_hours_of_a_day(hours, day, clock, within):
    assert hours.within(at_new_york(day, clock)) is within


def test_the_next_start_is_after_a_weekend_or_a_holiday():
    evening = at_new_york(FRIDAY, time(20))
    assert Hours.REGULAR.next_start(evening) == at_new_york(date(2026, 11, 23), time(9, 30))
    assert Hours.EXTENDED.next_start(at_new_york(date(2026, 11, 25), time(21))) == at_new_york(HALF_DAY, time(7))
    assert Hours.EXTENDED.next_start(at_new_york(FRIDAY, time(6))) == at_new_york(FRIDAY, time(7))
    assert Hours.ALWAYS.next_start(evening) == evening

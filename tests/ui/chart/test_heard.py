"""The newest minutes heard stay at hand, whatever history brings meanwhile."""

from monitor.live.events import BarsArrived
from monitor.market.bar import Interval
from monitor.ui.chart.heard import HeardMinutes
from tests.support.builders import a_bar

M1_MS = 60_000


def heard_of(*minutes: int) -> BarsArrived:
    return BarsArrived("AAPL", Interval.M1, tuple(a_bar(at=minute * M1_MS) for minute in minutes))


def test_older_minutes_do_not_push_out_the_newest() -> None:
    heard = HeardMinutes()
    for event in (heard_of(100), heard_of(101), heard_of(102), heard_of(1, 2, 3, 4, 5)):
        heard.take(event)
    assert [bar.start // M1_MS for bar in heard.of("AAPL")] == [100, 101, 102]
    assert heard.of("MSFT") == ()


def test_a_minute_heard_again_takes_the_place_of_the_first() -> None:
    heard = HeardMinutes()
    for volume in (1, 2):
        heard.take(BarsArrived("AAPL", Interval.M1, (a_bar(at=M1_MS, volume=volume),)))
    assert [bar.volume for bar in heard.of("AAPL")] == [2]


def test_days_are_no_minutes() -> None:
    heard = HeardMinutes()
    heard.take(BarsArrived("AAPL", Interval.DAY, (a_bar(at=0, interval=Interval.DAY),)))
    assert heard.of("AAPL") == ()

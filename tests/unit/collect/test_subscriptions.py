"""The wanted set: a union over owners, told to the stream only when it changes."""

from monitor.analysis.budget import StreamPlaces
from monitor.collect.subscriptions import Subscriptions
from monitor.ports import StreamListener, Wanted


class RecordingStream:
    """A stream that remembers what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[Wanted] = []
        self.taken_back = 0
        self.places = StreamPlaces()

    async def run(self, listener: StreamListener) -> None: ...

    def want(self, wanted: Wanted) -> None:
        self.asked.append(wanted)

    def take_back(self) -> None:
        self.taken_back += 1


def quotes(*symbols: str) -> Wanted:
    return Wanted(quotes=frozenset(symbols))


def test_the_stream_is_asked_for_the_union_of_all_owners() -> None:
    stream = RecordingStream()
    subscriptions = Subscriptions(stream)
    subscriptions.want("watchlist", quotes("AAPL", "MSFT"))
    subscriptions.want("chart", Wanted(quotes=frozenset({"SPY"}), bars=frozenset({"SPY"})))
    assert stream.asked[-1] == Wanted(quotes=frozenset({"AAPL", "MSFT", "SPY"}), bars=frozenset({"SPY"}))


def test_a_wish_that_changes_nothing_is_not_sent() -> None:
    stream = RecordingStream()
    subscriptions = Subscriptions(stream)
    subscriptions.want("watchlist", quotes("AAPL", "MSFT"))
    subscriptions.want("chart", quotes("AAPL"))
    assert len(stream.asked) == 1


def test_an_owner_that_wants_nothing_takes_only_its_own_symbols_off() -> None:
    stream = RecordingStream()
    subscriptions = Subscriptions(stream)
    subscriptions.want("watchlist", quotes("AAPL", "MSFT"))
    subscriptions.want("chart", quotes("MSFT", "SPY"))
    subscriptions.want("chart", Wanted())
    assert stream.asked[-1] == quotes("AAPL", "MSFT")


def test_the_stream_is_taken_back_only_on_request() -> None:
    stream = RecordingStream()
    subscriptions = Subscriptions(stream)
    subscriptions.want("watchlist", quotes("AAPL"))
    assert stream.taken_back == 0
    subscriptions.take_back()
    assert stream.taken_back == 1


def test_a_refused_symbol_is_named_until_nobody_wants_it() -> None:
    subscriptions = Subscriptions(RecordingStream())
    subscriptions.want("watchlist", quotes("AAPL", "ZZZZ"))
    subscriptions.take_refused({"ZZZZ": "the symbol limit is reached"})
    assert subscriptions.refused == {"ZZZZ": "the symbol limit is reached"}
    subscriptions.want("watchlist", quotes("AAPL"))
    assert not subscriptions.refused


def test_what_nobody_wants_any_more_is_no_longer_refused() -> None:
    subscriptions = Subscriptions(RecordingStream())
    exactly = Wanted(exactly=frozenset({("NYSE_BOOK", "F")}), screeners=frozenset({"NASDAQ_VOLUME_0"}))
    subscriptions.want("collect", exactly)
    subscriptions.want("chart", quotes("AAPL"))
    subscriptions.take_refused(dict.fromkeys(("F", "NASDAQ_VOLUME_0", "AAPL"), "No."))
    subscriptions.want("chart", Wanted())
    assert subscriptions.refused.keys() == {"F", "NASDAQ_VOLUME_0"}

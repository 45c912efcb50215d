"""The Level 2 book: around Level 1's quote, whole, and mostly the same from one image to the next."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.market.book import BookService
from monitor.sandbox.market.simulated import SimulatedExchange
from monitor.sandbox.market.universe import universe

At = Callable[[str], int]
OPEN = SimulatedExchange(11, lambda: 1_795_300_000_000)
BOOKED = sorted(symbol for symbol, company in universe().items() if company.listing.book_service)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(BOOKED), st.integers(1_795_100_000_000, 1_795_300_000_000))
def test_a_book_adds_up_and_agrees_with_level_one(symbol: str, moment: int) -> None:
    service = universe()[symbol].listing.book_service
    assert service is not None
    image, state = OPEN.book(symbol, service, moment), OPEN.level_one(symbol, moment)
    assert image is not None
    for side, price, size, sign in (("2", "1", "4", -1), ("3", "2", "5", 1)):
        levels = image[side]
        assert (levels[0]["0"], levels[0]["1"]) == (state[price], state[size])
        prices = [sign * level["0"] for level in levels]
        assert prices == sorted(set(prices))
        assert 8 <= len(levels) <= 15
        for level in levels:
            assert (level["1"], level["2"]) == (sum(m["1"] for m in level["3"]), len(level["3"]))
        names = [maker["0"] for level in levels for maker in level["3"]]
        assert len(names) == len(set(names))


def test_each_symbol_is_in_the_book_of_its_exchange(friday: SimulatedExchange, at: At) -> None:
    moment = at("2026-11-20 10:30")
    assert friday.book("AAPL", BookService.NYSE, moment) is None
    assert friday.book("JPM", BookService.NASDAQ, moment) is None
    assert friday.book("$SPX", BookService.NASDAQ, moment) is None
    nasdaq, nyse = friday.book("AAPL", BookService.NASDAQ, moment), friday.book("JPM", BookService.NYSE, moment)
    assert nasdaq is not None
    assert nyse is not None
    makers = {maker["0"] for level in nasdaq["2"] + nasdaq["3"] for maker in level["3"]}
    assert makers & {"iexg", "edgx", "batx", "arcx", "memx"}
    assert not any(m["0"].islower() for level in nyse["2"] + nyse["3"] for m in level["3"])


def test_most_levels_stay_from_one_image_to_the_next(friday: SimulatedExchange, at: At) -> None:
    images = []
    for step in range(40):
        image = friday.book("AAPL", BookService.NASDAQ, at("2026-11-20 10:30") + 5_000 + step * 500)
        assert image is not None
        images.append({(level["0"], level["1"]) for level in image["2"]})
    kept = [len(one & following) / len(following) for one, following in pairwise(images)]
    assert sum(kept) / len(kept) > 0.6
    assert min(kept) < 1
    assert len({frozenset(image) for image in images}) > 20


def test_times_are_of_the_day_in_new_york_and_never_in_the_future(friday: SimulatedExchange, at: At) -> None:
    moment = at("2026-11-20 10:30") + 20_300
    image = friday.book("AAPL", BookService.NASDAQ, moment)
    assert image is not None
    times = [maker["2"] for level in image["2"] + image["3"] for maker in level["3"]]
    assert max(times) + at("2026-11-20 00:00") == image["1"] <= moment
    assert min(times) > 37_700_000


@pytest.mark.parametrize("name", ["NASDAQ_BOOK_AMD_2025-12-09.json", "NYSE_BOOK_F_2025-12-09.json"])
def test_it_is_written_like_the_real_one(shared: Path, friday: SimulatedExchange, at: At, name: str) -> None:
    data = json.loads((shared / "schwab/samples/stream" / name).read_text())["data"][0]
    real = data["content"][0]
    ours = friday.book(real["key"], BookService(data["service"]), at("2026-11-20 10:30"))
    assert ours is not None
    assert ours.keys() == real.keys()
    assert ours["2"][0].keys() == real["2"][0].keys()
    assert ours["2"][0]["3"][0].keys() == real["2"][0]["3"][0].keys()

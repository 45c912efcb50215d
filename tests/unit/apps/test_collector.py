"""What the collector says before it begins, and how it sums up."""

from collections import Counter
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from monitor.apps.collector import _Collection, _limit, _sign_in
from monitor.apps.figures import Figures
from monitor.apps.options import CollectOptions
from monitor.apps.world import live_world
from monitor.collect.streaming import Tally
from monitor.errors import SignInNeeded
from monitor.ports import StoreMeter
from tests.support.ports import FakeSignIn


def a_stretch(tally: Tally, meter: StoreMeter) -> Any:
    return SimpleNamespace(streaming=SimpleNamespace(tally=tally), store=SimpleNamespace(meter=lambda: meter))


@pytest.mark.parametrize(
    ("content", "limit"),
    [('{"requests/limit": "60"}', 60), ('{"requests/limit": "600"}', 110), ("?", 110), (None, 110)],
)
def test_the_limit_is_the_one_chosen_in_the_window(tmp_path: Path, content: str | None, limit: int) -> None:
    if content is not None:
        (tmp_path / "settings.json").write_text(content)
    assert _limit(tmp_path) == limit


def test_recipes_of_settings_that_cannot_be_read_are_not_made_and_the_file_is_left_to_the_window(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "settings.json").write_text("?")
    services: Any = SimpleNamespace()  # nothing of which is used
    _Collection(CollectOptions(symbols=("AAPL",)), live_world(), tmp_path)._keep_recipes(services)
    assert "Daily exports are not made: The settings file" in caplog.text
    assert [file.name for file in tmp_path.iterdir()] == ["settings.json"]


def test_the_summary_is_of_every_stretch() -> None:
    figures = Figures()
    first = Tally(messages=5, items=Counter(LEVELONE_EQUITIES=10), connections=2, first_data=100.0, last_data=102.0)
    second = Tally(
        messages=3,
        items=Counter(LEVELONE_EQUITIES=5, CHART_EQUITY=5),
        rejected=Counter(QUOTE=1),
        connections=1,
        first_data=7,
        last_data=9,
    )
    figures.add(a_stretch(first, StoreMeter(queued=0, written=12, bytes=1)))
    figures.add(a_stretch(Tally(), StoreMeter(queued=0, written=1, bytes=1)))  # taken over before anything came
    figures.add(a_stretch(second, StoreMeter(queued=0, written=7, bytes=1, lost=2)))
    assert figures.summary() == {
        "messages": 8,
        "rows": 20,
        "dropped": 2,
        "rejected": {"QUOTE": 1},
        "reconnects": 1,
        "seconds": 0.0,
        "items_per_second": 5.0,
        "services": {"LEVELONE_EQUITIES": 15, "CHART_EQUITY": 5},
    }


@pytest.mark.parametrize(
    ("locked_by", "words"),
    [("correct horse", "set MARKET_MONITOR_PASSPHRASE"), ("", "Sign in with the desktop program")],
)
async def test_without_a_sign_in_it_says_what_to_do(locked_by: str, words: str) -> None:
    sign_in = FakeSignIn(signed_in=False)
    sign_in.locked_by = locked_by
    services: Any = SimpleNamespace(sign_in=sign_in)
    with pytest.raises(SignInNeeded, match=words):
        await _sign_in(services, live_world())

"""The catalogue describes every indicator fully, and is found by what people call it."""

import pytest

from monitor.analysis.indicators import CATALOGUE, Description, Draw, Kind, Pane, Settings, compute, describe, search
from monitor.analysis.indicators.description import ROLES, SERIES_COLOURS
from monitor.errors import BadData
from tests.support.changing_bars import bars_of


def test_names_and_titles_are_given_once() -> None:
    assert len({d.name for d in CATALOGUE}) == len({d.title for d in CATALOGUE}) == len(CATALOGUE)


def test_there_are_the_well_known_ones() -> None:
    assert sum(not d.name.startswith("CDL") and not d.own for d in CATALOGUE) >= 100
    assert sum(d.name.startswith("CDL") for d in CATALOGUE) == 61
    assert {d.name for d in CATALOGUE if d.own} == {"VWAP", "VWAP_ANCHORED", "VOLUME_PROFILE", "PRIOR_LEVELS"}


@pytest.mark.parametrize("description", CATALOGUE, ids=[d.name for d in CATALOGUE])
def test_a_dialog_and_a_painter_find_what_they_need(description: Description) -> None:
    assert description.outputs
    for parameter in description.parameters:
        if parameter.kind is Kind.CHOICE:
            assert parameter.default in dict(parameter.options)
        elif parameter.kind is not Kind.MOMENT:
            assert parameter.least <= parameter.default <= parameter.most
        assert parameter.title[0].isupper() or parameter.title[0] == "%"
    names = [output.name for output in description.outputs]
    assert len(set(names)) == len(names)
    for output in description.outputs:
        assert {output.colour, output.falling or output.colour} <= {*ROLES, *SERIES_COLOURS}
        assert not output.sign_of or output.sign_of in names
        assert not output.back or description.parameter(output.back)
    draws = [output.draw for output in description.outputs]
    assert draws.count(Draw.UPPER) == draws.count(Draw.LOWER)
    assert len(Settings(description.name).label) <= 40


@pytest.mark.parametrize("description", [d for d in CATALOGUE if d.limits], ids=lambda d: d.name)
def test_values_lie_within_limits(description: Description) -> None:
    low, high = description.limits
    for kind in ("walk", "grid", "jumps", "thin"):
        for values in compute(bars_of(kind, 500, 1), Settings(description.name)):
            inside = values[values == values]
            assert len(inside)
            assert low - 1e-6 <= inside.min()
            assert inside.max() <= high + 1e-6


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("rsi", "RSI"),
        ("relative strength", "RSI"),
        ("bollinger", "BBANDS"),
        ("bb", "BBANDS"),
        ("macd", "MACD"),
        ("EMA", "EMA"),
        ("exponential moving average", "EMA"),
        ("moving average", "SMA"),
        ("moving average of any kind", "MA"),
        ("ma", "MA"),
        ("momentum", "MOM"),
        ("rate of change", "ROC"),
        ("vwap", "VWAP"),
        ("anchored vwap", "VWAP_ANCHORED"),
        ("psar", "SAR"),
        ("overbought", "RSI"),
        ("volume profile", "VOLUME_PROFILE"),
        ("yesterday", "PRIOR_LEVELS"),
        ("prior day", "PRIOR_LEVELS"),
        ("ichimoku", "MIDPRICE"),
        ("hammer", "CDLHAMMER"),
        ("relatve strenght", "RSI"),
        ("stochastic", "STOCH"),
        ("average true range", "ATR"),
    ],
)
def test_best_match_is_first(text: str, first: str) -> None:
    assert search(text)[0].name == first


def test_short_words_name_what_people_mean() -> None:
    assert [found.name for found in search("ma")[:4]] == ["MA", "SMA", "EMA", "WMA"]
    assert [found.name for found in search("macd")[:3]] == ["MACD", "MACDEXT", "MACDFIX"]


def test_every_word_must_fit() -> None:
    assert search("bollinger zzz") == []
    assert search("volume chaikin") != search("volume")


def test_nothing_typed_gives_all() -> None:
    assert search(" ") == list(CATALOGUE)


def test_an_unknown_name_is_said() -> None:
    with pytest.raises(BadData, match="no indicator “NOPE”"):
        describe("NOPE")


def test_what_is_beside_the_prices_has_no_value_a_bar() -> None:
    assert describe("VOLUME_PROFILE").pane is Pane.BESIDE
    with pytest.raises(BadData, match="no value for each bar"):
        compute(bars_of("walk", 10, 1), Settings("VOLUME_PROFILE"))

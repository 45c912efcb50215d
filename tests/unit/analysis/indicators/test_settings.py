"""Settings keep only what makes sense, are stored as JSON, and have a short label."""

from typing import Any

import pytest

from monitor.analysis.indicators import CATALOGUE, Pane, Settings, Source
from monitor.errors import BadData


@pytest.mark.parametrize("name", [d.name for d in CATALOGUE])
def test_json_round_trip(name: str) -> None:
    assert Settings.of_json(Settings(name).json()) == Settings(name)


def test_json_keeps_all_and_leaves_out_defaults() -> None:
    wanted = Settings(
        "MACD", {"fastperiod": 5}, Source.HL2, {"macd": "#ff0000", "macdhist.falling": "dim"}, ("macdsignal",)
    )
    assert Settings.of_json(wanted.json()) == wanted
    assert Settings("RSI").json() == b'{"name":"RSI"}'
    assert wanted.values == {"fastperiod": 5, "slowperiod": 26, "signalperiod": 9}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"name": "NOPE"}, "There is no indicator “NOPE”."),
        ({"name": "RSI", "parameters": {"length": 3}}, "Relative strength index has no parameter “length”."),
        ({"name": "RSI", "parameters": {"timeperiod": 1}}, "Length must be from 2 to 5,000."),
        ({"name": "RSI", "parameters": {"timeperiod": 5_001}}, "Length must be from 2 to 5,000."),
        ({"name": "RSI", "parameters": {"timeperiod": 2.5}}, "Length must be a whole number."),
        ({"name": "RSI", "parameters": {"timeperiod": "x"}}, "Length must be a number."),
        ({"name": "RSI", "parameters": {"timeperiod": float("nan")}}, "Length must be a number."),
        (
            {"name": "MA", "parameters": {"matype": "VWAP"}},
            "“VWAP” is no choice for Kind. There are: Simple, Exponential",
        ),
        ({"name": "ATR", "source": Source.CLOSE}, "Average true range has no source to choose."),
        ({"name": "RSI", "colours": {"line": "up"}}, "Relative strength index has no line “line”."),
        ({"name": "RSI", "colours": {"real": "reddish"}}, "“reddish” is not a colour."),
        ({"name": "RSI", "hidden": ("line",)}, "Relative strength index has no line “line”."),
        ({"name": "VWAP_ANCHORED", "parameters": {"anchor": 1.5}}, "Since must be a whole number."),
    ],
)
def test_what_does_not_fit_is_said(given: dict[str, Any], sentence: str) -> None:
    with pytest.raises(BadData) as failure:
        Settings(**given)
    assert failure.value.sentence.startswith(sentence)


@pytest.mark.parametrize("text", ["", "[]", '{"name": 3}', '{"name":"RSI","source":"median"}'])
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(BadData, match="cannot be read"):
        Settings.of_json(text)


def test_json_that_does_not_fit_is_refused() -> None:
    with pytest.raises(BadData, match="Length must be from 2"):
        Settings.of_json('{"name":"RSI","parameters":{"timeperiod":0}}')


@pytest.mark.parametrize(
    ("wanted", "label"),
    [
        (Settings("RSI"), "RSI 14"),
        (Settings("BBANDS"), "BB 20 2"),
        (Settings("BBANDS", {"nbdevdn": 1.5, "matype": "EMA"}), "BB 20 2 1.5 EMA"),
        (Settings("MACD"), "MACD 12 26 9"),
        (Settings("EMA", {"timeperiod": 20}, Source.HL2), "EMA 20 hl2"),
        (Settings("EMA", source=Source.CLOSE), "EMA 30"),
        (Settings("VWAP"), "VWAP"),
        (Settings("VWAP", {"period": "week", "deviations": 2}), "VWAP week 2"),
        (Settings("VWAP_ANCHORED", {"anchor": 1_700_000_000_000}), "AVWAP"),
        (Settings("MA", {"matype": "HMA"}), "MA 30 HMA"),
        (Settings("CDLDOJI"), "Doji"),
    ],
)
def test_label(wanted: Settings, label: str) -> None:
    assert wanted.label == label


def test_an_average_of_volume_has_a_pane_of_its_own() -> None:
    assert (Settings("SMA").pane, Settings("SMA").decimals) == (Pane.PRICES, None)
    of_volume = Settings("SMA", source=Source.VOLUME)
    assert (of_volume.pane, of_volume.decimals) == (Pane.OWN_FROM_ZERO, 0)
    assert Settings("RSI", source=Source.VOLUME).pane is Pane.OWN
    assert Settings("CDLDOJI").pane is Pane.PRICES


def test_colours() -> None:
    histogram = Settings("MACD").description.outputs[2]
    assert (Settings("MACD").colour(histogram), Settings("MACD").falling(histogram)) == ("up", "down")
    chosen = Settings("MACD", colours={"macdhist": "#112233", "macdhist.falling": "series3"})
    assert (chosen.colour(histogram), chosen.falling(histogram)) == ("#112233", "series3")
    line = Settings("MACD").description.outputs[0]
    assert chosen.falling(line) == chosen.colour(line) == "accent"


def test_lines_over_the_prices_get_colours_apart() -> None:
    shown: list[Settings] = []
    for _ in range(4):
        shown.append(Settings.beside("EMA", shown))
    colours = [settings.colour(settings.description.outputs[0]) for settings in shown]
    assert colours == ["accent", "series1", "series2", "series3"]
    assert Settings.beside("RSI", shown) == Settings("RSI")
    assert Settings.beside("BBANDS", shown) == Settings("BBANDS")

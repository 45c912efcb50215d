"""Indicators that follow a trend: moving averages, bands around them, stops, directional movement."""

from monitor.analysis.indicators.description import (
    CHOSEN,
    HL,
    HLC,
    Description,
    Draw,
    Group,
    Output,
    Pane,
    Parameter,
    average,
    bands,
    decimal,
    describing,
    length,
    line,
    whole,
)
from monitor.analysis.indicators.source import Source

#: Drawn over the prices, and in a pane of its own; both from high, low and close.
_over = describing(Group.TREND, inputs=HLC, pane=Pane.PRICES, decimals=None)
_strength = describing(Group.TREND, inputs=HLC)


def _average(name: str, title: str, words: str, least: int = 1, default: int = 30, *more: Parameter) -> Description:
    return _over(name, title, f"{words} ma average smooth", length(default, least), *more, inputs=CHOSEN)


TREND = (
    _average("SMA", "Simple moving average", "mean"),
    _average("EMA", "Exponential moving average", "ewma"),
    _average("WMA", "Weighted moving average", "linear"),
    _average("HMA", "Hull moving average", "fast", 1, 20),
    _average("RMA", "Wilder's moving average", "smma smoothed wilder"),
    _average("DEMA", "Double exponential moving average", "fast"),
    _average("TEMA", "Triple exponential moving average", "fast"),
    _average("ZLEMA", "Zero lag exponential moving average", "zero lag"),
    _average("KAMA", "Kaufman adaptive moving average", "ama adaptive", 2),
    _average("T3", "T3 moving average", "tillson", 2, 5, decimal("vfactor", "Volume factor", 0.7, 0, 1)),
    _average("TRIMA", "Triangular moving average", "tma"),
    _average("MA", "Moving average of any kind", "kind type", 1, 30, average("matype", "Kind")),
    _over(
        "VWMA",
        "Volume-weighted moving average",
        "ma average volume weighted",
        length(30, 1),
        inputs=(None, Source.VOLUME),
    ),
    _over(
        "MAMA",
        "MESA adaptive moving average",
        "ma fama ehlers adaptive following",
        decimal("fastlimit", "Fast limit", 0.5, 0.01, 0.99),
        decimal("slowlimit", "Slow limit", 0.05, 0.01, 0.99),
        inputs=CHOSEN,
        outputs=(Output("mama", "MAMA"), Output("fama", "FAMA", Draw.DASHED, "amber")),
    ),
    _over(
        "BBANDS",
        "Bollinger bands",
        "bb standard deviation channel envelope",
        length(20),
        decimal("nbdevup", "Deviations above", 2.0),
        decimal("nbdevdn", "Deviations below", 2.0),
        average("matype", "Average"),
        inputs=CHOSEN,
        outputs=bands(),
        short="BB",
    ),
    _over(
        "KC",
        "Keltner channels",
        "keltner atr channel envelope bands",
        length(20),
        whole("atrperiod", "Length of the ATR", 10),
        decimal("nbdev", "Ranges", 2.0),
        outputs=bands(),
    ),
    _over("DONCHIAN", "Donchian channels", "breakout turtle highest lowest", length(20), inputs=HL, outputs=bands()),
    _over("ACCBANDS", "Acceleration bands", "headley channel envelope", length(20), outputs=bands()),
    _over(
        "SUPERTREND",
        "SuperTrend",
        "stop trailing atr",
        length(10),
        decimal("multiplier", "Ranges", 3.0, 0.1),
        outputs=(
            Output("supertrend", "SuperTrend", colour="up", falling="down", sign_of="trend"),
            Output("trend", "Direction", Draw.NOTHING),
        ),
    ),
    _over(
        "SAR",
        "Parabolic SAR",
        "psar stop reverse wilder dots",
        decimal("acceleration", "Acceleration", 0.02, 0.0001, 1),
        decimal("maximum", "Most acceleration", 0.2, 0.0001, 1),
        inputs=HL,
        outputs=line("SAR", "amber", Draw.DOTS),
    ),
    _over(
        "SAREXT",
        "Parabolic SAR, extended",
        "psar stop reverse wilder long short",
        decimal("startvalue", "Start, 0 for automatic", 0.0, -1_000_000, 1_000_000),
        decimal("offsetonreverse", "Offset on reversal", 0.0, 0, 1),
        decimal("accelerationinitlong", "First acceleration, long", 0.02, 0.0001, 1),
        decimal("accelerationlong", "Acceleration, long", 0.02, 0.0001, 1),
        decimal("accelerationmaxlong", "Most acceleration, long", 0.2, 0.0001, 1),
        decimal("accelerationinitshort", "First acceleration, short", 0.02, 0.0001, 1),
        decimal("accelerationshort", "Acceleration, short", 0.02, 0.0001, 1),
        decimal("accelerationmaxshort", "Most acceleration, short", 0.2, 0.0001, 1),
        inputs=HL,
        outputs=line("SAR, negative while short", "amber", Draw.DOTS),
        pane=Pane.OWN,
    ),
    _over("MIDPOINT", "Midpoint", "middle highest lowest", length(14), inputs=CHOSEN),
    _over("MIDPRICE", "Midpoint of high and low", "middle price ichimoku", length(14), inputs=HL),
    _over("HT_TRENDLINE", "Instantaneous trendline", "hilbert ehlers", inputs=CHOSEN),
    _over(
        "FRACTAL",
        "Williams fractals",
        "swing high low pivot",
        whole("leftbars", "Bars before", 2, 1, 500),
        whole("rightbars", "Bars after", 2, 1, 500),
        inputs=HL,
        outputs=(
            Output("swinghigh", "Swing high", Draw.ABOVE, "down", back="rightbars"),
            Output("swinglow", "Swing low", Draw.BELOW, "up", back="rightbars"),
        ),
    ),
    _strength(
        "ADX", "Average directional index", "trend strength wilder dmi", length(14), levels=(20, 25), limits=(0, 100)
    ),
    _strength("ADXR", "Average directional index rating", "trend strength dmi", length(14), limits=(0, 100)),
    _strength("DX", "Directional index", "trend strength dmi", length(14), limits=(0, 100)),
    _strength(
        "PLUS_DI", "Plus directional indicator", "+di dmi", length(14, 1), outputs=line("+DI", "up"), short="+DI"
    ),
    _strength(
        "MINUS_DI", "Minus directional indicator", "-di dmi", length(14, 1), outputs=line("−DI", "down"), short="−DI"
    ),
    _strength(
        "PLUS_DM", "Plus directional movement", "+dm", length(14, 1), inputs=HL, outputs=line("+DM", "up"), short="+DM"
    ),
    _strength(
        "MINUS_DM",
        "Minus directional movement",
        "-dm",
        length(14, 1),
        inputs=HL,
        outputs=line("−DM", "down"),
        short="−DM",
    ),
    _strength(
        "AROON",
        "Aroon",
        "up down chande",
        length(14),
        inputs=HL,
        outputs=(Output("aroondown", "Down", colour="down"), Output("aroonup", "Up", colour="up")),
        limits=(0, 100),
    ),
    _strength("AROONOSC", "Aroon oscillator", "chande", length(14), inputs=HL, levels=(0,), limits=(-100, 100)),
    _strength(
        "VORTEX",
        "Vortex",
        "vi direction",
        length(14),
        outputs=(Output("plusvi", "+VI", colour="up"), Output("minusvi", "−VI", colour="down")),
        levels=(1,),
        decimals=3,
    ),
    _strength("VHF", "Vertical horizontal filter", "trend range strength", length(28), inputs=CHOSEN, decimals=3),
    _strength("ER", "Kaufman efficiency ratio", "trend noise", length(10), inputs=CHOSEN, limits=(0, 1), decimals=3),
    _strength(
        "MASSI",
        "Mass index",
        "reversal range dorsey",
        whole("fastperiod", "Fast length", 9, 2),
        whole("slowperiod", "Slow length", 25, 2),
        inputs=HL,
        levels=(26.5, 27),
    ),
    _strength(
        "QSTICK",
        "Qstick",
        "candles chande body",
        length(10, 1),
        inputs=(Source.OPEN, Source.CLOSE),
        levels=(0,),
        decimals=None,
    ),
)

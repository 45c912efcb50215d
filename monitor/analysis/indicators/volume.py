"""Indicators of volume: what is traded as prices move, and at which prices."""

from monitor.analysis.indicators.description import (
    HLCV,
    Draw,
    Group,
    Kind,
    Output,
    Pane,
    Parameter,
    average,
    choice,
    decimal,
    describing,
    length,
    line,
    signed,
    whole,
)
from monitor.analysis.indicators.source import Source

PERIODS = (("day", "Day"), ("week", "Week"), ("month", "Month"))
HOURS = (("regular", "Regular session"), ("all", "All hours"))

_BANDS = decimal("deviations", "Bands, in deviations (0: none)", 0.0, 0, 10)
_VWAP = (
    Output("vwap", "VWAP", colour="amber"),
    Output("upper", "Upper", Draw.UPPER, "dim"),
    Output("lower", "Lower", Draw.LOWER, "dim"),
)
_CLOSE_VOLUME = (Source.CLOSE, Source.VOLUME)

_volume = describing(Group.VOLUME, inputs=HLCV)
#: Computed here, not by TA-Lib.
_own = describing(Group.VOLUME, inputs=(), outputs=_VWAP, pane=Pane.PRICES, decimals=None)


VOLUME = (
    _own(
        "VWAP",
        "Volume-weighted average price of the session",
        "session day average price institutional bands",
        choice("period", "Begins anew each", "day", PERIODS),
        choice("hours", "Hours", "regular", HOURS),
        _BANDS,
    ),
    _own(
        "VWAP_ANCHORED",
        "Volume-weighted average price since a moment",
        "anchored avwap average price bands",
        Parameter("anchor", "Since", Kind.MOMENT, 0),
        _BANDS,
        short="AVWAP",
    ),
    _own(
        "VOLUME_PROFILE",
        "Volume profile of the visible range",
        "vpvr vrvp price rows point of control poc value area market",
        whole("rows", "Rows", 48, 4, 500),
        decimal("area", "Value area, in percent", 70.0, 1, 100),
        outputs=(
            Output("up", "Volume of rising bars", Draw.HISTOGRAM, "up"),
            Output("down", "Volume of falling bars", Draw.HISTOGRAM, "down"),
            Output("control", "Point of control", Draw.LINE, "amber"),
            Output("area", "Value area", Draw.LINE, "dim"),
        ),
        pane=Pane.BESIDE,
        short="VP",
    ),
    _volume("OBV", "On balance volume", "granville", inputs=(None, Source.VOLUME), decimals=0),
    _volume("AD", "Accumulation/distribution line", "chaikin money flow", decimals=0),
    _volume(
        "ADOSC",
        "Chaikin oscillator",
        "accumulation distribution",
        whole("fastperiod", "Fast length", 3, 2),
        whole("slowperiod", "Slow length", 10, 2),
        levels=(0,),
        decimals=0,
    ),
    _volume(
        "CMF", "Chaikin money flow", "accumulation distribution", length(20), levels=(0,), limits=(-1, 1), decimals=3
    ),
    _volume("EFI", "Elder's force index", "force", length(13), inputs=_CLOSE_VOLUME, levels=(0,), decimals=0),
    _volume(
        "PVO",
        "Percentage volume oscillator",
        "macd",
        whole("fastperiod", "Fast length", 12, 2),
        whole("slowperiod", "Slow length", 26, 2),
        average("matype", "Average", "EMA"),
        inputs=(Source.VOLUME,),
        outputs=(signed("real", "PVO"),),
        levels=(0,),
    ),
    _volume(
        "RVOL",
        "Relative volume",
        "ratio average unusual",
        length(20),
        inputs=(Source.VOLUME,),
        outputs=line("RVOL", "dim", Draw.HISTOGRAM),
        levels=(1,),
        pane=Pane.OWN_FROM_ZERO,
    ),
    _volume("PVT", "Price volume trend", "vpt", inputs=_CLOSE_VOLUME, decimals=0),
    _volume("PVI", "Positive volume index", "fosback", inputs=_CLOSE_VOLUME),
    _volume("NVI", "Negative volume index", "fosback smart money", inputs=_CLOSE_VOLUME),
    _volume(
        "MARKETFI",
        "Market facilitation index",
        "bill williams bwmfi",
        inputs=(Source.HIGH, Source.LOW, Source.VOLUME),
        outputs=line("MFI", "dim", Draw.HISTOGRAM),
        pane=Pane.OWN_FROM_ZERO,
        decimals=6,
    ),
    _volume(
        "WAD",
        "Williams accumulation/distribution",
        "accumulation distribution",
        inputs=(Source.HIGH, Source.LOW, Source.CLOSE),
        decimals=None,
    ),
)

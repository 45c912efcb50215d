"""Prices of a bar or of some bars taken together, and levels that prices left behind."""

from monitor.analysis.indicators.description import (
    HL,
    HLC,
    Draw,
    Group,
    Output,
    Pane,
    choice,
    describing,
    length,
)
from monitor.analysis.indicators.source import Source
from monitor.analysis.indicators.volume import HOURS, PERIODS

_price = describing(Group.PRICE, pane=Pane.PRICES, decimals=None)


PRICE = (
    _price(
        "PRIOR_LEVELS",
        "Prior day's levels",
        "previous yesterday day week month high low close open pdh pdl pdc",
        choice("period", "Of the prior", "day", PERIODS),
        choice("hours", "Hours", "regular", HOURS),
        inputs=(),
        outputs=(
            Output("high", "High", Draw.STEPS, "up"),
            Output("low", "Low", Draw.STEPS, "down"),
            Output("close", "Close", Draw.STEPS, "amber"),
            Output("open", "Open", Draw.STEPS, "dim"),
        ),
        short="Prior",
    ),
    _price("MAX", "Highest value", "maximum highest", length(30)),
    _price("MIN", "Lowest value", "minimum lowest", length(30)),
    _price(
        "MINMAX",
        "Lowest and highest value",
        "minimum maximum channel",
        length(30),
        outputs=(Output("min", "Lowest", Draw.LOWER), Output("max", "Highest", Draw.UPPER)),
    ),
    _price("AVGPRICE", "Average price", "ohlc4", inputs=(Source.OPEN, *HLC)),
    _price("MEDPRICE", "Median price", "hl2", inputs=HL),
    _price("TYPPRICE", "Typical price", "hlc3", inputs=HLC),
    _price("WCLPRICE", "Weighted close", "hlcc4", inputs=HLC),
    _price("AVGDEV", "Average deviation", "mean absolute", length(14), pane=Pane.OWN_FROM_ZERO),
    _price("SUM", "Sum", "total", length(30), pane=Pane.OWN),
)

"""Indicators of volatility: how far prices range."""

from monitor.analysis.indicators.description import (
    CHOSEN,
    HL,
    HLC,
    Group,
    Pane,
    decimal,
    describing,
    length,
    whole,
)

_volatility = describing(Group.VOLATILITY, inputs=HLC)


VOLATILITY = (
    _volatility("ATR", "Average true range", "wilder stop", length(14, 1), decimals=None, pane=Pane.OWN_FROM_ZERO),
    _volatility("NATR", "Average true range, in percent", "normalized wilder", length(14, 1), pane=Pane.OWN_FROM_ZERO),
    _volatility("TRANGE", "True range", "tr wilder", decimals=None, pane=Pane.OWN_FROM_ZERO),
    _volatility(
        "ADR", "Average range", "day high low", length(14, 1), inputs=HL, decimals=None, pane=Pane.OWN_FROM_ZERO
    ),
    _volatility(
        "STDDEV",
        "Standard deviation",
        "sigma",
        length(20),
        decimal("nbdev", "Deviations", 1.0),
        inputs=CHOSEN,
        decimals=None,
        pane=Pane.OWN_FROM_ZERO,
    ),
    _volatility(
        "CVI",
        "Chaikin volatility",
        "range change",
        length(10),
        whole("rocperiod", "Change over", 10),
        inputs=HL,
        levels=(0,),
    ),
    _volatility(
        "RVI",
        "Relative volatility index",
        "dorsey",
        length(14),
        whole("stddevperiod", "Deviation length", 10, 2),
        inputs=CHOSEN,
        levels=(40, 60),
        limits=(0, 100),
    ),
)

"""Statistics of the last bars: regression, variance, rank."""

from monitor.analysis.indicators.description import (
    Description,
    Group,
    Pane,
    decimal,
    describing,
    length,
)
from monitor.analysis.indicators.source import Source

_statistic = describing(Group.STATISTIC)


def _regression(name: str, title: str, words: str, short: str) -> Description:
    return _statistic(name, title, f"least squares {words}", length(14), pane=Pane.PRICES, decimals=None, short=short)


STATISTIC = (
    _regression("LINEARREG", "Linear regression", "lsma end point", "Regression"),
    _regression("TSF", "Time series forecast", "linear regression next", "TSF"),
    _regression("LINEARREG_INTERCEPT", "Linear regression intercept", "begin", "Intercept"),
    _statistic(
        "LINEARREG_SLOPE",
        "Linear regression slope",
        "least squares",
        length(14),
        levels=(0,),
        decimals=4,
        short="Slope",
    ),
    _statistic(
        "LINEARREG_ANGLE",
        "Linear regression angle",
        "least squares degrees",
        length(14),
        levels=(0,),
        limits=(-90, 90),
        short="Angle",
    ),
    _statistic(
        "VAR",
        "Variance",
        "sigma squared",
        length(20, 1),
        pane=Pane.OWN_FROM_ZERO,
        decimals=4,
    ),
    _statistic(
        "CORREL",
        "Correlation with volume",
        "pearson r coefficient",
        length(30, 1),
        inputs=(None, Source.VOLUME),
        levels=(0,),
        limits=(-1, 1),
        decimals=3,
    ),
    _statistic(
        "PERCENTILE",
        "Percentile",
        "nearest rank median quantile",
        length(30),
        decimal("percentile", "Percent", 50.0, 0.01, 100),
        pane=Pane.PRICES,
        decimals=None,
    ),
    _statistic("PERCENTRANK", "Percent rank", "percentile", length(100), limits=(0, 100)),
)

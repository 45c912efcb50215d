"""Indicators of the chart: what there is, how each is set, and their values, kept up to date tick by tick.

``search`` finds a ``Description``, ``Settings`` says how it is wanted, and ``IndicatorSeries`` keeps its values for a
series of bars. TA-Lib is loaded with the first of its indicators that is computed.
"""

from monitor.analysis.indicators.catalogue import CATALOGUE, describe, search
from monitor.analysis.indicators.description import Description, Draw, Group, Kind, Output, Pane, Parameter
from monitor.analysis.indicators.merged import Bins
from monitor.analysis.indicators.series import IndicatorSeries, compute
from monitor.analysis.indicators.settings import Settings
from monitor.analysis.indicators.source import Source
from monitor.analysis.indicators.volume_profile import VolumeProfile, profile

__all__ = [
    "CATALOGUE",
    "Bins",
    "Description",
    "Draw",
    "Group",
    "IndicatorSeries",
    "Kind",
    "Output",
    "Pane",
    "Parameter",
    "Settings",
    "Source",
    "VolumeProfile",
    "compute",
    "describe",
    "profile",
    "search",
]

"""Cycles in prices, found with Hilbert's transform."""

from monitor.analysis.indicators.description import Description, Draw, Group, Output, Pane, describing

_description = describing(Group.CYCLE)


def _cycle(name: str, title: str, words: str, short: str, **more: object) -> Description:
    return _description(name, title, f"hilbert transform ehlers {words}", short=short, **more)


CYCLE = (
    _cycle("HT_DCPERIOD", "Dominant cycle period", "length bars", "Cycle period", pane=Pane.OWN_FROM_ZERO),
    _cycle("HT_DCPHASE", "Dominant cycle phase", "degrees", "Cycle phase"),
    _cycle(
        "HT_PHASOR",
        "Phasor components",
        "in phase quadrature",
        "Phasor",
        outputs=(Output("inphase", "In phase"), Output("quadrature", "Quadrature", Draw.DASHED, "amber")),
        levels=(0,),
        decimals=3,
    ),
    _cycle(
        "HT_SINE",
        "Sine wave",
        "lead",
        "Sine",
        outputs=(Output("sine", "Sine"), Output("leadsine", "Lead sine", Draw.DASHED, "amber")),
        levels=(0,),
        limits=(-1, 1),
        decimals=3,
    ),
    _cycle(
        "HT_TRENDMODE",
        "Trend or cycle",
        "mode",
        "Trend mode",
        outputs=(Output("integer", "1 in a trend, 0 in a cycle", Draw.STEPS),),
        limits=(0, 1),
        decimals=0,
    ),
)

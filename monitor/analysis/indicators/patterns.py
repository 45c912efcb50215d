"""Candlestick patterns: 100 where one that speaks for rising prices ends, −100 where one for falling prices does."""

from monitor.analysis.indicators.description import HLC, Description, Draw, Group, Output, Pane, decimal, describing
from monitor.analysis.indicators.source import Source

_MARK = (Output("integer", "Pattern", Draw.MARKS, "up", falling="down"),)

#: TA-Lib's name without CDL, and the pattern's.
_PATTERNS = (
    ("DOJI", "Doji"),
    ("ENGULFING", "Engulfing"),
    ("HAMMER", "Hammer"),
    ("SHOOTINGSTAR", "Shooting star"),
    ("MORNINGSTAR", "Morning star"),
    ("EVENINGSTAR", "Evening star"),
    ("HARAMI", "Harami"),
    ("HANGINGMAN", "Hanging man"),
    ("INVERTEDHAMMER", "Inverted hammer"),
    ("PIERCING", "Piercing line"),
    ("DARKCLOUDCOVER", "Dark cloud cover"),
    ("3WHITESOLDIERS", "Three white soldiers"),
    ("3BLACKCROWS", "Three black crows"),
    ("MARUBOZU", "Marubozu"),
    ("SPINNINGTOP", "Spinning top"),
    ("DOJISTAR", "Doji star"),
    ("DRAGONFLYDOJI", "Dragonfly doji"),
    ("GRAVESTONEDOJI", "Gravestone doji"),
    ("LONGLEGGEDDOJI", "Long-legged doji"),
    ("MORNINGDOJISTAR", "Morning doji star"),
    ("EVENINGDOJISTAR", "Evening doji star"),
    ("ABANDONEDBABY", "Abandoned baby"),
    ("3INSIDE", "Three inside up or down"),
    ("3OUTSIDE", "Three outside up or down"),
    ("3LINESTRIKE", "Three-line strike"),
    ("3STARSINSOUTH", "Three stars in the south"),
    ("2CROWS", "Two crows"),
    ("ADVANCEBLOCK", "Advance block"),
    ("BELTHOLD", "Belt hold"),
    ("BREAKAWAY", "Breakaway"),
    ("CLOSINGMARUBOZU", "Closing marubozu"),
    ("CONCEALBABYSWALL", "Concealing baby swallow"),
    ("COUNTERATTACK", "Counterattack"),
    ("GAPSIDESIDEWHITE", "Side-by-side white lines after a gap"),
    ("HARAMICROSS", "Harami cross"),
    ("HIGHWAVE", "High wave"),
    ("HIKKAKE", "Hikkake"),
    ("HIKKAKEMOD", "Hikkake, modified"),
    ("HOMINGPIGEON", "Homing pigeon"),
    ("IDENTICAL3CROWS", "Identical three crows"),
    ("INNECK", "In neck"),
    ("KICKING", "Kicking"),
    ("KICKINGBYLENGTH", "Kicking, by the longer marubozu"),
    ("LADDERBOTTOM", "Ladder bottom"),
    ("LONGLINE", "Long line"),
    ("MATCHINGLOW", "Matching low"),
    ("MATHOLD", "Mat hold"),
    ("ONNECK", "On neck"),
    ("RICKSHAWMAN", "Rickshaw man"),
    ("RISEFALL3METHODS", "Rising or falling three methods"),
    ("SEPARATINGLINES", "Separating lines"),
    ("SHORTLINE", "Short line"),
    ("STALLEDPATTERN", "Stalled pattern"),
    ("STICKSANDWICH", "Stick sandwich"),
    ("TAKURI", "Takuri"),
    ("TASUKIGAP", "Tasuki gap"),
    ("THRUSTING", "Thrusting"),
    ("TRISTAR", "Tristar"),
    ("UNIQUE3RIVER", "Unique three river"),
    ("UPSIDEGAP2CROWS", "Upside gap two crows"),
    ("XSIDEGAP3METHODS", "Gap three methods"),
)
#: How far the last candle must reach into the first one's body, where a pattern asks for it.
_PENETRATION = {
    "ABANDONEDBABY": 0.3,
    "DARKCLOUDCOVER": 0.5,
    "EVENINGDOJISTAR": 0.3,
    "EVENINGSTAR": 0.3,
    "MATHOLD": 0.5,
    "MORNINGDOJISTAR": 0.3,
    "MORNINGSTAR": 0.3,
}


_description = describing(Group.PATTERN, inputs=(Source.OPEN, *HLC), outputs=_MARK, pane=Pane.PRICES, decimals=0)


def _pattern(name: str, title: str) -> Description:
    penetration = _PENETRATION.get(name)
    reach = () if penetration is None else (decimal("penetration", "Reach into the first body", penetration, 0, 1),)
    return _description(f"CDL{name}", title, "candle candlestick", *reach, short=title)


PATTERNS = tuple(_pattern(name, title) for name, title in _PATTERNS)

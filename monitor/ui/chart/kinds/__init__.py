"""The kinds of chart: what each makes of the bars, and who paints it."""

from enum import StrEnum


class Kind(StrEnum):
    """How bars are drawn; the value is kept in settings."""

    CANDLES = "candles"
    HOLLOW = "hollow"
    BARS = "bars"
    LINE = "line"
    AREA = "area"
    BASELINE = "baseline"
    HEIKIN_ASHI = "heikin-ashi"

    @property
    def words(self) -> str:
        """As menus say it."""
        return _WORDS[self]


_WORDS = {
    Kind.CANDLES: "Candles",
    Kind.HOLLOW: "Hollow candles",
    Kind.BARS: "Bars",
    Kind.LINE: "Line",
    Kind.AREA: "Area",
    Kind.BASELINE: "Baseline",
    Kind.HEIKIN_ASHI: "Heikin-Ashi",
}

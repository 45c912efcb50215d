"""What there is to say about an indicator so that a dialog and a painter can be made from it alone."""

from collections.abc import Callable
from enum import StrEnum
from typing import Any

from msgspec import Struct

from monitor.analysis.indicators.source import Source

Value = int | float | str

#: Colours of outputs: a name of the palette, one of the series colours ``series1`` to ``series8``, or ``#rrggbb``.
ROLES = ("accent", "amber", "up", "down", "dim", "text")
SERIES_COLOURS = tuple(f"series{number}" for number in range(1, 9))

#: TA-Lib's moving averages, as people know them.
AVERAGES = (
    ("SMA", "Simple"),
    ("EMA", "Exponential"),
    ("WMA", "Weighted"),
    ("DEMA", "Double exponential"),
    ("TEMA", "Triple exponential"),
    ("TRIMA", "Triangular"),
    ("KAMA", "Kaufman adaptive"),
    ("MAMA", "MESA adaptive"),
    ("T3", "T3"),
    ("HMA", "Hull"),
    ("ZLEMA", "Zero lag"),
    ("RMA", "Wilder's"),
)
LONGEST = 5_000


class Group(StrEnum):
    """Where the catalogue lists an indicator."""

    TREND = "Trend"
    MOMENTUM = "Momentum"
    VOLATILITY = "Volatility"
    VOLUME = "Volume"
    PRICE = "Price"
    CYCLE = "Cycle"
    STATISTIC = "Statistic"
    PATTERN = "Pattern"


class Pane(StrEnum):
    """Where it is drawn."""

    PRICES = "prices"
    OWN = "own"
    OWN_FROM_ZERO = "own from zero"  # a pane of its own whose axis begins at zero, as volume's
    BESIDE = "beside"  # rows at the side of the prices: the volume profile, which has no value a bar


class Draw(StrEnum):
    """How an output is drawn."""

    LINE = "line"
    DASHED = "dashed"
    STEPS = "steps"  # level until the next bar, and no line where the value changes
    HISTOGRAM = "histogram"  # columns from zero
    DOTS = "dots"
    UPPER = "upper band"  # what lies between upper and lower band is tinted
    LOWER = "lower band"
    MARKS = "marks"  # where it is not zero: below the low for positive values, above the high for negative ones
    ABOVE = "marks above"  # where it is not zero, above the high
    BELOW = "marks below"  # where it is not zero, below the low
    NOTHING = "nothing"  # tells the colour of another output


class Kind(StrEnum):
    """What a parameter is."""

    WHOLE = "whole"
    DECIMAL = "decimal"
    CHOICE = "choice"
    MOMENT = "moment"  # ms UTC, 0: the first bar there is


class Parameter(Struct, frozen=True):
    """One number or choice; ``name`` is TA-Lib's own where it has one.

    ``least`` and ``most`` bound numbers, ``options`` are the values of a choice and their titles.
    """

    name: str
    title: str
    kind: Kind
    default: Value
    least: float = 0
    most: float = 0
    options: tuple[tuple[str, str], ...] = ()


class Output(Struct, frozen=True):
    """One series of values, a value a bar.

    ``falling`` is the colour of what is negative; the sign is its own, or that of the output ``sign_of``. ``back``
    names the parameter that says how many bars before its own a value is drawn.
    """

    name: str
    title: str
    draw: Draw = Draw.LINE
    colour: str = "accent"
    falling: str = ""
    sign_of: str = ""
    back: str = ""


class Description(Struct, frozen=True):
    """An indicator; ``name`` is TA-Lib's where ``inputs`` tell what its function takes, in order.

    An input of None is the source that a person may choose, ``source`` unless they do. ``levels`` are drawn as
    lines of the pane, ``limits`` bound what values can be. ``decimals`` None means those of the prices.
    """

    name: str
    title: str
    group: Group
    outputs: tuple[Output, ...]
    words: str = ""
    short: str = ""
    parameters: tuple[Parameter, ...] = ()
    inputs: tuple[Source | None, ...] = ()
    source: Source = Source.CLOSE
    pane: Pane = Pane.OWN
    levels: tuple[float, ...] = ()
    limits: tuple[float, float] | None = None
    decimals: int | None = 2

    @property
    def source_chosen(self) -> bool:
        """Whether a person may choose the source."""
        return None in self.inputs

    @property
    def own(self) -> bool:
        """Whether it is not TA-Lib's but computed here."""
        return not self.inputs

    def parameter(self, name: str) -> Parameter | None:
        return next((parameter for parameter in self.parameters if parameter.name == name), None)

    def output(self, name: str) -> Output | None:
        return next((output for output in self.outputs if output.name == name), None)


HLC = (Source.HIGH, Source.LOW, Source.CLOSE)
HL = (Source.HIGH, Source.LOW)
HLCV = (*HLC, Source.VOLUME)
CHOSEN = (None,)


def whole(name: str, title: str, default: int, least: int = 1, most: int = LONGEST) -> Parameter:
    return Parameter(name, title, Kind.WHOLE, default, least, most)


def decimal(name: str, title: str, default: float, least: float = 0, most: float = 100) -> Parameter:
    return Parameter(name, title, Kind.DECIMAL, default, least, most)


def choice(name: str, title: str, default: str, options: tuple[tuple[str, str], ...]) -> Parameter:
    return Parameter(name, title, Kind.CHOICE, default, options=options)


def length(default: int, least: int = 2) -> Parameter:
    """How many bars an indicator looks back."""
    return whole("timeperiod", "Length", default, least)


def average(name: str, title: str, default: str = "SMA") -> Parameter:
    """Which moving average smooths."""
    return choice(name, title, default, AVERAGES)


def line(title: str, colour: str = "accent", draw: Draw = Draw.LINE) -> tuple[Output]:
    """The only output of most functions, which TA-Lib calls real."""
    return (Output("real", title, draw, colour),)


def bands(colour: str = "accent", middle: str = "amber") -> tuple[Output, ...]:
    """Upper band, middle and lower band, as TA-Lib orders them."""
    return (
        Output("upperband", "Upper", Draw.UPPER, colour),
        Output("middleband", "Middle", Draw.LINE, middle),
        Output("lowerband", "Lower", Draw.LOWER, colour),
    )


def signed(name: str, title: str) -> Output:
    """Columns from zero, green above and red below."""
    return Output(name, title, Draw.HISTOGRAM, "up", falling="down")


def describing(group: Group, **common: Any) -> Callable[..., Description]:
    """Makes the descriptions of a group from name, title, words, parameters and what is not ``common`` to them.

    They have one line, from the chosen source, in a pane of their own, where nothing else is said.
    """

    def make(name: str, title: str, words: str, *parameters: Parameter, **more: Any) -> Description:
        fields = {"outputs": line(title), "inputs": CHOSEN} | common | more
        return Description(name, title, group, words=words, parameters=parameters, **fields)

    return make

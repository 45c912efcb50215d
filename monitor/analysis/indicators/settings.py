"""How one indicator of a chart is wanted: parameters, source and colours, to be stored as JSON."""

import math
import re
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from monitor.analysis.indicators.catalogue import describe
from monitor.analysis.indicators.description import (
    ROLES,
    SERIES_COLOURS,
    Description,
    Draw,
    Kind,
    Output,
    Pane,
    Parameter,
    Value,
)
from monitor.analysis.indicators.source import Source
from monitor.errors import BadData

_RGB = re.compile(r"#[0-9a-fA-F]{6}")
#: In ``colours`` the key of what an output's negative values are painted with.
FALLING = ".falling"


class Settings(Struct, frozen=True, omit_defaults=True):
    """An indicator and what differs from its description's defaults. Raises BadData where it does not fit that.

    ``colours`` are by name of output, and by ``name.falling`` for the colour of its negative values; ``hidden``
    are outputs that are not drawn.
    """

    name: str
    parameters: dict[str, Value] = {}
    source: Source | None = None
    colours: dict[str, str] = {}
    hidden: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        description = describe(self.name)
        for name, value in self.parameters.items():
            parameter = description.parameter(name)
            if parameter is None:
                raise BadData(f"{description.title} has no parameter “{name}”.")
            _check(parameter, value)
        if self.source is not None and not description.source_chosen:
            raise BadData(f"{description.title} has no source to choose.")
        for key, colour in self.colours.items():
            if description.output(key.removesuffix(FALLING)) is None:
                raise BadData(f"{description.title} has no line “{key}”.")
            if colour not in (*ROLES, *SERIES_COLOURS) and not _RGB.fullmatch(colour):
                raise BadData(f"“{colour}” is not a colour.")
        for name in self.hidden:
            if description.output(name) is None:
                raise BadData(f"{description.title} has no line “{name}”.")

    @classmethod
    def of_json(cls, text: bytes | str) -> "Settings":
        """What ``json`` made. Raises BadData."""
        try:
            return msgspec.json.decode(text, type=cls)
        except msgspec.DecodeError as error:
            raise BadData("The settings of an indicator cannot be read.", str(error)) from error

    @classmethod
    def beside(cls, name: str, others: Iterable["Settings"]) -> "Settings":
        """An indicator with its defaults; a line alone over the prices gets a colour that none of ``others`` has."""
        description = describe(name)
        drawn = [output for output in description.outputs if output.draw is not Draw.NOTHING]
        if description.pane is not Pane.PRICES or len(drawn) > 1 or drawn[0].draw is not Draw.LINE:
            return cls(name)
        taken = {other.colour(output) for other in others for output in other.description.outputs}
        colour = next((colour for colour in (drawn[0].colour, *SERIES_COLOURS) if colour not in taken), "")
        return cls(name, colours={drawn[0].name: colour} if colour not in ("", drawn[0].colour) else {})

    def json(self) -> bytes:
        """For a file; what are defaults is left out."""
        return msgspec.json.encode(self)

    @property
    def description(self) -> Description:
        return describe(self.name)

    @property
    def values(self) -> dict[str, Value]:
        """Every parameter's value, in the order of the description."""
        return {p.name: self.parameters.get(p.name, p.default) for p in self.description.parameters}

    @property
    def inputs(self) -> tuple[Source, ...]:
        """What TA-Lib's function takes, in order."""
        chosen = self.source or self.description.source
        return tuple(source or chosen for source in self.description.inputs)

    @property
    def of_volume(self) -> bool:
        """Whether it is computed from volume where prices were meant, and so is no price itself."""
        return self.source is Source.VOLUME and self.description.source is not Source.VOLUME

    @property
    def pane(self) -> Pane:
        """Where it is drawn: what would lie over the prices has a pane of its own when it is computed from volume."""
        pane = self.description.pane
        return Pane.OWN_FROM_ZERO if self.of_volume and pane is Pane.PRICES else pane

    @property
    def decimals(self) -> int | None:
        """How many its values are shown with; None: as many as prices."""
        decimals = self.description.decimals
        return 0 if self.of_volume and decimals is None else decimals

    @property
    def label(self) -> str:
        """Short, for legends: RSI 14, BB 20 2, EMA 20 hl2."""
        description = self.description
        parts = [description.short or description.name]
        values = self.values
        if values.get("nbdevup") == values.get("nbdevdn"):
            values.pop("nbdevdn", None)
        parts += [text for p in description.parameters if p.name in values and (text := _short(p, values[p.name]))]
        if self.source not in (None, description.source):
            parts.append(self.source)
        return " ".join(parts)

    def colour(self, output: Output) -> str:
        """What an output is painted with: a role, a series colour, or ``#rrggbb``."""
        return self.colours.get(output.name, output.colour)

    def falling(self, output: Output) -> str:
        """What is painted where it is negative; as ``colour`` where that makes no difference."""
        return self.colours.get(output.name + FALLING, output.falling) or self.colour(output)


def _check(parameter: Parameter, value: Value) -> None:
    title = parameter.title
    if parameter.kind is Kind.CHOICE:
        if value not in [option for option, _ in parameter.options]:
            titles = ", ".join(title for _, title in parameter.options)
            raise BadData(f"“{value}” is no choice for {title}. There are: {titles}.")
        return
    if isinstance(value, (str, bool)) or not math.isfinite(value):
        raise BadData(f"{title} must be a number.")
    if parameter.kind is not Kind.DECIMAL and value != int(value):
        raise BadData(f"{title} must be a whole number.")
    if parameter.kind is not Kind.MOMENT and not parameter.least <= value <= parameter.most:
        raise BadData(f"{title} must be from {parameter.least:,g} to {parameter.most:,g}.")


def _short(parameter: Parameter, value: Value) -> str:
    if parameter.kind in (Kind.WHOLE, Kind.DECIMAL):
        return "" if parameter.default == value == 0 else f"{value:g}"
    return str(value) if parameter.kind is Kind.CHOICE and value != parameter.default else ""

"""Templates: sets of indicators under a name, kept in settings for all charts, and each as a file of its own."""

from pathlib import Path
from typing import NamedTuple

import msgspec

from monitor.analysis.indicators import Settings
from monitor.errors import BadData, Unusable
from monitor.ports import Preferences
from monitor.whole_file import whole_file

_KEY = "chart/indicator templates"
_VERSION = 1
_KIND = "indicator template"
_LONGEST_NAME = 60
_LARGEST = 1_000_000


class Template(msgspec.Struct, frozen=True):
    """A set of indicators. Those that this version does not know stay in it as they are, for another that does."""

    name: str
    indicators: tuple[msgspec.Raw, ...] = ()

    def read(self) -> "Found":
        """What of it can be shown."""
        known, unknown = [], []
        for raw in self.indicators:
            try:
                known.append(Settings.of_json(bytes(raw)))
            except BadData:
                unknown.append(_name_in(raw))
        return Found(known, unknown)

    @classmethod
    def of(cls, name: str, indicators: list[Settings]) -> "Template":
        return cls(name, tuple(msgspec.Raw(settings.json()) for settings in indicators))


class Found(NamedTuple):
    """The indicators of a template, and the names of those that this version does not know, or not so."""

    known: list[Settings]
    unknown: list[str]

    @property
    def lost(self) -> str:
        """A sentence about what is missing; empty when nothing is."""
        if not self.unknown:
            return ""
        count, names = len(self.unknown), ", ".join(self.unknown)
        return f"{count} of its {len(self.known) + count} indicators cannot be shown by this version: {names}."


class _Kept(msgspec.Struct, frozen=True):
    """``usual`` names the template of new charts; empty: they have none."""

    templates: tuple[Template, ...] = ()
    usual: str = ""
    version: int = _VERSION


class Templates:
    """The templates of a profile. Every method reads the settings anew, for several charts change them."""

    def __init__(self, preferences: Preferences) -> None:
        self._preferences = preferences

    @property
    def names(self) -> list[str]:
        """In the order of the alphabet."""
        return sorted((template.name for template in self._kept().templates), key=str.casefold)

    @property
    def usual(self) -> str:
        """The template of new charts; empty when they have none."""
        kept = self._kept()
        return kept.usual if kept.usual in self.names else ""

    def find(self, name: str) -> Template:
        """Raises BadData when there is none of that name."""
        for template in self._kept().templates:
            if template.name == name:
                return template
        raise BadData(f"There is no template “{name}” any more.")

    def put(self, template: Template) -> None:
        """Keep it, in place of one of the same name. Raises BadData where the name is none."""
        name = checked(template.name)
        kept = self._kept()
        others = tuple(other for other in kept.templates if other.name != name)
        self._keep((*others, Template(name, template.indicators)), kept.usual)

    def rename(self, name: str, other: str) -> None:
        """Raises BadData where the other name is none, or another template has it."""
        other, template = checked(other), self.find(name)
        if other != name and other in self.names:
            raise BadData(f"There is a template “{other}” already.")
        kept = self._kept()
        templates = (Template(other, each.indicators) if each == template else each for each in kept.templates)
        self._keep(tuple(templates), other if kept.usual == name else kept.usual)

    def remove(self, name: str) -> None:
        kept = self._kept()
        templates = tuple(each for each in kept.templates if each.name != name)
        self._keep(templates, "" if kept.usual == name else kept.usual)

    def set_usual(self, name: str) -> None:
        """Have new charts begin with that template; an empty name: with none."""
        self._keep(self._kept().templates, name)

    def free_name(self, name: str) -> str:
        """The name, with a number behind it where another template has it."""
        number, found = 1, name
        while found in self.names:
            number += 1
            found = f"{name[: _LONGEST_NAME - 5]} {number}"
        return found

    def _kept(self) -> _Kept:
        try:
            return msgspec.json.decode(self._preferences.get(_KEY, "{}"), type=_Kept)
        except msgspec.DecodeError:
            return _Kept()

    def _keep(self, templates: tuple[Template, ...], usual: str) -> None:
        self._preferences.set(_KEY, msgspec.json.encode(_Kept(templates, usual)).decode())


def checked(name: str) -> str:
    """A name without blanks around it. Raises BadData where that leaves none, or a long one."""
    name = " ".join(name.split())
    if not name:
        raise BadData("A template needs a name.")
    if len(name) > _LONGEST_NAME:
        raise BadData(f"A name has {_LONGEST_NAME} letters at most.")
    return name


def _name_in(raw: msgspec.Raw) -> str:
    """The name that an indicator of an unknown form has."""
    try:
        found = msgspec.json.decode(bytes(raw), type=dict[str, object]).get("name")
    except msgspec.DecodeError:
        found = None
    return found[:_LONGEST_NAME] if isinstance(found, str) and found else "one without a name"


class _File(msgspec.Struct, frozen=True, rename={"kind": "market-monitor"}):
    kind: str
    version: int
    name: str = ""
    indicators: tuple[msgspec.Raw, ...] = ()


class _Head(msgspec.Struct, frozen=True, rename={"kind": "market-monitor"}):
    """What every version of the file has."""

    kind: str = ""
    version: int = 0


def write_template(path: Path, template: Template) -> None:
    """Write it as JSON, whole or not at all. Raises Unusable."""
    content = msgspec.json.encode(_File(_KIND, _VERSION, template.name, template.indicators))
    try:
        with whole_file(path) as handle, open(handle, "wb", closefd=False) as file:
            file.write(msgspec.json.format(content, indent=2) + b"\n")
    except OSError as error:
        raise Unusable(f"{path.name} cannot be written: {error.strerror}.", str(error)) from error


def read_template(path: Path) -> Template:
    """The template in a file. Raises Unusable when it cannot be read, and BadData when it is none."""
    try:
        if not path.is_file():
            raise Unusable(f"{path.name} is not a file.")
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
    except OSError as error:
        raise Unusable(f"{path.name} cannot be read: {error.strerror}.", str(error)) from error
    if len(content) > _LARGEST:
        raise BadData(f"{path.name} is too large for a template of indicators.")
    try:
        head = msgspec.json.decode(content, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadData(f"{path.name} is not a template of indicators.", str(error)) from error
    if head.kind != _KIND or head.version < 1:
        raise BadData(f"{path.name} is not a template of indicators.")
    if head.version > _VERSION:
        raise BadData(f"{path.name} was written by a newer Market Monitor, which this one cannot read.")
    try:
        found = msgspec.json.decode(content, type=_File)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadData(f"{path.name} is damaged: what it says of its indicators cannot be read.", str(error)) from error
    template = Template(checked((found.name or path.stem)[:_LONGEST_NAME]), found.indicators)
    if not template.indicators:
        raise BadData(f"{path.name} has no indicators.")
    if not template.read().known:
        raise BadData(f"{path.name} has no indicator that this version knows.")
    return template

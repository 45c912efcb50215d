"""Schwab's JSON read patiently: what cannot be read costs its own field or item, never its neighbours.

Numbers that are none (NaN, also in quotes), infinite or beyond 2^53 fit none of the types here.
"""

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from monitor.errors import BadData

_LARGEST = 2**53
#: A price, size or percentage as it was sent: ``214`` is not ``214.0``.
Value = Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST)] | Annotated[float, Meta(ge=-_LARGEST, le=_LARGEST)]
Integer = Annotated[int, Meta(ge=-_LARGEST, le=_LARGEST)]
#: A count, or a time in ms.
Whole = Annotated[int, Meta(ge=0, le=_LARGEST)]

#: What msgspec raises over an answer that is not what it should be.
UNREADABLE = (msgspec.DecodeError, UnicodeError, RecursionError)

S = TypeVar("S", bound=Struct)


def document(content: bytes, where: str) -> Any:
    """The answer as plain lists and dicts; bare NaN is let through. Raises BadData."""
    try:
        return msgspec.json.decode(content)
    except UNREADABLE:
        pass
    try:
        return _writable(json.loads(content))  # which knows NaN, and numbers beyond all bounds
    except (ValueError, RecursionError) as error:
        raise unreadable(where, error) from error


def _writable(value: Any) -> Any:
    """The same without the halves of characters that JSON can write and nothing else can."""
    match value:
        case str():
            return value.encode("utf-8", "replace").decode()
        case list():
            return [_writable(item) for item in value]
        case dict():
            return {_writable(key): _writable(item) for key, item in value.items()}
        case _:
            return value


def mapping(content: bytes, where: str) -> dict[str, Any]:
    """The answer as an object. Raises BadData."""
    body = document(content, where)
    if not isinstance(body, dict):
        raise unreadable(where, "not an object")
    return body


def unreadable(where: str, why: object) -> BadData:
    """The failure to read the answer of ``where``."""
    return BadData("Schwab's answer could not be read.", f"{where}: {why}")


def as_struct(kind: type[S], raw: object) -> S | None:
    """``raw`` as ``kind``, without the fields that cannot be read; None when a required one is among those."""
    if isinstance(raw, kind):
        return raw
    if (whole := _converted(kind, raw)) is not None:
        return whole
    if not isinstance(raw, dict):
        return None
    # Nothing but NaN where a number should be is what is odd most often, and to try every field takes long.
    some = {name: value for name, value in raw.items() if value != "NaN"}
    if (whole := _converted(kind, some)) is not None:
        return whole
    types = _types(kind)
    return _converted(kind, {n: v for n, v in some.items() if n in types and _fits(v, types[n])})


def _converted(kind: type[S], raw: object) -> S | None:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError:
        return None


@cache
def _types(kind: type[Struct]) -> dict[str, Any]:
    return {field.encode_name: field.type for field in msgspec.structs.fields(kind)}


def _fits(value: object, kind: Any) -> bool:
    try:
        msgspec.convert(value, kind)
    except msgspec.ValidationError:
        return False
    return True


def as_list(raw: object) -> list[Any]:
    """``raw`` if it is a list, else none."""
    return raw if isinstance(raw, list) else []


def as_mapping(raw: object) -> Mapping[str, Any]:
    """``raw`` if it is an object, else an empty one."""
    return raw if isinstance(raw, dict) else {}

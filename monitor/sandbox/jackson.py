"""JSON as Schwab's services write it: compact, and with doubles the way Java prints them."""

import re
from decimal import Decimal
from typing import Any

import msgspec

_encoder = msgspec.json.Encoder()
# Doubles below 0.001 and from ten million on; between them Java and msgspec print the same text.
_FAR_DOUBLE = re.compile(rb"(?<=[:\[,])-?(?:0\.000\d+|\d{8,}\.\d+|\d(?:\.\d+)?e-?\d+)(?=[,\]}])")


def encode(payload: Any) -> bytes:
    """The text of a REST answer: ``1.0`` stays ``1.0``, and 301570298.0 is ``3.01570298E8``."""
    return _FAR_DOUBLE.sub(_java_double, _encoder.encode(payload))


def _java_double(match: re.Match[bytes]) -> bytes:
    sign, digits, exponent = Decimal(match[0].decode()).normalize().as_tuple()
    tail = "".join(map(str, digits[1:])) or "0"
    power = len(digits) - 1 + int(exponent)
    return f"{'-' * sign}{digits[0]}.{tail}E{power}".encode()


def whole(value: Any) -> Any:
    """A number as the streamer writes it: 214.0 becomes 214; everything else is left alone."""
    return int(value) if isinstance(value, float) and value.is_integer() else value

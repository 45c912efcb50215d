"""Minutes of a stretch as one small blob and back: every value as it was, in a few bytes a bar.

Prices that are decimals of a few places are whole numbers of their smallest place; what is kept is how they differ from
bar to bar and within a bar, in as few bytes as that takes, compressed.
"""

import struct
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from monitor.market.bar import BAR_DTYPE, BarSeries, BarSource

#: Bars, and the place of each one's source in ``SOURCES``.
Minutes = tuple[BarSeries, npt.NDArray[np.uint8]]

SOURCES = tuple(BarSource)
MINUTE_MS = 60_000

_FORMAT = 1
_HEAD = struct.Struct("<BBqI")  # format, places (_AS_SENT: none fit), first start, number of bars
_COLUMN = struct.Struct("<BI")  # bytes a value, or _FLOATS; length
_AS_SENT, _FLOATS = 255, 0
_MOST_PLACES = 6
_PRICES = ("open", "high", "low", "close")
#: Whole numbers up to here are the same as integers and as floats, and so are their differences.
_LARGEST = 2**51
_LEVEL = 1
_WIDTHS = (1, 2, 4, 8)


def encode(bars: BarSeries, sources: npt.NDArray[np.uint8]) -> bytes:
    """The blob of ascending bars that begin on whole minutes."""
    first = int(bars["start"][0]) if len(bars) else 0
    minutes = (bars["start"] - first) // MINUTE_MS
    columns = [_integers(np.diff(minutes, prepend=0)), _integers(sources.astype(np.int64))]
    places, prices = _whole(bars)
    if prices is None:
        columns += [_floats(bars[name]) for name in _PRICES]
    else:
        opened, high, low, close = prices
        before = np.concatenate([close[:1], close[:-1]])
        upper, lower = np.maximum(opened, close), np.minimum(opened, close)
        parts = (np.diff(close, prepend=0), opened - before, high - upper, lower - low)
        columns += [_integers(part) for part in parts]
    volume = bars["volume"]
    whole = _as_integers(volume)
    columns.append(_floats(volume) if whole is None else _integers(whole))
    return _HEAD.pack(_FORMAT, places, first, len(bars)) + zlib.compress(b"".join(columns), _LEVEL)


def decode(blob: bytes) -> Minutes:
    """What was encoded. Raises ValueError for a blob of another format, or one that is damaged."""
    try:
        form, places, first, number = _HEAD.unpack_from(blob)
        if form != _FORMAT:
            raise ValueError(f"minutes of format {form}")
        content = memoryview(zlib.decompress(memoryview(blob)[_HEAD.size :]))
        columns, at = [], 0
        while at < len(content):
            width, length = _COLUMN.unpack_from(content, at)
            at += _COLUMN.size
            columns.append(_values(width, content[at : at + length]))
            at += length
        steps, sources, *prices, volume = columns
        bars = np.empty(number, BAR_DTYPE)
        bars["start"] = first + np.cumsum(steps) * MINUTE_MS
        bars["volume"] = volume
        _put_prices(bars, places, prices)
    except (struct.error, zlib.error) as error:
        raise ValueError("the minutes are damaged") from error
    return bars, sources.astype(np.uint8)


def _put_prices(bars: BarSeries, places: int, columns: list[npt.NDArray[Any]]) -> None:
    if places == _AS_SENT:
        for name, values in zip(_PRICES, columns, strict=True):
            bars[name] = values
        return
    close = np.cumsum(columns[0])
    before = np.concatenate([close[:1], close[:-1]])
    opened = columns[1] + before
    high = columns[2] + np.maximum(opened, close)
    low = np.minimum(opened, close) - columns[3]
    scale = 10.0**places
    for name, values in zip(_PRICES, (opened, high, low, close), strict=True):
        bars[name] = values / scale


def _whole(bars: BarSeries) -> tuple[int, list[npt.NDArray[np.int64]] | None]:
    """How many decimal places the prices need at most, and the prices in units of the last; None if none do."""
    fit = all(np.all(np.abs(bars[name]) < _LARGEST) for name in _PRICES)
    for places in range(_MOST_PLACES + 1 if fit else 0):
        scale = 10.0**places
        found = [_as_integers(np.rint(bars[name] * scale)) for name in _PRICES]
        # The quotient of two exact numbers is the float nearest to it, which is what a decimal is read as.
        if all(
            whole is not None and np.array_equal(whole / scale, bars[name])
            for name, whole in zip(_PRICES, found, strict=True)
        ):
            return places, [whole for whole in found if whole is not None]
    return _AS_SENT, None


def _as_integers(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64] | None:
    """The same numbers as integers; None when some are not whole, or too large."""
    if not np.all(np.abs(values) < _LARGEST):  # nor what is no number
        return None
    whole = values.astype(np.int64)
    return whole if np.array_equal(whole, values) else None


def _integers(values: npt.NDArray[np.int64]) -> bytes:
    """A column in as few bytes a value as hold them, all first bytes before all second ones: that compresses better."""
    most = max(abs(int(values.max(initial=0))), abs(int(values.min(initial=0))))
    width = next(width for width in _WIDTHS if most < 1 << (8 * width - 1))
    data = values.astype(f"<i{width}").view(np.uint8).reshape(-1, width).T.tobytes()
    return _COLUMN.pack(width, len(data)) + data


def _floats(values: npt.NDArray[np.float64]) -> bytes:
    data = np.ascontiguousarray(values, "<f8").view(np.uint8).reshape(-1, 8).T.tobytes()
    return _COLUMN.pack(_FLOATS, len(data)) + data


def _values(width: int, data: memoryview) -> npt.NDArray[Any]:
    kind, size = ("<f8", 8) if width == _FLOATS else (f"<i{width}", width)
    planes = np.frombuffer(data, np.uint8).reshape(size, -1)
    values = np.ascontiguousarray(planes.T).view(kind).reshape(-1)
    return values if width == _FLOATS else values.astype(np.int64)

"""Tags on the price axis, placed so that none hides another: of two that collide the less important gives way."""

from bisect import bisect
from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from itertools import accumulate
from typing import NamedTuple

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter

from monitor.ui.chart.scene import Scene

_LINE_PX = 15
_EDGE_PX = 2
#: So much free ground stays between two tags.
_GAP_PX = 1


class Rank(IntEnum):
    """Who stays where it wants to stand, most important first."""

    CROSSHAIR = 0
    LAST_PRICE = 1
    IN_HAND = 2
    ALERT = 3
    DRAWING = 4
    COMPARED = 5


class Tag(NamedTuple):
    """What is to stand on the axis: so many lines of words, the first at pixel ``y`` from the plot's top.

    ``paint`` is called with the place that it gets, once; not at all where there is no room for it.
    """

    y: int
    lines: int
    rank: Rank
    paint: Callable[[QPainter, QRect], None]


class Wish(NamedTuple):
    """A stretch of the axis, in pixels from its top, as wanted."""

    top: int
    height: int
    rank: int


def price_tag(y: int, lines: Sequence[str], ground: QColor, ink: QColor, rank: Rank) -> Tag:
    """A tag of words in ``ink`` on ``ground``."""
    return Tag(y, len(lines), rank, lambda painter, place: paint_words(painter, place, lines, ground, ink))


def paint_tags(painter: QPainter, scene: Scene, tags: Sequence[Tag]) -> list[QRect]:
    """Paint them within the plot's height, each as near to its price as can be; gives their places."""
    left = scene.plot.right() + 2
    width = scene.canvas.width() - left
    wishes = [Wish(tag.y - _LINE_PX // 2 - _EDGE_PX, height_of(tag.lines) + _GAP_PX, tag.rank) for tag in tags]
    places = []
    for tag, top in zip(tags, placed(wishes, scene.plot.height() + _GAP_PX), strict=True):
        if top is not None:
            place = QRect(left, top, width, height_of(tag.lines))
            tag.paint(painter, place)
            places.append(place)
    return places


def height_of(lines: int) -> int:
    """Pixels that a tag of so many lines takes."""
    return _LINE_PX * lines + 2 * _EDGE_PX


def placed(wishes: Sequence[Wish], room: int) -> list[int | None]:
    """The top of each, from 0 to ``room``, none on another; None for those that find no place.

    That of the crosshair stays at its line: the others stand above and below it, still in the order of their prices,
    each on its own side of it where there is the room.
    """
    crosshair = next((number for number, wish in enumerate(wishes) if wish.rank == Rank.CROSSHAIR), None)
    if crosshair is None:
        return in_order(wishes, room)
    height = wishes[crosshair].height
    top = max(0, min(wishes[crosshair].top, room - height))
    end = top + height
    others = [number for number in _by_rank(wishes) if number != crosshair]
    kept, parts = others, _parts(wishes, others, top, room - end)
    if not parts:  # not all have room beside it
        kept = []
        for number in others:
            if those := _parts(wishes, [*kept, number], top, room - end):
                kept, parts = [*kept, number], those
    kept = _by_top(wishes, kept)
    wanted = sum(wishes[number].top < top for number in kept)
    part = min(parts, key=lambda part: abs(part - wanted), default=0)
    found: list[int | None] = [None] * len(wishes)
    found[crosshair] = top if end <= room else None
    for numbers, begin, size in ((kept[:part], 0, top), (kept[part:], end, room - end)):
        here = in_order([wishes[number]._replace(top=wishes[number].top - begin) for number in numbers], size)
        for number, place in zip(numbers, here, strict=True):
            found[number] = None if place is None else begin + place
    return found


def in_order(wishes: Sequence[Wish], room: int) -> list[int | None]:
    """The top of each, from 0 to ``room``: in the order of the tops wanted, and none on another.

    Each stands as near to where it wants as those of higher rank let it, and as the others need to stand beside it.
    Where not all fit, the least important have no place: None.
    """
    kept, total = [], 0
    for number in _by_rank(wishes):
        if total + wishes[number].height <= room:
            kept.append(number)
            total += wishes[number].height
    order = _by_top(wishes, kept)
    slots = {number: slot for slot, number in enumerate(order)}
    above = list(accumulate((wishes[number].height for number in order), initial=0))
    found: list[int | None] = [None] * len(wishes)
    tops: dict[int, int] = {}
    standing: list[int] = []  # the slots that have their place, from the top down
    for number in kept:
        slot = slots[number]
        at = bisect(standing, slot)
        highest, lowest = above[slot], room - (total - above[slot])
        if at:
            before = standing[at - 1]
            highest = tops[before] + above[slot] - above[before]
        if at < len(standing):
            after = standing[at]
            lowest = tops[after] - (above[after] - above[slot])
        found[number] = tops[slot] = min(max(wishes[number].top, highest), lowest)
        standing.insert(at, slot)
    return found


def _parts(wishes: Sequence[Wish], numbers: Sequence[int], above: int, below: int) -> list[int]:
    """How many of them, from the top down, may stand in ``above`` so that the others have room in ``below``."""
    used = list(accumulate((wishes[number].height for number in _by_top(wishes, numbers)), initial=0))
    return [part for part, so_far in enumerate(used) if so_far <= above and used[-1] - so_far <= below]


def _by_rank(wishes: Sequence[Wish]) -> list[int]:
    return sorted(range(len(wishes)), key=lambda number: wishes[number].rank)


def _by_top(wishes: Sequence[Wish], numbers: Iterable[int]) -> list[int]:
    return sorted(numbers, key=lambda number: (wishes[number].top, wishes[number].rank, number))


def paint_words(painter: QPainter, place: QRect, lines: Sequence[str], ground: QColor, ink: QColor) -> None:
    """Lines of words below each other, on a ground of their own."""
    painter.fillRect(place, ground)
    painter.setPen(ink)
    each = (place.height() - 2 * _EDGE_PX) // len(lines)
    for number, line in enumerate(lines):
        row = QRect(place.left() + 6, place.top() + _EDGE_PX + number * each, place.width() - 6, each)
        painter.drawText(row, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line)

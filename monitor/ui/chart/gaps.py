"""Holes in a chart: where bars are missing because nothing was heard, found once a load, hatched, and put into words.

The axis has room for bars only, so the hatching stands between the two bars that the missing ones belong between.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import QPoint, QRect, Qt
from PySide6.QtGui import QBrush, QPainter

from monitor.analysis.ranges import Range, missing
from monitor.market.bar import Interval
from monitor.market.calendar import Phase, from_ms, phase_at
from monitor.market.gap import Gap
from monitor.ui.chart.scene import Scene

_MINUTE_MS = 60_000
#: Services whose silence leaves a chart without bars.
_SOURCES = ("CHART_", "LEVELONE_")
_NARROWEST_PX, _WIDEST_PX = 5, 14
#: Holes in one chart; older ones are left out.
_MOST = 300
_TOP_PX = 30


class Missing(NamedTuple):
    """A stretch without bars, from minute to minute; ``lasts`` where it has not ended. ``why`` is a sentence."""

    from_ms: int
    to_ms: int
    why: str
    lasts: bool = False

    @property
    def span(self) -> str:
        """From when to when: 11:36–11:39, since 11:36."""
        first, last = from_ms(self.from_ms), from_ms(self.to_ms)
        if self.lasts:
            return f"since {first:%H:%M}"
        return f"{first:%H:%M}–{last:%H:%M}" if first.date() == last.date() else f"{first:%a %H:%M}–{last:%a %H:%M}"

    @property
    def words(self) -> str:
        """The whole of it as one line."""
        return f"No data {self.span}: {self.why}"


def find_missing(
    gaps: Sequence[Gap],
    covered: Iterable[Range],
    starts: npt.NDArray[np.int64],
    interval: Interval,
    now_ms: int,
    by_calendar: bool = True,
) -> list[Missing]:
    """What ``gaps`` have left out: stretches that hold no bar, and that history was not asked for or did not answer.

    ``starts`` are those of the bars there are. With ``by_calendar`` the closed hours are nobody's loss.
    """
    if not interval.intraday or not len(starts):
        return []
    found, done = [], list[Range]()
    unasked = missing(covered, int(starts[0]), _minute_after(now_ms))
    ends = [end for _, end in unasked]
    newest = sorted((gap for gap in gaps if gap.service.startswith(_SOURCES)), key=lambda gap: gap.from_ms)[-_MOST:]
    # Where bars and quotes were lost together, the bars' own reason is the one to tell.
    for gap in sorted(newest, key=lambda gap: not gap.service.startswith(_SOURCES[0])):
        first = max(gap.from_ms // _MINUTE_MS * _MINUTE_MS, int(starts[0]))
        last = _minute_after(now_ms)
        if gap.to_ms is not None:  # the minute that runs may still get its bar
            last = min(_minute_after(gap.to_ms), now_ms // _MINUTE_MS * _MINUTE_MS)
        have = [each for each in done if each[0] < last and each[1] > first]
        have += _bars_in(starts, interval, first, last)
        for begin, stop in unasked[bisect_right(ends, first) :]:
            if begin >= last:
                break
            for start, end in missing(have, max(begin, first), min(stop, last)):
                done.append((start, end))
                if not by_calendar or _open_at_all(start, end):
                    found.append(Missing(start, end, _why(gap), lasts=gap.to_ms is None and end == last))
    return sorted(found)


def _minute_after(ms: int) -> int:
    return -(-ms // _MINUTE_MS) * _MINUTE_MS


def _bars_in(starts: npt.NDArray[np.int64], interval: Interval, first: int, last: int) -> list[Range]:
    length = interval.milliseconds
    rows = starts[np.searchsorted(starts, first - length, "right") : np.searchsorted(starts, last)]
    return [(start, start + length) for start in rows.tolist()]


def _open_at_all(start: int, end: int) -> bool:
    """Whether any minute of the stretch was one in which the market was open."""
    step = max(_MINUTE_MS, (end - start) // 200 // _MINUTE_MS * _MINUTE_MS)
    return any(phase_at(at) is not Phase.CLOSED for at in range(start, end, step))


def _why(gap: Gap) -> str:
    return gap.sentence or f"nothing came ({gap.cause.value})."


def paint_missing(painter: QPainter, scene: Scene) -> None:
    """The hatching of what is in view, behind the candles."""
    places = {(place.left(), place.width()): place for _, place in places_in_view(scene)}
    ink = scene.tint("amber", 0.55)
    for place in places.values():
        painter.fillRect(place, scene.tint("amber", 0.10))
        painter.fillRect(place, QBrush(ink, Qt.BrushStyle.BDiagPattern))


def places_in_view(scene: Scene) -> list[tuple[Missing, QRect]]:
    """Where each hole stands; one that has been filled since it was found stands nowhere."""
    bars, view, plot = scene.bars, scene.viewport, scene.plot
    found = []
    for hole in scene.missing:
        index = bars.place(hole.from_ms)
        if index < len(bars) and int(bars.start[index]) < hole.to_ms:
            continue
        width = int(min(_WIDEST_PX, max(_NARROWEST_PX, view.bar_px)))
        left = int(view.left_of(index)) - width // 2
        place = QRect(left, 0, width, plot.height()) & plot
        if not place.isEmpty():
            found.append((hole, place))
    return found


def paint_missing_words(painter: QPainter, scene: Scene, mouse: QPoint | None) -> None:
    """A line below the legend: of a hole that lasts, unless the mouse is at one, which has a card then."""
    if hole := spoken(scene, mouse):
        painter.setPen(scene.colours.colour("amber"))
        room = QRect(10, _TOP_PX, scene.plot.width() - 20, painter.fontMetrics().height())
        text = painter.fontMetrics().elidedText(hole.words, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)


def spoken(scene: Scene, mouse: QPoint | None) -> Missing | None:
    """The hole that is told of without pointing at it."""
    if not scene.missing or hole_at(scene, mouse) is not None:
        return None
    return next((hole for hole, _ in reversed(places_in_view(scene)) if hole.lasts), None)


def hole_at(scene: Scene, mouse: QPoint | None) -> Missing | None:
    """The hole under the mouse."""
    if mouse is None or not scene.missing:
        return None
    near = scene.viewport.bar_px / 2
    return next(
        (hole for hole, place in places_in_view(scene) if place.left() - near <= mouse.x() <= place.right() + near),
        None,
    )

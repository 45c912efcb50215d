"""The panes of a chart: the prices, and below them those of indicators, each with a scale of its own."""

from dataclasses import dataclass, field

from PySide6.QtCore import QRect

from monitor.ui.chart.price_axis import PriceScale

_LEGEND_PX = 20
#: A pane's share of the height unless a person drags its edge, and the least height of any.
_SHARE = 0.18
LEAST_PX = 44
#: How near to an edge the mouse takes hold of it.
GRIP_PX = 3


@dataclass
class Pane:
    """One pane below the prices; ``share`` is its part of the height of all."""

    share: float = _SHARE
    rect: QRect = field(default_factory=QRect)
    scale: PriceScale = field(default_factory=lambda: PriceScale(_LEGEND_PX, 0.0))


def divide(panes: list[Pane], width: int, height: int) -> QRect:
    """Lay the panes out at the bottom, each with a pixel of line above it; what is left is for the prices."""
    room = max(0, height - 2 * LEAST_PX)  # the prices keep twice what a pane needs
    wanted = [max(LEAST_PX, round(pane.share * height)) for pane in panes]
    if sum(wanted) > room:
        wanted = [max(1, size * room // max(1, sum(wanted))) for size in wanted]
    top = height - sum(wanted)
    prices = QRect(0, 0, width, max(1, top))
    for pane, size in zip(panes, wanted, strict=True):
        pane.rect = QRect(0, top + 1, width, max(1, size - 1))
        pane.scale.height = pane.rect.height()
        top += size
    return prices


def drag_edge(panes: list[Pane], place: int, moved_px: float, height: int) -> None:
    """Move the upper edge of a pane down: what it loses goes to the pane above it, or to the prices."""
    share = moved_px / max(1, height)
    least = LEAST_PX / max(1, height)
    below = panes[place]
    above = panes[place - 1] if place else None
    grown = below.share - share
    if grown < least or (above and above.share + share < least):
        return
    if not above and sum(pane.share for pane in panes) - share > 1 - 2 * least:
        return
    below.share = grown
    if above:
        above.share += share

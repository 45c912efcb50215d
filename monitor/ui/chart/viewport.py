"""Which bars are in view: panning, zooming and following, in bars and pixels and without any widget."""

import math

import numpy as np
import numpy.typing as npt

DEFAULT_BAR_PX = 7.0
_CANDLE_PX = 2.0
WIDEST_BAR_PX = 80.0
#: Empty room at the right edge: five bars, but never less than this many pixels.
_MARGIN_BARS = 5
_MARGIN_PX = 28


class Viewport:
    """The time axis: bar ``i`` fills ``i`` to ``i + 1``, ``right`` is where the plot's right edge is in these units."""

    def __init__(self) -> None:
        self.count = 0
        self.width = 1
        self.bar_px = DEFAULT_BAR_PX
        self.right = 0.0

    @property
    def span(self) -> float:
        """How many bars fit in the plot."""
        return self.width / self.bar_px

    @property
    def first(self) -> int:
        """Index of the first bar in view; at least 0."""
        return min(self.count, max(0, int(np.floor(self.right - self.span))))

    @property
    def last(self) -> int:
        """One past the last bar in view; at most the number of bars."""
        return max(0, min(self.count, int(np.ceil(self.right))))

    @property
    def margin(self) -> float:
        return max(_MARGIN_BARS, _MARGIN_PX / self.bar_px)

    @property
    def shows_latest(self) -> bool:
        """Whether the newest bar is in view."""
        return self.count == 0 or self.right > self.count - 0.5

    def left_of(self, index: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Pixels from the plot's left edge to the left edge of bars.

        Whole pixels that depend on the index alone plus one offset, so that bars never change their width in panning.
        """
        return np.floor(np.asarray(index) * self.bar_px).astype(np.int64) - self._origin

    def centre_of(self, index: npt.ArrayLike) -> npt.NDArray[np.int64]:
        """Pixels from the plot's left edge to the middle of bars."""
        return self.left_of(np.asarray(index) + 0.5)

    def index_at(self, x: float) -> float:
        """The place on the axis, in bars, at ``x`` pixels from the plot's left edge."""
        return self.right - (self.width - x) / self.bar_px

    def bar_at(self, x: int) -> int:
        """The bar that has the pixel ``x``, of many the last; below 0 or beyond the last bar where there is none."""
        index = math.ceil((x + 1 + self._origin) / self.bar_px) - 1
        # What a division leaves over must not lead into the neighbour.
        return index + int(self.left_of(index + 1) <= x) - int(self.left_of(index) > x)

    def resize(self, width: int) -> None:
        """Give the plot another width; the right edge keeps its place."""
        self.width = max(1, width)
        self._clamp()

    def go_latest(self) -> None:
        self.right = self.count + self.margin
        self._clamp()

    def go_oldest(self) -> None:
        self.right = self.span
        self._clamp()

    def go_to(self, index: int) -> None:
        """Have the bar stand a quarter of the way from the left."""
        self.right = index + self.span * 0.75
        self._clamp()

    def begin(self, count: int) -> None:
        """Turn to another series, at its latest; bars too narrow to be told apart get the usual width."""
        self.count = count
        if self.bar_px < _CANDLE_PX:
            self.bar_px = DEFAULT_BAR_PX
        self.go_latest()

    def reset(self) -> None:
        """The usual width of bars, at the latest."""
        self.bar_px = DEFAULT_BAR_PX
        self.go_latest()

    def pan(self, bars: float) -> None:
        """Move the view by ``bars`` towards later (positive) or earlier bars."""
        self.right += bars
        self._clamp()

    def zoom(self, factor: float, x: float) -> None:
        """Make bars ``factor`` times wider; what is at ``x`` stays there, but no more empty room opens at the right."""
        anchor, spare = self.index_at(x), self.right - self.count
        self.bar_px = min(WIDEST_BAR_PX, max(self._narrowest(), self.bar_px * factor))
        self.right = min(anchor + (self.width - x) / self.bar_px, self.count + max(spare, self.margin))
        self._clamp()

    def zoom_at_latest(self, factor: float) -> None:
        """Zoom with the latest bar staying where it is on the right."""
        self.zoom(factor, float(self.centre_of(self.count - 1)))

    def grow(self, count: int, follow: bool = True) -> None:
        """The series has ``count`` bars now; with the newest in view, the view moves along when ``follow``."""
        self.replace(count, count - self.count if follow and self.shows_latest else 0)

    def replace(self, count: int, moved: float, clamp: bool = True) -> None:
        """The series has been replaced by one of ``count`` bars, where those in view have ``moved`` by so many.

        The view is brought back to them where it left them, unless it is not to ``clamp``.
        """
        self.count = count
        self.right += moved
        if clamp:
            self._clamp()

    @property
    def _origin(self) -> int:
        """Pixels from the left edge of bar 0 to that of the plot."""
        return round(self.right * self.bar_px) - self.width

    def _narrowest(self) -> float:
        return min(1.0, 0.9 * self.width / max(1, self.count))

    def _clamp(self) -> None:
        self.bar_px = max(self._narrowest(), self.bar_px)
        nearest = min(self.count, max(1.0, self.span / 4))
        self.right = min(self.count + self.span * 0.6, max(nearest, self.right))

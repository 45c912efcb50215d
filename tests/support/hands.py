"""A person's hands on the chart of a replayed session: what they do is decided by a seed, what must hold is watched."""

import random
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import numpy as np
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QContextMenuEvent, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from monitor.analysis.indicators import Settings
from monitor.live.events import BoardChanged
from monitor.market.bar import Interval
from monitor.ui.chart.gestures import Gestures
from monitor.ui.chart.kinds import Kind
from monitor.ui.chart.looks import Looks
from monitor.ui.chart.view import ChartView
from tests.support.replayed_session import ReplayedSession

_LEFT, _NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
_CTRL, _ALT, _SHIFT = (
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
_KEYS = (
    (Qt.Key.Key_Left, _NONE), (Qt.Key.Key_Right, _NONE), (Qt.Key.Key_Left, _CTRL), (Qt.Key.Key_Right, _CTRL),
    (Qt.Key.Key_Up, _CTRL), (Qt.Key.Key_Down, _CTRL), (Qt.Key.Key_Left, _SHIFT), (Qt.Key.Key_Right, _SHIFT),
    (Qt.Key.Key_Home, _NONE), (Qt.Key.Key_End, _NONE), (Qt.Key.Key_R, _ALT), (Qt.Key.Key_L, _ALT), (Qt.Key.Key_P, _ALT),
    (Qt.Key.Key_I, _ALT), (Qt.Key.Key_Z, _CTRL), (Qt.Key.Key_Y, _CTRL), (Qt.Key.Key_C, _CTRL), (Qt.Key.Key_V, _CTRL),
    (Qt.Key.Key_Delete, _NONE), (Qt.Key.Key_Escape, _NONE), (Qt.Key.Key_H, _CTRL | _ALT),
)  # fmt: skip
#: How many different things hands do.
ACTS = 17
_TOOLS = (Qt.Key.Key_T, Qt.Key.Key_H, Qt.Key.Key_V, Qt.Key.Key_C, Qt.Key.Key_F)
_INTERVALS = ("1", "3", "5", "7", "1h", "4h", "D", "W", "M")
_INDICATORS = ("EMA", "RSI", "VWAP", "BBANDS", "MACD", "VOLUME_PROFILE", "SAR", "OBV", "PRIOR_LEVELS")
#: Of the chart's rows so many above and below a line that moves with the last price may change.
_LINE_ROWS = 2


class Hands:
    """Each of ``acts`` is one thing that a person does; between its steps the session goes on."""

    def __init__(self, session: ReplayedSession, seed: int) -> None:
        self.session = session
        self.random = random.Random(seed)
        self.done: Counter[str] = Counter()
        #: How often the things that are watched were really seen.
        self.seen: Counter[str] = Counter()
        #: How often a trade of the chart's symbol came.
        self._ticks = 0
        session.bus.listen(BoardChanged, self._hear_board)

    def _hear_board(self, event: BoardChanged) -> None:
        self._ticks += self.session.chart.symbol in event.trades

    @property
    def view(self) -> ChartView:
        return self.session.chart.view

    async def act(self, frames: int) -> None:
        """One thing after the other until so many frames have passed."""
        acts: list[tuple[Callable[[], Awaitable[None]], int]] = [
            (self.drag, 8), (self.drag_an_axis, 4), (self.turn_the_wheel, 4), (self.press_keys, 6), (self.draw, 4),
            (self.measure, 2), (self.look, 3), (self.move_the_mouse, 3), (self.double_click, 2),
            (self.choose_interval, 2), (self.choose_symbol, 1), (self.change_indicators, 2),
            (self.choose_looks, 2), (self.click_a_legend, 1),
            (self.open_a_menu, 1), (self.open_a_dialog, 1), (self.see_history_come, 1),
        ]  # fmt: skip
        end = self.session.frames_passed + frames
        while self.session.frames_passed < end:
            (act,) = self.random.choices([act for act, _ in acts], [weight for _, weight in acts])
            self.done[act.__name__] += 1
            self.take_the_keyboard()
            await act()

    def take_the_keyboard(self) -> None:
        self.session.window.activateWindow()
        self.view.setFocus()

    async def rest(self, frames: int = 1) -> None:
        for _ in range(frames):
            await self.session.frame()

    async def begin_anew(self) -> None:
        """The chart as at the beginning: minutes of AAPL at the latest, nothing on it."""
        self.take_the_keyboard()
        self.session.window.go_to("AAPL")
        self.session.window.set_interval(Interval.M1)
        self.session.chart.indicators.want([])
        menu = self.session.chart.looks_menu
        menu.choose(**{name: getattr(Looks(), name) for name in Looks.__struct_fields__})
        await self.session.settled()
        desk = self.session.chart.drawing
        desk.choose(None)
        desk.show_measure(None)
        for drawing in self.view.drawings.kept:
            desk.remove(drawing)
        self.view.fit_prices()
        self.view.scene.viewport.reset()
        self.view.refresh()
        await self.rest(2)

    # ---------------------------------------------------------------------------------------- places

    def inside(self) -> QPoint:
        plot = self.view.scene.plot
        return QPoint(
            self.random.randint(5, max(6, plot.right() - 5)), self.random.randint(40, max(41, plot.bottom() - 5))
        )

    # ---------------------------------------------------------------------------------------- the mouse

    async def drag(self) -> None:
        """Hold the plot and move it; what is under the mouse stays there."""
        await self._hold(self.inside(), lambda: QPoint(self.random.randint(-60, 60), self.random.randint(-30, 30)))

    async def drag_an_axis(self) -> None:
        scene = self.view.scene
        places = [
            QPoint(scene.plot.right() + 25, scene.plot.height() // 2),
            QPoint(scene.plot.width() // 2, self.view.height() - 8),
            *(QPoint(scene.plot.width() // 2, pane.rect.top()) for pane in scene.panes),
        ]
        await self._hold(self.random.choice(places), lambda: QPoint(*self.random.choices(range(-20, 20), k=2)))

    async def _hold(self, place: QPoint, step: Callable[[], QPoint]) -> None:
        """Press, move with the session going on between moves, let go: nothing but the moves may move the view."""
        if self.session.chart_is_busy:
            await self.session.settled()
        QTest.mousePress(self.view, _LEFT, _NONE, place)
        for _ in range(self.random.randint(2, 8)):
            if self.random.random() < 0.1:
                self.session.bring_history(self.random)
                self.seen["histories while held"] += 1
                await self._holds_still(place, self.session.settled)
            await self._holds_still(place, lambda: self.rest(self.random.randint(1, 4)))
            moved = step()
            at_mouse = self._under(place)
            place = place + moved
            QTest.mouseMove(self.view, place)
            if self._pans():
                after, px = self._under(place), self.view.scene.viewport.bar_px
                assert at_mouse is None or after is None or abs(after - at_mouse) * px <= 1
            self.view.grab()
        QTest.mouseRelease(self.view, _LEFT, _NONE, place)
        await self.rest()

    async def _holds_still(self, place: QPoint, meanwhile: Callable[[], Awaitable[None]]) -> None:
        """While the button is down nothing but the hand moves the view, or any range of values."""
        scene = self.view.scene
        self.view.grab()  # as what was asked for before shows it
        if not len(scene.bars):
            await meanwhile()
            return
        index = min(max(scene.viewport.bar_at(place.x()), 0), len(scene.bars) - 1)
        start, ticks, before = int(scene.bars.start[index]), self._ticks, self._grip(index)
        await meanwhile()
        self.seen["times held"] += 1
        self.seen["ticks while held"] += self._ticks - ticks
        index, earlier = scene.bars.place(start), index
        after = self._grip(index)
        # Bars share the pixels that there are anew where some came before them: that is a pixel at most.
        assert abs(after[0] - before[0]) <= (index != earlier), f"{before} became {after}"
        assert after[1:] == before[1:], f"{before} became {after}"

    def _pans(self) -> bool:
        """Whether the drag moves the plot, which has not come to its ends."""
        viewport, held = self.view.scene.viewport, self.view.findChild(Gestures)
        nearest = min(viewport.count, max(1.0, viewport.span / 4))
        at_end = viewport.right in (viewport.count + viewport.span * 0.6, nearest)
        return held is not None and held._held is not None and held._held.value == "plot" and not at_end  # type: ignore[attr-defined]

    def _under(self, place: QPoint) -> float | None:
        """The place on the axis under the mouse, in bars."""
        return self.view.scene.viewport.index_at(place.x()) if len(self.view.scene.bars) else None

    def _grip(self, index: int) -> tuple[Any, ...]:
        """Where a bar is, and every range of values."""
        scene, scale = self.view.scene, self.view.scene.scale
        ranges = [(pane.rect.getRect(), pane.scale.low, pane.scale.high) for pane in scene.panes]
        left = int(scene.viewport.left_of(index))
        return left, scene.viewport.bar_px, scale.low, scale.high, ranges, scene.most_volume

    async def turn_the_wheel(self) -> None:
        for _ in range(self.random.randint(1, 6)):
            place, sideways = QPointF(self.inside()), self.random.random() < 0.2
            turned = self.random.choice((-240, -120, 120, 240))
            angle = QPoint(turned, 0) if sideways else QPoint(0, turned)
            keys = self.random.choice((_NONE, _NONE, _CTRL))
            event = QWheelEvent(
                place, self.view.mapToGlobal(place), QPoint(), angle, Qt.MouseButton.NoButton, keys,
                Qt.ScrollPhase.NoScrollPhase, False,
            )  # fmt: skip
            QApplication.sendEvent(self.view, event)
            await self.rest()

    async def move_the_mouse(self) -> None:
        for _ in range(self.random.randint(1, 8)):
            QTest.mouseMove(self.view, self.inside())
            await self.rest()

    async def double_click(self) -> None:
        scene = self.view.scene
        axes = QPoint(scene.plot.right() + 25, 100), QPoint(scene.plot.width() // 2, self.view.height() - 8)
        place = self.random.choice(axes)
        QTest.mouseClick(self.view, _LEFT, _NONE, place)
        QTest.mouseDClick(self.view, _LEFT, _NONE, place)
        await self.rest()

    async def click_a_legend(self) -> None:
        rows = [hit for hit in self.view.hits if not hit.action]
        if not rows:
            return
        row = self.random.choice(rows)
        QTest.mouseMove(self.view, row.place.center())
        await self.rest()
        signs = [hit for hit in self.view.hits if hit.shown is row.shown and hit.action in ("hide", "remove")]
        if signs:
            QTest.mouseClick(self.view, _LEFT, _NONE, self.random.choice(signs).place.center())
        await self.rest()

    async def open_a_menu(self) -> None:
        place = self.inside()
        asked = QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, self.view.mapToGlobal(place))
        QApplication.sendEvent(self.view, asked)
        await self.rest()
        if (menu := QApplication.activePopupWidget()) is not None:
            menu.close()
        await self.rest()

    # ---------------------------------------------------------------------------------------- drawing

    async def draw(self) -> None:
        QTest.keyClick(self.view, self.random.choice(_TOOLS), _ALT)
        for _ in range(3):
            place = self.inside()
            QTest.mouseMove(self.view, place)
            await self.rest()
            if self.random.random() < 0.5:
                QTest.mouseClick(self.view, _LEFT, _NONE, place)
            else:
                QTest.mousePress(self.view, _LEFT, _NONE, place)
                await self._holds_still(place, lambda: self.rest(2))
                QTest.mouseMove(self.view, self.inside())
                QTest.mouseRelease(self.view, _LEFT, _NONE, self.inside())
            await self.rest()
        if self.random.random() < 0.3:
            QTest.keyClick(self.view, Qt.Key.Key_Escape)
        while len(self.view.drawings.kept) > 12:
            self.session.chart.drawing.remove(self.view.drawings.kept[0])

    async def measure(self) -> None:
        one, other = self.inside(), self.inside()
        QTest.mousePress(self.view, _LEFT, _SHIFT, one)
        await self.rest()
        QTest.mouseMove(self.view, other)
        await self._holds_still(other, lambda: self.rest(2))
        QTest.mouseRelease(self.view, _LEFT, _SHIFT, other)
        await self.rest()

    # ---------------------------------------------------------------------------------------- keys and choices

    async def press_keys(self) -> None:
        for _ in range(self.random.randint(1, 6)):
            key, modifiers = self.random.choice(_KEYS)
            QTest.keyClick(self.view, key, modifiers)
            await self.rest()

    async def choose_interval(self) -> None:
        """Type it, as a person does."""
        typed = self.random.choice(_INTERVALS)
        QTest.keyClick(self.view, ",")
        field = self.session.window.interval_entry.field
        field.clear()
        QTest.keyClicks(field, typed)
        QTest.keyClick(field, Qt.Key.Key_Return)
        await self.rest()
        await self._perhaps_wait()

    async def choose_symbol(self) -> None:
        self.session.window.go_to("MSFT")
        await self._perhaps_wait()
        await self.rest(self.random.randint(1, 4))
        self.session.window.go_to("AAPL")
        await self._perhaps_wait()

    async def change_indicators(self) -> None:
        indicators = self.session.chart.indicators
        wanted = list(indicators.wanted)
        if wanted and (len(wanted) > 4 or self.random.random() < 0.4):
            wanted.pop(self.random.randrange(len(wanted)))
        else:
            wanted.append(Settings(self.random.choice(_INDICATORS)))
        indicators.want(wanted)
        await self._perhaps_wait()

    async def choose_looks(self) -> None:
        menu = self.session.chart.looks_menu
        field = self.random.choice(Looks.__struct_fields__)
        value = getattr(menu.looks, field)
        choices = (True, False) if isinstance(value, bool) else tuple(type(value))
        menu.choose(**{field: self.random.choice(choices)})
        if field == "kind" and self.random.random() < 0.5:
            menu.choose(kind=Kind.CANDLES)
        await self._perhaps_wait()

    async def open_a_dialog(self) -> None:
        key, modifiers = self.random.choice(((Qt.Key.Key_Slash, _NONE), (Qt.Key.Key_G, _ALT)))
        QTest.keyClick(self.view, key, modifiers)
        await self.rest(2)
        for dialog in self.session.chart.findChildren(QDialog):
            dialog.reject()
        await self.rest()

    async def _perhaps_wait(self) -> None:
        if self.random.random() < 0.7:
            await self.session.settled()
        await self.rest()

    async def see_history_come(self) -> None:
        self.session.bring_history(self.random)
        await self._perhaps_wait()

    # ---------------------------------------------------------------------------------------- only looking

    async def look(self) -> None:
        """Hands off: what a tick does not concern is not painted in another way."""
        if self.session.chart_is_busy:
            await self.session.settled()
        self.view.point_at(None)
        await self.rest()
        before, drawn = self._rests(), self.view.grab().toImage()
        await self.rest(self.random.randint(1, 3))
        if self.view._mouse is None and self._rests() == before:
            self._compare(drawn, self.view.grab().toImage())

    def _rests(self) -> tuple[Any, ...]:
        scene = self.view.scene
        ranges = [(pane.rect.getRect(), pane.scale.low, pane.scale.high) for pane in scene.panes]
        return (
            scene.symbol, scene.interval, scene.kind, scene.zone, len(scene.bars), scene.viewport.right,
            scene.viewport.bar_px, scene.scale.low, scene.scale.high, scene.most_volume, ranges, scene.previous_close,
            scene.bid, scene.ask, id(scene.bars), [id(each) for each in scene.indicators], scene.plot.getRect(),
        )  # fmt: skip

    def _compare(self, before: QImage, after: QImage) -> None:
        """All but the newest bars, the lines across and the words."""
        scene, count = self.view.scene, len(self.view.scene.bars)
        if count < 3:
            return
        settled = count - 3 - scene.bins.size
        until = min(scene.plot.right(), int(scene.viewport.left_of(settled)) if scene.viewport.shows_latest else 2**31)
        if until <= 0:
            return
        one, other = (_pixels(image)[:, :until].copy() for image in (before, after))
        words = max(
            [40, *(hit.place.bottom() + 2 for hit in self.view.hits if hit.place.bottom() < scene.plot.bottom())]
        )
        for image in (one, other):
            image[:words] = 0
            for row in self._lines:
                image[max(0, row - _LINE_ROWS) : row + _LINE_ROWS + 1] = 0
            for hit in self.view.hits:
                place = hit.place
                image[max(0, place.top() - 2) : place.bottom() + 3] = 0
        different = np.argwhere((one != other).any(axis=0) if one.ndim == 2 else one != other)
        self.seen["frames compared"] += 1
        assert not len(different), f"columns {different.ravel()[:20]} of {until} changed with a tick"

    @property
    def _lines(self) -> list[int]:
        """Where lines across the chart follow the last price: everywhere it has been meanwhile."""
        scene = self.view.scene
        row = scene.bars.rows(len(scene.bars) - 1)[0]
        first, last = sorted(int(y) for y in scene.scale.y([row["low"], row["high"]]))
        return list(range(first, last + 1))


def _pixels(image: QImage) -> np.ndarray:
    """A 32-bit number a pixel, rows by columns."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    whole = np.frombuffer(image.constBits(), np.uint32).reshape(image.height(), image.bytesPerLine() // 4)
    return whole[:, : image.width()]

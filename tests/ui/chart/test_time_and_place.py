"""Time on the chart's axis and back, on bars of the market's real calendar: whatever is missing, zoomed or scrolled."""

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint
from PySide6.QtGui import QImage, QPainter
from pytestqt.qtbot import QtBot

from monitor.analysis.bars import interval_start
from monitor.market.bar import Interval
from monitor.market.calendar import NEW_YORK, Phase, at_new_york, from_ms, sessions
from monitor.ports import Zone
from monitor.ui.chart import marks
from monitor.ui.chart.backdrop import _columns, _word_widths, paint_backdrop
from monitor.ui.chart.drawings.places import Places, longest_ms
from monitor.ui.chart.price_axis import PriceScale
from monitor.ui.chart.scene import Scene
from monitor.ui.chart.series import ChartBars
from monitor.ui.chart.time_axis import Tick, local, ticks
from monitor.ui.chart.view import ChartView
from monitor.ui.chart.viewport import Viewport
from monitor.ui.palettes import DARK
from monitor.ui.theme import Theme, data_font
from tests.support.examples import examples
from tests.support.market_bars import INTERVALS, LONGER, MACHINES, MarketBars, machine_in, market_bars, turning_bars

_MINUTE = 60_000
_CLOCK_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 240)


@st.composite
def viewports(draw: st.DrawFn, count: int, least_px: float = 0.0) -> Viewport:
    """Any zoom and scroll of a chart of ``count`` bars."""
    view = Viewport()
    view.resize(draw(st.integers(40, 2_000)))
    view.begin(count)
    view.zoom(draw(st.floats(0.001, 20)), draw(st.floats(0, view.width)))
    view.bar_px = max(view.bar_px, least_px)
    view.pan(draw(st.floats(-count - 10, 10)))
    return view


def wall_clock(ms: int, zone: Zone, machine: str) -> datetime:
    """What a clock shows there, told without the chart."""
    name = {Zone.NEW_YORK: "America/New_York", Zone.UTC: "UTC"}.get(zone, machine)
    return datetime.fromtimestamp(ms / 1000, ZoneInfo(name)).replace(tzinfo=None)


def held(bars: MarketBars) -> np.ndarray:
    """How much of its time each bar fills, ms: up to the next bar at most."""
    longest = longest_ms(bars.making.interval)
    return np.minimum(np.diff(bars.start, append=2**62), longest)


# -------------------------------------------------------------------------------------------- time to bar, and back


@examples(80)
@given(market_bars(), st.data())
def test_a_bars_start_is_its_own_and_comes_back(bars: MarketBars, data: st.DataObject) -> None:
    starts, making = bars.start, bars.making
    assert (np.diff(starts) > 0).all()
    view = data.draw(viewports(len(starts)))
    places, series = Places(starts, longest_ms(making.interval), view, PriceScale()), ChartBars(bars.bars)
    picked = data.draw(st.lists(st.integers(0, len(starts) - 1), min_size=1, max_size=30))
    for index in {0, len(starts) - 1, *picked}:
        start = int(starts[index])
        assert making.start_of(start) == start
        assert places.index(start) == index
        assert places.time(index) == start
        assert series.place(start) == index
        x = int(view.left_of(index))
        assert int(view.left_of(view.bar_at(x))) == x
        if view.bar_px >= 1:
            assert view.bar_at(x) == index


@examples(80)
@given(market_bars(), st.data())
def test_a_moment_finds_the_bar_that_holds_it(bars: MarketBars, data: st.DataObject) -> None:
    starts, making, longest = bars.start, bars.making, longest_ms(bars.making.interval)
    places = Places(starts, longest, Viewport(), PriceScale())
    length = held(bars)
    for index in data.draw(st.lists(st.integers(0, len(starts) - 1), min_size=1, max_size=20)):
        moment = int(starts[index]) + data.draw(st.integers(0, int(length[index]) - 1))
        assert index <= places.index(moment) < index + 1
        assert places.time(places.index(moment)) == pytest.approx(moment, abs=1)
        assert making.start_of(moment) == starts[index] or making.interval is Interval.MONTH


@examples(80)
@given(market_bars(), st.data())
def test_closed_time_takes_no_room_and_belongs_to_the_bar_after_it(bars: MarketBars, data: st.DataObject) -> None:
    starts = bars.start
    view = data.draw(viewports(len(starts)))
    places = Places(starts, longest_ms(bars.making.interval), view, PriceScale())
    room = np.diff(view.left_of(np.arange(len(starts) + 1)))
    assert set(room.tolist()) <= {int(view.bar_px), int(view.bar_px) + 1}
    ends = starts[:-1] + held(bars)[:-1]
    for index in np.flatnonzero(ends < starts[1:])[:20].tolist():
        for moment in (int(ends[index]), (int(ends[index]) + int(starts[index + 1])) // 2, int(starts[index + 1]) - 1):
            assert places.index(moment) == index + 1
            assert places.x(moment) == places.x(int(starts[index + 1]))


@examples(80)
@given(market_bars(), st.data())
def test_later_lies_further_right(bars: MarketBars, data: st.DataObject) -> None:
    starts, interval = bars.start, bars.making.interval
    view = data.draw(viewports(len(starts), least_px=1.0))
    places = Places(starts, longest_ms(interval), view, PriceScale())
    assert (np.diff(view.left_of(np.arange(len(starts)))) > 0).all()
    first, last = int(starts[0]), int(starts[-1])
    moments = sorted(data.draw(st.lists(st.integers(first - 10**9, last + 10**9), min_size=2, max_size=20)))
    x = [places.x(moment) for moment in moments]
    assert x == sorted(x)
    shares = data.draw(st.lists(st.integers(0, len(starts) - 1), min_size=2, max_size=20, unique=True))
    within = sorted(int(starts[n]) + int(held(bars)[n]) // 2 for n in shares)
    assert (np.diff([places.x(moment) for moment in within]) > 0).all()


@given(st.integers(1, 50_000), st.integers(1, 200), st.data())
def test_each_pixel_belongs_to_the_bar_that_is_drawn_there(count: int, tenths: int, data: st.DataObject) -> None:
    view = data.draw(viewports(count))
    view.bar_px = data.draw(st.sampled_from((view.bar_px, tenths / 10)))
    pixels = range(0, view.width, 1 + view.width // 200)
    for x in pixels:
        index = view.bar_at(x)
        assert int(view.left_of(index)) <= x < int(view.left_of(index + 1))


# ---------------------------------------------------------------------------------------------------- what is said


@st.composite
def axes(draw: st.DrawFn, intervals: tuple[Interval, ...] = INTERVALS + LONGER) -> tuple[Scene, MarketBars]:
    """A chart of the bars, measured as before it is painted."""
    bars = draw(market_bars(intervals))
    scene = Scene(DARK)
    scene.interval, scene.zone, scene.bars = bars.making.interval, bars.zone, ChartBars(bars.bars)
    scene.viewport = draw(viewports(len(bars.bars)))
    scene.measure()
    return scene, bars


def told(scene: Scene) -> tuple[list[Tick], list[int], np.ndarray]:
    """The ticks, the pixel of each, and the bars in view that they were chosen from."""
    starts, indexes = _columns(scene)
    px, widths = scene.bins.size * scene.viewport.bar_px, _word_widths(data_font())
    found = ticks(starts, px, scene.interval, scene.bins.size, scene.zone, widths)
    return found, [int(scene.viewport.centre_of(indexes[tick.at])) for tick in found], starts


def day_told(text: str, at: datetime, before: datetime) -> date:
    """The first day that a tick's words can mean at a bar; the bar before is in the unit before."""
    words = text.split()
    if text.isdigit() and len(text) == 4:
        return date(int(text), 1, 1)
    if len(words) == 1 and text.isalpha():
        assert f"{at:%b}" == text
        return at.date().replace(day=1)
    day = int(next(word for word in words if word.isdigit()))
    found = at.date()
    while found.day != day:
        found -= timedelta(days=1)
        assert found > before.date() - timedelta(days=7)
    assert f"{found:%a}" == words[0] or words[0].isdigit()
    assert len(words) < 3 or f"{found:%b}" == words[2]
    return found


@st.composite
def turning_axes(draw: st.DrawFn) -> tuple[Scene, MarketBars, str]:
    """A chart that shows the moment at which clocks change, on a machine of that zone."""
    bars, machine, change = draw(turning_bars())
    scene = Scene(DARK)
    scene.interval, scene.zone, scene.bars = bars.making.interval, bars.zone, ChartBars(bars.bars)
    scene.viewport = draw(viewports(len(bars.bars)))
    scene.viewport.go_to(scene.bars.place(change))
    scene.measure()
    return scene, bars, machine


def names_round_times(scene: Scene, bars: MarketBars, machine: str) -> None:
    with machine_in(machine):
        found, _, starts = told(scene)
    zone = bars.zone if bars.making.interval.intraday else Zone.NEW_YORK
    clocks = [wall_clock(int(ms), zone, machine) for ms in starts]
    furthest = [max(clocks[: n + 1]) for n in range(len(clocks))]  # an hour that comes twice is named once
    minutes = set()
    for tick in found:
        before, at = furthest[tick.at - 1], furthest[tick.at]
        if ":" in tick.text:
            assert bars.making.interval.intraday
            named = datetime.combine(at.date(), time.fromisoformat(tick.text))
            minutes.add(named.hour * 60 + named.minute)
        else:
            named = datetime.combine(day_told(tick.text, at, before), time(0))
        assert before < named <= at
    assert not minutes or any(all(minute % step == 0 for minute in minutes) for step in _CLOCK_STEPS)


def can_be_read(scene: Scene, machine: str) -> None:
    with machine_in(machine):
        found, x, starts = told(scene)
        clock = np.maximum.accumulate(local(starts, scene.zone))
    width = _word_widths(data_font())
    for (one, here), (other, there) in pairwise(zip(found, x, strict=True)):
        assert here + width(one.text, one.major) / 2 + 3 <= there - width(other.text, other.major) / 2
    for place, tick in enumerate(found):
        since = next((n for n in range(place - 1, -1, -1) if found[n].text == tick.text), None)
        assert since is None or any(each.major for each in found[since + 1 : place])
    if any(":" in tick.text for tick in found):  # each day is named, unless another one is too near
        px, named = scene.bins.size * scene.viewport.bar_px, [tick.at for tick in found if tick.major]
        for begin in (np.flatnonzero(np.diff(clock // 86_400_000)) + 1).tolist():
            assert begin in named or any(0 < (at - begin) * px < width("Wed 30 Nov 2026", True) + 10 for at in named)


@pytest.mark.usefixtures("qapp")
@examples(150)
@given(axes(), st.sampled_from(MACHINES))
def test_ticks_name_round_times_at_the_first_bar_from_then_on(axis: tuple[Scene, MarketBars], machine: str) -> None:
    names_round_times(*axis, machine)


@pytest.mark.usefixtures("qapp")
@examples(150)
@given(axes(), st.sampled_from(MACHINES))
def test_ticks_neither_overlap_nor_repeat(axis: tuple[Scene, MarketBars], machine: str) -> None:
    can_be_read(axis[0], machine)


@pytest.mark.usefixtures("qapp")
@examples(120)
@given(turning_axes())
def test_ticks_where_clocks_change(axis: tuple[Scene, MarketBars, str]) -> None:
    scene, bars, machine = axis
    names_round_times(scene, bars, machine)
    can_be_read(scene, machine)


@pytest.mark.usefixtures("qapp")
@examples(40)
@given(axes(LONGER), st.sampled_from(("America/Los_Angeles", "Pacific/Chatham")))
def test_days_are_those_of_new_york_wherever_the_machine_is(axis: tuple[Scene, MarketBars], machine: str) -> None:
    axis[0].zone = Zone.LOCAL
    names_round_times(*axis, machine)


@pytest.mark.usefixtures("qapp")
def test_many_views_have_ticks() -> None:
    """The properties above would hold of an axis without any."""
    some = []

    @examples(40)
    @given(axes())
    def look(axis: tuple[Scene, MarketBars]) -> None:
        scene, _ = axis
        assume(len(scene.bins) * scene.bins.size * scene.viewport.bar_px > 300)
        some.append(len(told(scene)[0]))

    look()
    assert sum(count > 0 for count in some) > 0.9 * len(some)


def painted(scene: Scene) -> QImage:
    """What stands behind the bars."""
    image = QImage(scene.viewport.width + 62, 120, QImage.Format.Format_RGB32)
    with QPainter(image) as painter:
        painter.setFont(data_font())
        scene.lay_out(image.width(), image.height(), painter.fontMetrics())
        scene.measure()
        paint_backdrop(painter, scene)
    return image


@pytest.mark.usefixtures("qapp")
@examples(100)
@given(axes(INTERVALS), st.sampled_from(MACHINES))
def test_days_of_the_exchange_are_separated(axis: tuple[Scene, MarketBars], machine: str) -> None:
    scene, _ = axis
    scene.shaded = False
    with machine_in(machine):
        image = painted(scene)
    starts, indexes = _columns(scene)
    days = [from_ms(int(ms)).date() for ms in starts]
    changes = [n for n in range(1, len(days)) if days[n] != days[n - 1]]
    assume(len(changes) <= 45)
    expected = {int(scene.viewport.left_of(indexes[n])) for n in changes}
    dots, rows = scene.tint("dim", 0.5).rgb(), range(0, scene.body.height(), 3)
    found = {x for x in range(scene.plot.width()) if all(image.pixel(x, y) == dots for y in rows)}
    assert found == {x for x in expected if 0 <= x <= scene.plot.right()}


@pytest.mark.usefixtures("qapp")
@examples(100)
@given(axes(INTERVALS))
def test_bars_that_lie_outside_the_regular_session_are_shaded(axis: tuple[Scene, MarketBars]) -> None:
    scene, bars = axis
    view = scene.viewport
    image = painted(scene)
    starts = bars.start[view.first : view.last]
    assume(len(starts) and view.bar_px >= 4)
    assume((from_ms(int(starts[-1])).date() - from_ms(int(starts[0])).date()).days <= 45)
    shade, ground = scene.tint("ground", 0.8).rgb(), scene.colours.colour("panel").rgb()
    for index, start in enumerate(starts.tolist(), view.first):
        x, end = int(view.left_of(index)) + 1, start + bars.making.interval.milliseconds
        seen = {image.pixel(x, y) for y in range(1, scene.body.height(), 3)} if 0 <= x < scene.plot.width() else set()
        regular = [each for each in sessions(from_ms(start).date()) if each.phase is Phase.REGULAR]
        outside = bool(regular) and (end <= regular[0].start or start >= regular[0].end)
        assert not seen or (shade if outside else ground) in seen
        assert (ground if outside else shade) not in seen


@pytest.fixture
def view(qtbot: QtBot) -> ChartView:
    """A chart on the screen without anything that listens."""
    shown = ChartView(Theme(), lambda: 0)
    qtbot.addWidget(shown)
    shown.resize(640, 300)
    shown.show()
    return shown


def test_the_crosshair_names_the_bar_under_the_mouse(view: ChartView, monkeypatch: pytest.MonkeyPatch) -> None:
    tags: list[tuple[int, str]] = []
    monkeypatch.setattr(marks, "time_tag", lambda _painter, _scene, x, text, *_: tags.append((x, text)))

    @examples(100)
    @given(market_bars(), st.integers(0, 570), st.floats(0.02, 5), st.floats(-500, 5), st.sampled_from(MACHINES))
    def look(bars: MarketBars, x: int, zoom: float, pan: float, machine: str) -> None:
        tags.clear()
        view.show_bars("", bars.making.interval, bars.bars)
        view.scene.zone = bars.zone
        view.scene.viewport.zoom(zoom, 0)
        view.scene.viewport.pan(pan)
        view.point_at(QPoint(x, 80))
        with machine_in(machine):
            view.grab()
        index, viewport = view.hovered_index, view.scene.viewport
        assert index is not None
        inside = 0 <= viewport.bar_at(x) < len(bars.start)
        assert not inside or int(viewport.left_of(index)) <= x < int(viewport.left_of(index + 1))
        zone = bars.zone if bars.making.interval.intraday else Zone.NEW_YORK
        at = wall_clock(int(bars.start[index]), zone, machine)
        assert tags[0][0] == int(viewport.centre_of(index))
        if bars.making.interval.intraday:
            assert tags[0][1].startswith(f"{at:%a} {at.day} {at:%b}  {at:%H:%M} ")
        elif bars.making.interval is Interval.MONTH:
            assert tags[0][1] == f"{at:%b %Y}"
        else:
            assert tags[0][1] == f"{at:%a} {at.day} {at:%b %Y}"

    look()


def test_a_day_gone_to_is_in_view(view: ChartView) -> None:
    @examples(150)
    @given(market_bars(), st.floats(0.02, 5), st.data())
    def go(bars: MarketBars, zoom: float, data: st.DataObject) -> None:
        interval = bars.making.interval
        view.show_bars("", interval, bars.bars)
        viewport = view.scene.viewport
        viewport.zoom(zoom, 0)
        first, last = (from_ms(int(bars.start[n])).date() for n in (0, -1))
        day = first + timedelta(days=data.draw(st.integers(-10, (last - first).days + 10)))
        view.go_to(at_new_york(day, time(0)))
        place = landing(bars, day)
        left = int(viewport.left_of(place))
        if place == len(bars.start):  # after all of them: the newest is in view
            assert viewport.shows_latest
        else:
            assert 0 <= left < viewport.width
        if viewport.span / 4 < viewport.right < viewport.count + viewport.span * 0.6 and viewport.right > viewport.span:
            assert left == pytest.approx(viewport.width / 4, abs=2)

    go()


def landing(bars: MarketBars, day: date) -> int:
    """The first bar of the day, or the week or month that holds it, or what comes after."""
    interval = bars.making.interval
    begin = datetime.combine(day, time(0), NEW_YORK).astimezone(UTC)
    if not interval.intraday:
        begin = datetime.fromtimestamp(interval_start(round(begin.timestamp() * 1000), interval) / 1000, UTC)
    return next((n for n, ms in enumerate(bars.start.tolist()) if ms >= begin.timestamp() * 1000), len(bars.start))

"""What stands beside a pane: tags in the order of their values, and the levels that a person looks for."""

import pytest

from monitor.analysis.indicators import Settings
from monitor.ui.chart.panel import ChartPanel
from tests.support.ports import until
from tests.ui.chart.conftest import Make


async def with_pane(make: Make, name: str) -> ChartPanel:
    panel, _ = make()
    panel.indicators.want([Settings(name)])
    await until(lambda: len(panel.view.scene.indicators) == 1 and len(panel.view.scene.bars))
    panel.view.grab()
    return panel


@pytest.mark.parametrize("name", ["STOCH", "MACD"])
async def test_tags_stand_in_the_order_of_their_values(make: Make, name: str) -> None:
    panel = await with_pane(make, name)
    view = panel.view
    scene, (shown,) = view.scene, view.scene.indicators
    assert shown.pane is not None
    places = {}
    image = view.grab().toImage()
    x = scene.plot.right() + 5
    for number, output in shown.drawn[:2]:
        colour = scene.colours.colour(shown.settings.colour(output))
        rows = [y for y in range(shown.pane.rect.top(), shown.pane.rect.bottom()) if image.pixelColor(x, y) == colour]
        places[shown.at(number, len(scene.bars) - 1)] = (min(rows), max(rows))
    (low, below), (high, above) = sorted(places.items())
    assert low < high
    assert above[1] < below[0]


async def test_levels_are_labelled(make: Make) -> None:
    panel = await with_pane(make, "RSI")
    scene, (shown,) = panel.view.scene, panel.view.scene.indicators
    pane = shown.pane
    assert pane is not None
    pane.scale.stretch(2.0)
    panel.view.paint_anew()
    image = panel.view.grab().toImage()
    assert shown.description.levels
    for level in shown.description.levels:
        y = int(pane.scale.y(level)) + pane.rect.top()
        left, right = scene.plot.right() + 8, scene.canvas.right()
        colours = {image.pixelColor(x, row).name() for x in range(left, right) for row in range(y - 4, y + 5)}
        assert scene.colours.panel in colours
        assert len(colours) > 1, level

"""The chart as a picture and as text."""

import csv
from pathlib import Path

import numpy as np
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog

from monitor.analysis.indicators import Settings, compute
from monitor.live.events import Notice
from monitor.ports import Profile
from monitor.ui.chart import snapshot
from tests.support.ports import until
from tests.ui.chart.conftest import Make


def test_a_picture_is_what_the_chart_shows_in_twice_its_size(make: Make) -> None:
    panel, _ = make()
    image = snapshot.picture(panel.view, "")
    assert (image.width(), image.height()) == (panel.view.width() * 2, panel.view.height() * 2)
    shown = panel.view.grab().toImage()
    scene = panel.view.scene
    last = scene.last_bins[0]
    x, y = int(scene.viewport.centre_of(last.index[-1])), int(scene.scale.y(last.close[-1]))
    assert image.pixelColor(2 * x, 2 * y) == shown.pixelColor(x, y)


def test_it_is_saved_under_the_name_that_was_chosen(make: Make, tmp_path: Path) -> None:
    panel, ports = make()
    said: list[Notice] = []
    ports.bus.listen(Notice, said.append)
    panel.looks_menu.save_picture.trigger()
    chooser = panel.findChild(QFileDialog)
    assert chooser is not None
    assert chooser.selectedFiles()[0].endswith("AAPL-1m-SANDBOX.png")
    chooser.fileSelected.emit(str(tmp_path / "mine.png"))
    chooser.reject()
    assert QImage(str(tmp_path / "mine.png")).width() == panel.view.width() * 2
    assert said[-1].sentence == "Saved the chart as mine.png."
    panel.copies.save_picture_as(str(tmp_path / "nowhere" / "mine.png"))
    assert "cannot be written" in said[-1].sentence


def test_an_svg_is_one(make: Make, tmp_path: Path) -> None:
    panel, _ = make()
    snapshot.save(panel.view, tmp_path / "chart.svg", "SANDBOX")
    text = (tmp_path / "chart.svg").read_text()
    assert text.lstrip().startswith("<?xml")
    assert ("<svg" in text, "SANDBOX" in text, text.rstrip().endswith("</svg>")) == (True, True, True)


def test_what_the_sandbox_made_says_so_in_the_picture(make: Make) -> None:
    sandbox, _ = make()
    live, _ = make(profile=Profile(sandbox=False, data_dir=Path("unused")))
    sandbox.copies.copy_picture()
    marked = QGuiApplication.clipboard().image()
    live.copies.copy_picture()
    assert marked != QGuiApplication.clipboard().image()


async def test_the_bars_in_view_are_copied_with_their_indicators(make: Make) -> None:
    panel, _ = make()
    panel.indicators.want([Settings("EMA", {"timeperiod": 5}), Settings("BBANDS")])
    scene = panel.view.scene
    await until(lambda: len(scene.indicators) == 2 and len(scene.bars))
    panel.view.grab()
    panel.copies.copy_bars()
    header, *lines = csv.reader(QGuiApplication.clipboard().text().splitlines())
    assert header == ["start", "open", "high", "low", "close", "volume", "EMA 5", *(f"BB 20 2 {n}" for n in _BANDS)]
    first = scene.viewport.first
    assert len(lines) == scene.viewport.last - first
    (ema,) = compute(scene.bars.rows(), Settings("EMA", {"timeperiod": 5}))
    assert np.allclose([float(line[6]) for line in lines], ema[first : scene.viewport.last])
    assert lines[0][0].endswith("-05:00")


_BANDS = ("Upper", "Middle", "Lower")

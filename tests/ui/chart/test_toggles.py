"""The buttons in the chart's corner choose the scale by mouse and say what is chosen, however it was."""

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QToolButton

from monitor.ui.chart.panel import ChartPanel
from monitor.ui.chart.price_axis import Fit
from tests.ui.chart.conftest import Make


def press(button: QToolButton) -> None:
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def shown(make: Make) -> ChartPanel:
    panel, _ = make()
    panel.view.grab()
    return panel


def test_a_click_chooses_and_the_menu_and_the_keys_agree(make: Make) -> None:
    panel = shown(make)
    scale = panel.view.scene.scale
    for field, key in (("logarithmic", Qt.Key.Key_L), ("percent", Qt.Key.Key_P), ("inverted", Qt.Key.Key_I)):
        button = panel.toggles.switches[field]
        assert not button.isChecked()
        press(button)
        assert getattr(scale, field)
        assert getattr(panel.looks_menu.looks, field)
        assert button.isChecked()
        panel.view.setFocus()
        QTest.keyClick(panel.view, key, Qt.KeyboardModifier.AltModifier)
        assert not getattr(scale, field)
        assert not button.isChecked()


def test_autoscale_goes_from_fit_to_centre_to_off(make: Make) -> None:
    panel = shown(make)
    view, fit = panel.view, panel.toggles.fit
    scale = view.scene.scale

    def state() -> tuple[Fit, str, bool]:
        return scale.fitting, fit.text(), fit.isChecked()

    assert state() == (Fit.ALL, "A", True)
    press(fit)
    assert state() == (Fit.CENTRE, "C", True)
    assert panel.looks_menu.looks.centred
    view.grab()
    centred = scale.low, scale.high
    press(fit)
    view.grab()
    assert state() == (Fit.OFF, "A", False)
    assert (scale.low, scale.high) == centred
    press(fit)
    view.grab()
    assert state() == (Fit.ALL, "A", True)
    assert (scale.low, scale.high) != centred
    assert "Autoscale" in fit.accessibleName()


def test_a_scale_set_by_hand_shows_as_off(make: Make) -> None:
    panel = shown(make)
    view = panel.view
    axis = QPoint(view.scene.plot.right() + 20, 200)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=axis)
    QTest.mouseMove(view, axis + QPoint(0, 40))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=axis + QPoint(0, 40))
    assert not panel.toggles.fit.isChecked()
    QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=axis)
    assert panel.toggles.fit.isChecked()


def test_they_stand_below_the_price_axis_and_clear_of_the_zone(make: Make) -> None:
    panel = shown(make)
    scene, place = panel.view.scene, panel.toggles.geometry()
    assert place.left() > scene.plot.right()
    assert place.right() <= scene.canvas.right()
    assert scene.body.bottom() < place.top() < place.bottom() <= scene.canvas.bottom()
    assert scene.corner_taken
    for button in (*panel.toggles.switches.values(), panel.toggles.fit):
        assert button.width() >= 14
        assert button.toolTip()
        assert button.accessibleName()
        assert button.fontMetrics().horizontalAdvance(button.text()) <= button.width()


def test_a_small_chart_has_none_and_the_zone_keeps_its_corner(make: Make) -> None:
    panel = shown(make)
    panel.resize(300, 300)
    panel.view.grab()
    assert panel.toggles.isHidden()
    assert not panel.view.scene.corner_taken
    panel.resize(900, 640)
    panel.view.grab()
    assert panel.toggles.isVisible()


def test_what_was_kept_is_shown_from_the_start(make: Make) -> None:
    first, ports = make()
    press(first.toggles.switches["inverted"])
    kept = ports.preferences
    panel, _ = make(preferences=kept)
    assert panel.toggles.switches["inverted"].isChecked()
    assert not panel.toggles.switches["percent"].isChecked()

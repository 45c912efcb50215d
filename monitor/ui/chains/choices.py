"""How often snapshots are taken, and of which expiries: two boxes, wherever they are offered."""

from PySide6.QtWidgets import QComboBox

from monitor.market.chain_schedule import EVERY_MINUTES
from monitor.ui.chains.models import every, expiries

_DAYS = (7, 30, 60, 90, None)
_USUAL_EVERY, _USUAL_DAYS = 15, 60


def offer(how_often: QComboBox, days: QComboBox) -> None:
    """Fill the boxes, and choose what is usual."""
    for minutes in EVERY_MINUTES:
        how_often.addItem(f"every {every(minutes)}", minutes)
    for count in _DAYS:
        days.addItem(f"expiries {expiries(count)}" if count else "all expiries", count)
    how_often.setAccessibleName("How often")
    days.setAccessibleName("Which expiries")
    choose(how_often, days, _USUAL_EVERY, _USUAL_DAYS)


def choose(how_often: QComboBox, days: QComboBox, minutes: int, count: int | None) -> None:
    """Choose one of EVERY_MINUTES, and expiries within so many days; all of them for a number that is not offered."""
    how_often.setCurrentIndex(EVERY_MINUTES.index(minutes))
    days.setCurrentIndex(_DAYS.index(count) if count in _DAYS else len(_DAYS) - 1)

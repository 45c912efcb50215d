"""The field for a day: it shows 2026-11-20, opens a calendar, and is read and filled with a date."""

from datetime import date

from PySide6.QtCore import QDate
from PySide6.QtWidgets import QDateEdit


def day_field(day: date | None = None) -> QDateEdit:
    """A field that holds ``day``."""
    field = QDateEdit()
    field.setCalendarPopup(True)
    field.setDisplayFormat("yyyy-MM-dd")
    if day is not None:
        put_day(field, day)
    return field


def put_day(field: QDateEdit, day: date) -> None:
    """Have the field hold another day."""
    field.setDate(QDate(day.year, day.month, day.day))


def day_of(field: QDateEdit) -> date:
    """The day that it holds."""
    chosen = field.date()
    return date(chosen.year(), chosen.month(), chosen.day())

"""Recipes: the last trading days seen from a moment, kept by name, due once a day."""

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.errors import BadData
from monitor.market.bar import Interval
from monitor.market.calendar import from_ms
from monitor.market.hours import Hours
from monitor.ports import RECIPES_KEY, DecimalMark, ExportRequest, Layout, Recipe, Recipes, Zone, recipes_in
from tests.support.builders import ms
from tests.support.ports import FakePreferences

FRIDAY, SATURDAY, MONDAY = date(2026, 11, 20), date(2026, 11, 21), date(2026, 11, 23)
RECIPE = Recipe("mine", "bars", ("SPY", "QQQ"), "/data", interval="5m", hours=Hours.REGULAR, daily_at="16:30")


@pytest.mark.parametrize(
    ("day", "days", "first"),
    [
        (FRIDAY, 1, "2026-11-20"),
        (FRIDAY, 5, "2026-11-16"),
        (SATURDAY, 1, "2026-11-20"),
        (MONDAY, 2, "2026-11-20"),
        (date(2026, 11, 27), 2, "2026-11-25"),  # Thanksgiving lies between
    ],
)
def test_the_last_trading_days_are_counted_from_today(day: date, days: int, first: str) -> None:
    recipe = Recipe("mine", "quotes", ("SPY",), "/data", days=days)
    request = recipe.request(ms("12:00", day), sandbox=False)
    assert f"{from_ms(request.start_ms):%Y-%m-%d %H:%M}" == f"{first} 00:00"
    assert from_ms(request.end_ms - 1).date() == day


def test_all_that_a_recipe_says_is_asked_for() -> None:
    recipe = Recipe(
        *("SPY & QQQ", "bars", ("SPY", "QQQ"), "/data", 1, "5m", Hours.REGULAR, False),
        *(".parquet", Zone.UTC, DecimalMark.COMMA, False),
    )
    assert recipe.request(ms("12:00", FRIDAY), sandbox=True) == ExportRequest(
        what="bars",
        symbols=("SPY", "QQQ"),
        out=Path("/data/SPY___QQQ-2026-11-20-SANDBOX.parquet"),
        interval=Interval.M5,
        start_ms=ms("00:00", FRIDAY),
        end_ms=ms("00:00", SATURDAY),
        hours=Hours.REGULAR,
        layout=Layout(Zone.UTC, DecimalMark.COMMA),
        sidecar=False,
    )


def test_recipes_are_kept_by_name_and_removed() -> None:
    preferences = FakePreferences()
    Recipes(preferences).save(RECIPE, 0)
    Recipes(preferences).save(Recipe("other", "audit", (), "/data"), 0)
    assert list(Recipes(preferences).all()) == ["mine", "other"]
    assert Recipes(preferences).all()["mine"] == RECIPE
    Recipes(preferences).remove("mine")
    assert list(recipes_in(preferences.get(RECIPES_KEY))) == ["other"]
    with pytest.raises(BadData, match="needs a name"):
        Recipes(preferences).save(Recipe(" ", "audit", (), "/data"), 0)


def test_a_recipe_is_due_once_after_its_moment() -> None:
    recipes = Recipes(FakePreferences())
    recipes.save(RECIPE, ms("12:00", FRIDAY))
    assert recipes.due(ms("16:29", FRIDAY)) == []
    assert recipes.due(ms("16:31", FRIDAY)) == [(RECIPE, ms("16:30", FRIDAY))]
    recipes.note_run("mine", ms("16:31", FRIDAY))
    assert recipes.due(ms("23:00", FRIDAY)) == []
    assert recipes.due(ms("09:00", MONDAY)) == [(RECIPE, ms("16:30", date(2026, 11, 22)))]


def test_one_by_hand_that_ends_after_the_daily_one_does_not_make_it_due_again() -> None:
    recipes = Recipes(FakePreferences())
    recipes.save(RECIPE, ms("12:00", FRIDAY))
    recipes.note_run("mine", ms("16:31", FRIDAY))
    recipes.note_run("mine", ms("16:29", FRIDAY))  # begun before it
    assert recipes.due(ms("16:32", FRIDAY)) == []


def test_a_recipe_saved_after_its_moment_waits_for_the_next() -> None:
    recipes = Recipes(FakePreferences())
    recipes.save(RECIPE, ms("18:00", FRIDAY))
    assert recipes.due(ms("18:01", FRIDAY)) == []


@given(st.text())
def test_preferences_that_somebody_spoiled_hold_no_recipes(text: str) -> None:
    assert recipes_in(text) == {}


def test_one_that_cannot_be_read_costs_itself_alone() -> None:
    preferences = FakePreferences()
    Recipes(preferences).save(RECIPE, 0)
    spoiled = '[{"name": 3}, {"name":"x","what":"bars","symbols":[],"folder":"","daily_at":"noon"},'
    assert recipes_in(spoiled + preferences.get(RECIPES_KEY)[1:]) == {"mine": RECIPE}
    preferences.set("export/recipes ran", "spoiled")
    assert Recipes(preferences).due(ms("16:31", FRIDAY)) == []

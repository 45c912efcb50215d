"""Watchlists: names, symbols and their order, kept from run to run."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from monitor.errors import BadData
from monitor.ports import Watchlists
from monitor.store import Store, open_store

Edit = Callable[[Watchlists], Awaitable[None]]


async def test_lists_and_symbols_keep_their_order(store: Store, path: Path) -> None:
    await store.watchlists.create("Tech", ["NVDA", "AAPL", "MSFT"])
    await store.watchlists.create(" Banks ")
    await store.watchlists.set_symbols("Tech", ["MSFT", "NVDA", "MSFT"])
    await store.watchlists.rename("Banks", "Big banks")
    await store.close()
    again = open_store(path, sandbox=True, on_trouble=print)
    assert await again.watchlists.all() == {"Tech": ["MSFT", "NVDA"], "Big banks": []}
    assert list(await again.watchlists.all()) == ["Tech", "Big banks"]
    await again.close()


async def test_a_removed_list_takes_its_symbols_along(store: Store) -> None:
    await store.watchlists.create("Tech", ["NVDA"])
    await store.watchlists.remove("Tech")
    await store.watchlists.create("Tech")
    assert await store.watchlists.all() == {"Tech": []}


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (lambda lists: lists.create(""), "needs a name"),
        (lambda lists: lists.create("  "), "needs a name"),
        (lambda lists: lists.create("Tech"), "There is a watchlist “Tech” already"),
        (lambda lists: lists.rename("Tech", "Banks"), "There is a watchlist “Banks” already"),
        (lambda lists: lists.rename("Tech", ""), "needs a name"),
        (lambda lists: lists.rename("None", "Some"), "no watchlist “None”"),
        (lambda lists: lists.remove("None"), "no watchlist “None”"),
        (lambda lists: lists.set_symbols("None", []), "no watchlist “None”"),
    ],
)
async def test_what_a_list_refuses(store: Store, edit: Edit, sentence: str) -> None:
    before = {"Tech": ["NVDA"], "Banks": []}
    await store.watchlists.create("Tech", ["NVDA"])
    await store.watchlists.create("Banks")
    with pytest.raises(BadData, match=sentence):
        await edit(store.watchlists)
    assert await store.watchlists.all() == before


async def test_a_list_may_be_renamed_to_its_own_name(store: Store) -> None:
    await store.watchlists.create("Tech", ["NVDA"])
    await store.watchlists.rename("Tech", "Tech")
    assert await store.watchlists.all() == {"Tech": ["NVDA"]}

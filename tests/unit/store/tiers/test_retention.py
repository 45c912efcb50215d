"""What need not be kept: by age, by size, whole days, and exactly what the preview said."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from monitor.errors import BadData
from monitor.ports import STREAMED, Keep, StorageRules, Tier, chosen_rules, rules_text
from monitor.store import Store
from monitor.store.tiers.ledger import State, TierFile
from monitor.store.tiers.retention import going, used_by
from tests.support.old_rows import SYMBOLS, days_ago, exported, moved, record_days
from tests.unit.store.conftest import Rows

TODAY = date(2026, 11, 20)


def a_file(days: int, size: int = 100, table: str = "trade", part: int = 1, state: State = State.MOVED) -> TierFile:
    day = TODAY - timedelta(days=days)
    return TierFile(days, table, day, part, Tier.WARM, "", state, 10, size, "", 0, 0)


def gone(files: list[TierFile], **keep: int) -> list[int]:
    return [(TODAY - file.day).days for file in going(files, StorageRules(keep={"trade": Keep(**keep)}), TODAY)]


def test_by_age_a_day_is_kept_as_many_days_as_were_chosen() -> None:
    assert gone([a_file(n) for n in (29, 30, 31, 40)], days=30) == [40, 31]


def test_by_size_the_oldest_days_go_first() -> None:
    assert gone([a_file(n) for n in (8, 9, 10, 11)], bytes=250) == [11, 10]
    assert gone([a_file(n) for n in (8, 9)], bytes=200) == []
    assert gone([a_file(n) for n in (8, 9)], bytes=0) == [9, 8]


def test_a_day_goes_with_all_its_files_or_not_at_all() -> None:
    parts = [a_file(10), a_file(10, part=2)]
    assert gone([a_file(9), *parts], bytes=250) == [10, 10]
    assert gone([parts[0], a_file(10, part=2, state=State.MOVING)], days=8) == []


def test_what_has_no_rule_is_kept_for_ever() -> None:
    files = [a_file(5000, table=table) for table in STREAMED]
    assert going(files, StorageRules(), TODAY) == []
    assert [file.table for file in going(files, StorageRules(keep={"book": Keep(days=30)}), TODAY)] == ["book"]


def test_the_preview_adds_up() -> None:
    (use,) = used_by([a_file(31), a_file(40)])
    assert (use.rows, use.bytes) == (20, 200)
    assert (use.first, use.last) == (TODAY - timedelta(days=40), TODAY - timedelta(days=31))


async def test_what_the_preview_says_is_what_goes(
    store: Store, rows: Rows, warm: Path, tmp_path: Path, nas: Path, to_nas: StorageRules
) -> None:
    record_days(store, *(days_ago(days) for days in (10, 40, 100)))
    await moved(store, to_nas)
    rules = StorageRules(cold=str(nas), keep={"trade": Keep(days=30), "book": Keep(bytes=0)})
    preview = {(use.table, use.tier): use.rows for use in await store.tiers.freed(rules)}
    each = 60 * len(SYMBOLS)
    assert preview == {
        ("book", Tier.COLD): each,
        ("book", Tier.WARM): 2 * each,
        ("trade", Tier.COLD): each,
        ("trade", Tier.WARM): each,
    }
    before = await exported(store, tmp_path / "before")
    assert (await moved(store, rules)).deleted == 5
    assert sorted(file.name for file in (warm / "trade").iterdir()) == [f"{days_ago(10)}.parquet"]
    assert list((nas / "trade").iterdir()) == list((warm / "book").iterdir()) == []
    assert await store.tiers.freed(rules) == []
    assert rows("SELECT count(*) FROM tier_symbol WHERE file_id NOT IN (SELECT id FROM tier_file)") == [(0,)]
    after = await exported(store, tmp_path / "after")
    assert after["quotes"] == before["quotes"]
    assert after["trades"].count(b"\n") == 1 + each
    assert after["book"].count(b"\n") == 1
    told = [sentence for (sentence,) in rows("SELECT sentence FROM audit WHERE kind = 'deletion'")]
    assert f"{each:,} prints of {days_ago(100)}, by the rules of storage." in told
    assert len(told) == 4


async def test_a_deletion_that_was_cut_short_is_ended_by_the_next_move(
    store: Store, rows: Rows, warm: Path, tmp_path: Path
) -> None:
    record_days(store, days_ago(40))
    await moved(store)
    rules = StorageRules(keep={"trade": Keep(days=30)})
    trade = warm / "trade" / f"{days_ago(40)}.parquet"
    trade.rename(tmp_path / "elsewhere")
    trade.mkdir()  # which cannot be unlinked
    came = await moved(store, rules)
    assert came.troubles == (f"warm/trade/{days_ago(40)}.parquet cannot be deleted now.",)
    assert rows("SELECT state FROM tier_file WHERE table_name = 'trade'") == [("going",)]
    assert await store.archive.trades("AAPL", 5) == []
    trade.rmdir()
    assert (await moved(store)).troubles == ()
    assert rows("SELECT count(*) FROM tier_file WHERE table_name = 'trade'") == [(0,)]


@pytest.mark.parametrize(
    "rules",
    [
        StorageRules(warm_days=0),
        StorageRules(warm_days=91),
        StorageRules(keep={"bar": Keep(days=30)}),
        StorageRules(keep={"trade": Keep(days=6)}),
        StorageRules(keep={"trade": Keep(bytes=-1)}),
        StorageRules(cold="nas/old"),
        StorageRules(cold="s3://key:secret@bucket/old"),
        StorageRules(cold="s3://UPPER/old"),
        StorageRules(cold="s3://"),
    ],
)
async def test_rules_that_make_no_sense_are_refused(store: Store, rules: StorageRules) -> None:
    with pytest.raises(BadData):
        await store.tiers.move(rules, lambda _: None, lambda: False)
    with pytest.raises(BadData):
        await store.tiers.freed(rules)
    assert chosen_rules(rules_text(rules)) == StorageRules()


def test_rules_come_back_as_they_were_kept() -> None:
    rules = StorageRules(3, 30, "s3://bucket/old?region=eu-central-1", {"book": Keep(60, 10**10)})
    assert chosen_rules(rules_text(rules)) == rules
    assert chosen_rules("") == chosen_rules("{") == StorageRules()

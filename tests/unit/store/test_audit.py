"""The audit: who wrote hears of it, and the newest entries are read first."""

from pathlib import Path

from monitor.ports import AuditEntry, Layout
from monitor.store import open_store


async def test_the_newest_entries_come_first_and_no_more_than_asked_for(path: Path) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    for number in range(5):
        store.recorder.record_audit("renewal", f"Renewal {number}.")
    await store.recorder.flushed()
    read = await store.archive.audit(3)
    await store.close()
    assert [entry.sentence for entry in read] == ["Renewal 4.", "Renewal 3.", "Renewal 2."]


async def test_what_is_told_at_once_is_what_the_disk_keeps(path: Path, tmp_path: Path) -> None:
    told: list[AuditEntry] = []
    store = open_store(path, sandbox=True, on_trouble=print, on_audit=told.append)
    store.recorder.record_audit("sign-in", "Signed in to the sandbox.")
    await store.exporter.export_table(["a"], [["1"]], tmp_path / "table.csv", Layout())
    await store.recorder.flushed()
    read = await store.archive.audit(10)
    await store.close()
    assert [entry.kind for entry in told] == ["sign-in", "export"]
    assert read == told[::-1]


async def test_an_empty_audit_is_an_empty_list(path: Path) -> None:
    store = open_store(path, sandbox=True, on_trouble=print)
    assert await store.archive.audit(500) == []
    await store.close()

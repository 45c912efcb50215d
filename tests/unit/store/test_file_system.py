"""A database on a network is refused, whatever the mount point looks like; anything else is taken."""

from pathlib import Path

import pytest

from monitor.errors import StoreUnavailable
from monitor.store import file_system, open_store
from monitor.store.file_system import check_local

_LOCAL = "20 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw"


def mounts(tmp_path: Path, *lines: str) -> Path:
    file = tmp_path / "mountinfo"
    file.write_text("\n".join([_LOCAL, *lines]) + "\n")
    return file


@pytest.mark.parametrize("kind", ["nfs4", "cifs", "smb3", "fuse.sshfs", "9p"])
def test_a_folder_on_a_network_is_refused_with_a_sentence(tmp_path: Path, kind: str) -> None:
    share = tmp_path / "my share"
    (share / "data").mkdir(parents=True)
    point = str(share).replace(" ", "\\040")
    given = mounts(tmp_path, f"30 20 0:50 / {point} rw,relatime - {kind} server:/export rw")
    with pytest.raises(StoreUnavailable, match=rf"is on a network \({kind}\).*--data-dir\.$"):
        check_local(share / "data", given)
    check_local(tmp_path, given)  # the folder above is not


def test_the_mount_on_top_counts(tmp_path: Path) -> None:
    inner = tmp_path / "share" / "disk"
    inner.mkdir(parents=True)
    given = mounts(
        tmp_path,
        f"30 20 0:50 / {tmp_path}/share rw - nfs server:/export rw",
        f"31 30 8:2 / {inner} rw master:1 propagate_from:2 - ext4 /dev/sdb1 rw",
    )
    check_local(inner, given)
    with pytest.raises(StoreUnavailable):
        check_local(inner.parent, given)


def test_what_the_system_does_not_tell_counts_as_local(tmp_path: Path) -> None:
    check_local(tmp_path, tmp_path / "nothing")
    check_local(tmp_path, mounts(tmp_path, "", "garbage"))


async def test_opening_refuses_it_and_leaves_no_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(file_system, "file_system", lambda *_: "nfs")
    with pytest.raises(StoreUnavailable, match="on a network"):
        open_store(path, sandbox=True, on_trouble=print)
    assert list(path.parent.iterdir()) == []

"""Killed at any moment of a write: what was confirmed is on disk, it opens, and nothing lies about in clear."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from monitor.schwab.tokens import Vault

#: One process that forks writers and kills each of them in the middle of its work: much faster than starting as many.
HARNESS = """
import json, os, random, select, signal, sys
from pathlib import Path
from monitor.schwab.secret import Secret
from monitor.schwab.tokens import Kept, Vault

def write_for_ever(vault, told):
    while True:
        tokens = Secret("canary" * 700), Secret("canary")
        vault.save(Kept("key", Secret("canary-secret"), "", *tokens, signed_in_ms=told.n))
        os.write(told.pipe, b"%d\\n" % told.n)
        told.n += 1

class Told: pass

folder, kills, rng = Path(sys.argv[1]), int(sys.argv[2]), random.Random(5)
vault = Vault(folder, scrypt_log_n=4)
vault.open("correct horse")
unreadable, lost, drafts, spilled, told = 0, 0, 0, 0, Told()
told.n = 1
for _ in range(kills):
    reader, told.pipe = os.pipe()
    child = os.fork()
    if child == 0:
        write_for_ever(vault, told)
    os.close(told.pipe)
    confirmed = os.read(reader, 100)
    select.select([], [], [], rng.random() * 0.004)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    while more := os.read(reader, 65536):
        confirmed += more
    os.close(reader)
    newest = int(confirmed.splitlines()[-1])
    drafts += len(list(folder.glob(".*.part")))
    spilled += sum(b"canary" in path.read_bytes() for path in folder.iterdir())
    again = Vault(folder)
    kept = again.open("correct horse")
    unreadable += kept.client_id != "key"
    lost += kept.signed_in_ms < newest
    drafts_left = [path.name for path in folder.iterdir() if path.name != "tokens.bin"]
    assert drafts_left == [], drafts_left
    told.n = kept.signed_in_ms + 1
print(json.dumps({"unreadable": unreadable, "lost": lost, "spilled": spilled, "drafts": drafts}))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="left out: there is no fork on Windows")
@pytest.mark.parametrize("kills", [50, pytest.param(1000, marks=[pytest.mark.soak, pytest.mark.timeout(600)])])
def test_a_kill_in_the_middle_of_a_write_leaves_the_old_or_the_new(tmp_path: Path, kills: int) -> None:
    command = [sys.executable, "-c", HARNESS, str(tmp_path), str(kills)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert (found["unreadable"], found["lost"], found["spilled"]) == (0, 0, 0)
    assert found["drafts"] > 0, "no kill fell into a write"
    assert Vault(tmp_path).open("correct horse").client_id == "key"

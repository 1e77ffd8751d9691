"""A plan can be shared: canaries of every kind of secret do not come through."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from tests.unit.db.db_samples import video
from ytarchive_tui.commands.shell_words import as_filter
from ytarchive_tui.db.archives import identify
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.db.reach import wish_reach
from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.models import JobKind, JobOptions, Stage, Status
from ytarchive_tui.domain.policy import Transition
from ytarchive_tui.domain.reach import Reach

CANARY = "canary0secret"
MEDIA = f"rr3---sn-x.googlevideo.com/videoplayback/expire/{CANARY}/ip/198.51.100.7?sig={CANARY}"
SAID = (
    f"Unable to download https://{MEDIA} from https://www.youtube.com/watch?v=dQw4w9WgXcQ&pp={CANARY}; "
    f"https://www.youtube.com/youtubei/v1/player?key=AIza{CANARY}aaaaaaaaaaaaaaaaaaaaaaa&x={CANARY} "
    f"via http://bob:{CANARY}@proxy.example:3128 as bob.{CANARY}@example.org "
    f"with wished-{CANARY} in /mnt/other-{CANARY}/Channel "
    f"for /home/{CANARY}/.config/x.txt, /Users/{CANARY}/Movies, C:\\Users\\{CANARY}\\v "
    f"at 203.0.113.9 and 2001:db8:0:0:0:0:0:c9, fe80::1:c9 and [2001:db8::1]:443 at 14:02:11, "
    f"and visitor-{CANARY} or sesame-{CANARY} "
    f"Cookie: SID={CANARY}; HSID={CANARY}\nX-Goog-Api-Key: {CANARY}\n"
)


async def failed_plan(state: Path, archive: Path) -> None:
    jar = state / "wished.txt"
    async with await Database.open(state / "state" / "ytarchive.db") as db:
        jar.write_text(f".youtube.com\tTRUE\t/\tTRUE\t0\tWISHED\twished-{CANARY}\n")
        async with db.write() as tx:
            await wish_reach(tx, Reach(cookies_file=jar))
            await identify(tx, Path(f"/mnt/other-{CANARY}"), uuid4())
        await submit(db, [video("dQw4w9WgXcQ", options=JobOptions(archive=archive))])
        queue = Queue(db)
        claim = await queue.claim(Stage.METADATA, JobKind.ITEM, "test")
        assert claim is not None
        evidence = Evidence(message=SAID, http_status=403, activity="media")
        failure = Failure(failure_class=FailureClass.UNKNOWN, sentence=SAID, evidence=evidence)
        blocked = Transition(stage=Stage.METADATA, status=Status.BLOCKED, failure=failure, reason=SAID)
        await queue.finish(claim, None, blocked)


def test_no_canary_is_in_what_is_exported(tmp_path: Path) -> None:
    cookies = tmp_path / "cookies.txt"
    cookies.write_text(f".youtube.com\tTRUE\t/\tTRUE\t0\tVISITOR\tvisitor-{CANARY}\n")
    config = tmp_path / "config.toml"
    config.write_text(
        f'network.cookies_file = "{cookies}"\nyoutube.api_keys = ["sesame-{CANARY}"]\n'
        f'network.proxy = "http://u:{CANARY}pw@h:1"\n'
    )
    archive = tmp_path / f"archive-{CANARY}"
    asyncio.run(failed_plan(tmp_path / "state", archive))
    command = [sys.executable, "-m", "ytarchive_tui", "--config", config, "-o", archive, "--state-dir",
               tmp_path / "state", "recovery", "export", "unknown"]  # fmt: skip
    told = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert told.returncode == 0, told.stderr
    assert CANARY not in told.stdout
    assert "198.51.100.7" not in told.stdout and "203.0.113.9" not in told.stdout
    assert "fe80:" not in told.stdout and "14:02:11" in told.stdout
    assert "2001:db8" not in told.stdout and str(tmp_path) not in told.stdout
    content = json.loads(told.stdout)
    # What helps others to help is there.
    assert content["plan"]["class"] == "unknown" and content["plan"]["jobs"] == 1
    (seen,) = content["evidence"]
    assert seen["http_status"] == 403 and "dQw4w9WgXcQ" in seen["url"]
    assert "Unable to download" in seen["message"]
    assert "https://www.youtube.com/watch?v=dQw4w9WgXcQ" in seen["message"]

    file = tmp_path / "plan.json"
    written = subprocess.run([*command, file], capture_output=True, text=True, timeout=60)
    assert written.returncode == 0 and json.loads(file.read_text())["plan"] == content["plan"]
    assert file.stat().st_mode & 0o777 == 0o600
    again = subprocess.run([*command, file], capture_output=True, text=True, timeout=60)
    assert again.returncode == 2 and "is there already" in again.stderr


@pytest.mark.parametrize(
    ("given", "word"),
    [
        ("class:geo", "class:geo"),
        ("channel:night sky", 'channel:"night sky"'),
        ("two words", '"two words"'),
        ('title:"as it is"', 'title:"as it is"'),
    ],
)
def test_the_quotes_that_a_shell_takes_away_are_put_back(given: str, word: str) -> None:
    assert as_filter([given]) == word

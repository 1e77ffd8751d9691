"""Two real programs on one state folder, each on its terminal: the second is a remote, and can take over."""

from __future__ import annotations

from pathlib import Path

import pytest
from tui.terminal import FIRST_WORDS, Terminal, arguments

from ytarchive_tui.runtime import Runtime
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths

VIDEO = "https://www.youtube.com/watch?v=BaW_jenozKc"
PASTED = f"\x1b[200~{VIDEO}\x1b[201~"
HERE = "what you do here is done there"


async def hold(folder: Path) -> None:
    """So that nothing is asked of the site."""
    paths = Paths.private(folder / "own")
    paths.make()
    async with Runtime.attach(Settings(), paths) as runtime:
        await runtime.queue.changes.hold(True)


@pytest.mark.ci
async def test_a_second_one_is_a_remote_that_adds_pauses_leaves_and_takes_over(tmp_path: Path) -> None:
    def second() -> Terminal:
        return Terminal(*arguments(tmp_path), home=tmp_path, size=(160, 30))

    await hold(tmp_path)
    with Terminal(*arguments(tmp_path), home=tmp_path) as first:
        first.wait_for(FIRST_WORDS, since=0)
        first.wait_for("on hold", since=0)
        with second() as it:
            it.wait_for(HERE, since=0)
            assert "remote" in it.wire().text and "on hold" in it.wire().text
            it.press_for(PASTED, "/Channel/date title")
            it.press_for("\r", "metadata")
            first.wait_for("1 queued", since=0)
            it.press_for("p", "paused")
            first.wait_for("1 paused", since=0)
            it.press_for("x", "d Remove")
            it.press_for("d", "Nothing in the queue")
            first.wait_for("Nothing in the queue", since=0)
            it.press_for("u", "cancelled by you")
            first.wait_for("1 cancelled", since=0)
            it.press("q")
            assert it.end(seconds=60) == 0
        assert first.process.poll() is None
        with second() as it:
            it.wait_for(HERE, since=0)
            seen = it.now
            first.press("q")
            assert first.end(seconds=60) == 0
            it.wait_for("has ended", since=seen)
            it.wait_for("Take over", since=seen)
            seen = it.now
            it.press("\x12")
            it.wait_for("2 at a time", since=seen)
            with second() as third:
                third.wait_for(HERE, since=0)
                third.press("q")
                assert third.end(seconds=60) == 0
            it.press("q")
            assert it.end(seconds=60) == 0
            assert not it.wire().left_on and not it.wire().foreign and "Traceback" not in it.wire().text

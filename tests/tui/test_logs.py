"""The Logs screen on a real log file that a real logger writes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from conftest import Stage, shown
from textual.pilot import Pilot

from ytarchive_tui.domain.models import JobOptions, SourceKind, Submission
from ytarchive_tui.services.logs import log_file
from ytarchive_tui.tui.jumps import show_log_of
from ytarchive_tui.tui.screens.logs import LogsScreen, log_folder
from ytarchive_tui.tui.screens.queue import QueueScreen

Make = Callable[..., Stage]
log = logging.getLogger("ytarchive_tui.test")


def screen(stage: Stage) -> LogsScreen:
    found = stage.app.base
    assert isinstance(found, LogsScreen)
    return found


@asynccontextmanager
async def logs(stage: Stage, lines: int, size: tuple[int, int] = (120, 36)) -> AsyncIterator[Pilot[None]]:
    stage.paths.make()
    with log_file(stage.paths.log_dir, level="debug", keep_mb=1, secrets=()):
        for n in range(lines):
            log.log(
                logging.WARNING if n % 10 == 0 else logging.INFO, "line %d of [many]", n, extra={"job": n % 7}
            )
        async with shown(stage, size) as pilot:
            stage.app.go_to("logs")
            await stage.until(lambda: isinstance(stage.app.base, LogsScreen))
            yield pilot


async def test_the_newest_line_is_followed_until_one_holds_still(stage: Make) -> None:
    it = stage(workers=False)
    async with logs(it, 200) as pilot:
        await it.until(lambda: "line 199 of [many]" in it.screen_text())
        log.error("something new")
        await it.until(lambda: "something new" in it.screen_text())
        await pilot.press("k")
        held = screen(it).table.at
        for n in range(500):
            log.info("more %d", n)
        await it.until(lambda: screen(it).table.view.total == 701)
        assert screen(it).table.at == held and "holding still" in it.screen_text()
        assert "something new" in it.screen_text() and "more 499" not in it.screen_text()
        await pilot.press("f")
        await it.until(lambda: "more 499" in it.screen_text() and "following" in it.screen_text())
        await pilot.press("g")
        await it.until(lambda: "line 0 of [many]" in it.screen_text())


async def test_the_line_under_the_cursor_stays_in_sight_in_a_smaller_window(stage: Make) -> None:
    it = stage(workers=False)
    async with logs(it, 200) as pilot:
        await it.until(lambda: "line 199 of [many]" in it.screen_text())
        await pilot.press("g", "pagedown")
        table = screen(it).table
        await it.until(lambda: table.current is not None and table.current.text in it.screen_text())
        await pilot.resize_terminal(80, 24)
        await it.until(lambda: table.size.height < 20)
        assert not table.following and table.scroll_offset.y <= table.place < table.scroll_offset.y + 20
        await it.until(lambda: table.current is not None and table.current.text in it.screen_text())


async def test_who_presses_a_key_before_the_first_frame_is_not_carried_to_the_end(stage: Make) -> None:
    it = stage(workers=False)
    async with logs(it, 200) as pilot:
        await it.until(lambda: screen(it).table.view.total == 200)
        table = screen(it).table
        table.call_after_refresh(table._to_the_end)
        await pilot.press("g")
        await pilot.pause()
        assert table.scroll_offset.y == 0
        await it.until(lambda: "line 0 of [many]" in it.screen_text())


async def test_filters_levels_and_search(stage: Make) -> None:
    it = stage(workers=False)
    async with logs(it, 300) as pilot:
        await it.until(lambda: screen(it).table.view.total == 300)
        await pilot.press("L", "L")
        await it.until(lambda: screen(it).table.view.total == 30 and "warning and worse" in it.screen_text())
        await pilot.press("slash", *"job:0", "enter")
        await it.until(lambda: screen(it).table.view.total == 5)
        await pilot.press("escape")
        await it.until(lambda: screen(it).table.view.total == 300)
        await pilot.press("ctrl+f", *"line 17 of", "enter")
        await it.until(
            lambda: (line := screen(it).table.current) is not None and line.text.startswith("line 17 ")
        )
        await pilot.press("n")
        await it.until(lambda: "no newer line has" in it.screen_text())
        await pilot.press("i")
        await it.until(lambda: screen(it).table.view.total == 43)


async def test_from_a_line_to_its_job_and_from_a_job_to_its_lines(stage: Make) -> None:
    it = stage(workers=False)
    async with logs(it, 21) as pilot:
        options = JobOptions(archive=it.settings.archive.root)
        queue = await it.bridge.queue()
        address = "https://www.youtube.com/watch?v="
        submitted = await queue.submit([
            Submission(url=f"{address}video{n:06}", address=f"{address}video{n:06}", kind=SourceKind.VIDEO,
                       video_id=f"video{n:06}", options=options)
            for n in range(5)
        ])  # fmt: skip
        job = submitted[3].job_id
        assert job == 4
        it.app.run_worker(show_log_of(it.app, job))
        await it.until(lambda: screen(it).table.view.total == 3)
        await it.until(lambda: screen(it).table.current is not None)
        await pilot.press("l")
        await it.until(lambda: isinstance(it.app.base, QueueScreen) and it.queue.table.current_id == job)


async def test_exporting_writes_the_lines_that_are_shown(
    stage: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    it = stage(workers=False)
    async with logs(it, 50) as pilot:
        await it.until(lambda: screen(it).table.view.total == 50)
        await pilot.press("slash", *"level:warning", "enter")
        await it.until(lambda: screen(it).table.view.total == 5)
        await pilot.press("E", "enter")
        await it.until(lambda: "5 lines written" in it.screen_text())
        assert len((tmp_path / "ytarchive-log.jsonl").read_text().splitlines()) == 5


async def test_keys_answer_while_ten_thousand_lines_a_second_come(stage: Make) -> None:
    """Lines are appended by hand: the logger itself shares this process, and is not what is tested here."""
    it = stage(workers=False)
    async with logs(it, 0) as pilot:
        line = (
            '{"at": "2026-11-22T10:00:00.000+00:00", "level": "info", "source": "child", "text": "%d tide"}\n'
        )
        slowest = 0.0
        with (it.paths.log_dir / "ytarchive.log").open("a") as file:
            loop = asyncio.get_running_loop()
            for beat in range(20):
                file.write("".join(line % (beat * 1000 + n) for n in range(1000)))
                file.flush()
                began = loop.time()
                await pilot.press("k" if beat % 2 else "G")
                slowest = max(slowest, loop.time() - began)
                await asyncio.sleep(max(0.1 - (loop.time() - began), 0))
        await it.until(lambda: screen(it).table.view.total == 20_000)
        assert slowest < 3.0


async def test_an_empty_log_says_where_it_will_be(stage: Make) -> None:
    it = stage(workers=False)
    async with logs(it, 0):
        await it.until(lambda: "Nothing has been logged yet" in it.screen_text())


def test_the_log_is_looked_for_where_the_engine_writes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ytarchive_tui.settings.paths import Paths

    assert log_folder(Paths.private(tmp_path).database) == Paths.private(tmp_path).log_dir
    monkeypatch.setenv("YTARCHIVE_STATE_DIR", str(tmp_path / "s"))
    monkeypatch.setenv("YTARCHIVE_LOG_DIR", str(tmp_path / "elsewhere"))
    assert log_folder(tmp_path / "s/ytarchive.db") == tmp_path / "elsewhere"

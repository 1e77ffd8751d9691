"""The Library screen through its real service, on a real archive."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Stage, shown
from library_samples import archive_item

from ytarchive_tui.db.connection import Database
from ytarchive_tui.domain.models import JobOptions, Manifest, SourceKind, Submission
from ytarchive_tui.sandbox.catalog import sized_id
from ytarchive_tui.sandbox.client import ControlClient
from ytarchive_tui.tui.screens.library import LibraryScreen
from ytarchive_tui.tui.widgets.facet_pane import FacetPane
from ytarchive_tui.tui.widgets.virtual_table import VirtualTable

Make = Callable[..., Stage]
SMALL = sized_id("1M")


async def fill(stage: Stage) -> None:
    root = stage.settings.archive.root
    async with await Database.open(stage.paths.database) as db:
        await archive_item(
            db, root, "aaaaaaaaaaa", "The last [steam] ferry", year=2021, description="by the quay"
        )
        await archive_item(
            db, root, "bbbbbbbbbbb", "港町の朝市を歩く", channel="旅の記録", year=2023, height=2160
        )
        await archive_item(db, root, "ccccccccccc", "Night\x1b]52;c;x\x07 tide[/b]", year=2023, height=720)


def screen(stage: Stage) -> LibraryScreen:
    found = stage.app.base
    assert isinstance(found, LibraryScreen)
    return found


async def go(stage: Stage, rows: int) -> None:
    stage.app.go_to("library")
    await stage.until(
        lambda: isinstance(stage.app.base, LibraryScreen) and stage.app.base.query(VirtualTable)
    )
    await stage.until(lambda: len(screen(stage).table.ids) == rows and screen(stage)._found is not None)


def lines_of_the_list(folder: Path) -> list[str]:
    (written,) = folder.glob("library-*.csv")
    return written.read_text().splitlines()


async def test_what_was_downloaded_is_found_in_the_library(stage: Make, youtube: ControlClient) -> None:
    it = stage()
    async with shown(it) as pilot:
        await pilot.press("3")
        await it.until(lambda: "Nothing in the archive yet" in it.screen_text())
        address = f"https://www.youtube.com/watch?v={SMALL}"
        options = JobOptions(archive=it.settings.archive.root, quality="360p")
        await (await it.bridge.queue()).submit([
            Submission(url=address, address=address, kind=SourceKind.VIDEO, video_id=SMALL, options=options)
        ])  # fmt: skip
        await it.until(lambda: it.bridge.pulse.figures is not None and it.bridge.pulse.figures.done == 1, 60)
        await go(it, 1)
        await it.until(lambda: "360p of 1080p offered" in it.screen_text() and ".mp4" in it.screen_text())


async def test_searching_as_one_types_and_giving_it_up(stage: Make) -> None:
    it = stage(workers=False)
    await fill(it)
    async with shown(it) as pilot:
        await go(it, 3)
        await pilot.press("slash", *"quay")
        await it.until(lambda: len(screen(it).table.ids) == 1)
        await it.until(lambda: "1 of 3 items" in it.screen_text() and "search: quay" in it.screen_text())
        await pilot.press("enter")
        await it.until(lambda: it.app.focused is screen(it).table)
        await pilot.press("slash", "backspace", "backspace", "backspace", "backspace", "朝", "市", "enter")
        await it.until(lambda: "旅の記録" in it.screen_text() and len(screen(it).table.ids) == 1)
        await pilot.press("escape")
        await it.until(lambda: len(screen(it).table.ids) == 3)


async def test_facets_narrow_and_sorting_changes_the_order(stage: Make) -> None:
    it = stage(workers=False)
    await fill(it)
    async with shown(it) as pilot:
        await go(it, 3)
        await pilot.press("s")
        await it.until(lambda: screen(it).table.sorted_by == ("published", True))
        await pilot.press("F")
        pane = screen(it).query_one(FacetPane)
        await it.until(lambda: it.app.focused is pane)
        await pilot.press("j", "j", "space")
        await it.until(lambda: len(screen(it).table.ids) == 2 and "2 of 3 items" in it.screen_text())
        await pilot.press("space")
        await it.until(lambda: len(screen(it).table.ids) == 3)
        await pilot.press("escape")
        await it.until(lambda: it.app.focused is screen(it).table)


async def test_verifying_shows_what_changed(stage: Make) -> None:
    it = stage(workers=False)
    await fill(it)
    (it.settings.archive.root / "Harbour Films/aaaaaaaaaaa/video.mp4").write_bytes(b"another")
    async with shown(it) as pilot:
        await go(it, 3)
        await pilot.press("asterisk", "V")
        await it.until(lambda: "2 whole, 1 changed" in it.screen_text())
        await pilot.press("escape", "G")
        await it.until(lambda: "7 bytes instead of" in it.screen_text())
        await it.until(lambda: screen(it).verifying is None and screen(it).table.current.state == "changed")  # type: ignore[union-attr]


async def test_copying_exporting_and_opening_without_a_desktop(
    stage: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    it = stage(workers=False)
    await fill(it)
    async with shown(it) as pilot:
        await go(it, 3)
        await it.until(lambda: screen(it).table.current is not None)
        await pilot.press("y")
        await it.until(lambda: it.app.clipboard == "https://www.youtube.com/watch?v=ccccccccccc")
        await pilot.press("o")
        await it.until(lambda: it.app.clipboard.endswith("ccccccccccc/video.mp4"))
        assert "No desktop to open it with" in it.screen_text()
        await pilot.press("E", "enter")
        await it.until(lambda: "3 items written" in it.screen_text())
        assert len(lines_of_the_list(tmp_path)) == 4


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_every_size_shows_titles_and_no_control_byte(stage: Make, size: tuple[int, int]) -> None:
    it = stage(workers=False)
    await fill(it)
    async with shown(it, size) as pilot:
        await go(it, 3)
        await it.until(lambda: "Night" in it.screen_text() and "[steam]" in it.screen_text())
        assert ("Channel " in it.screen_text()) == (size[0] >= 80)
        await pilot.press("F")
        await it.until(lambda: "not verified yet" in it.screen_text())
        assert "\x1b" not in it.screen_text() and "\x07" not in it.screen_text()


async def test_an_item_is_fetched_again_and_the_new_copy_takes_the_place_of_the_old(
    stage: Make, youtube: ControlClient
) -> None:
    it = stage()
    async with shown(it, (120, 60)) as pilot:
        root = it.settings.archive.root
        address = f"https://www.youtube.com/watch?v={SMALL}"
        options = JobOptions(archive=root, quality="360p")
        await (await it.bridge.queue()).submit([
            Submission(url=address, address=address, kind=SourceKind.VIDEO, video_id=SMALL, options=options)
        ])  # fmt: skip
        await pilot.press("3")
        await it.until(lambda: it.bridge.pulse.figures is not None and it.bridge.pulse.figures.done == 1, 60)
        await go(it, 1)
        (before,) = root.glob("*/*/manifest.json")
        await pilot.press("U", *["backspace"] * 4, *"720p", "enter")
        await it.until(lambda: "1 item queued" in it.screen_text())
        await it.until(lambda: "720p of 1080p offered" in it.screen_text(), 60)
        await it.until(lambda: not before.exists())
        (after,) = root.glob("*/*/manifest.json")
        assert check_copy(after) == 720


def check_copy(manifest: Path) -> int | None:
    """The height that the manifest tells, once every file it names is there whole."""
    content = Manifest.model_validate_json(manifest.read_bytes())
    assert [(manifest.parent / file.name).stat().st_size for file in content.files] == [
        file.size for file in content.files
    ]
    return content.obtained_height


async def test_deleting_needs_the_words_typed_out(stage: Make) -> None:
    it = stage(workers=False)
    await fill(it)
    root = it.settings.archive.root
    async with shown(it, (80, 24)) as pilot:
        await go(it, 3)
        await pilot.press("space", "space", "X")
        await it.until(lambda: "2 items: 4 files" in it.screen_text() and "delete 2" in it.screen_text())
        await pilot.press(*"delete", "enter")
        await it.until(lambda: "type «delete 2»" in it.screen_text())
        assert len(list(root.glob("*/*/manifest.json"))) == 3
        await pilot.press(*" 2", "enter")
        await it.until(lambda: len(list(root.glob("*/*/manifest.json"))) == 1)
        await it.until(lambda: len(screen(it).table.ids) == 1 and "2 items deleted" in it.screen_text())


async def test_a_moved_archive_is_found_again(stage: Make, tmp_path: Path) -> None:
    it = stage(workers=False)
    await fill(it)
    it.settings.archive.root.rename(tmp_path / "b")
    async with shown(it) as pilot:
        await go(it, 3)
        await it.until(lambda: screen(it).table.current is not None)
        await pilot.press("R", "backspace", *["backspace"] * len("rchive"), *"b", "enter")
        await it.until(lambda: "3 copies follow the archive" in it.screen_text())
        await pilot.press("V")
        await it.until(lambda: "1 whole" in it.screen_text())

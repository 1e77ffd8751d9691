"""Settings, themes and keys: looked at, changed in an editor, and refused line by line."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import Stage, shown
from terminal import Terminal
from textual.widgets import OptionList

from ytarchive_tui.services.settings import SettingsFile
from ytarchive_tui.settings.load import load
from ytarchive_tui.tui.actions import every_action
from ytarchive_tui.tui.app import YtarchiveApp
from ytarchive_tui.tui.editing import take_over
from ytarchive_tui.tui.keymap import is_key, read_keymap
from ytarchive_tui.tui.screens.settings import SettingsScreen

Make = Callable[..., Stage]


def with_file(it: Stage, text: str = "") -> SettingsFile:
    """Give the stage's app a settings file of its own."""
    path = it.paths.config_file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    env = {"YTARCHIVE_CONFIG": str(path), "YTARCHIVE_ARCHIVE__ROOT": str(it.settings.archive.root)}

    def read():  # type: ignore[no-untyped-def]
        return load({}, env)

    file = SettingsFile(read(), path, read)
    it.app = YtarchiveApp(file.settings, it.bridge, file=file)
    return file


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_each_value_stands_beside_its_origin_and_its_time(stage: Make, size: tuple[int, int]) -> None:
    it = stage(workers=False)
    with_file(it, '[archive]\nquality = "720p"\n')
    async with shown(it, size) as pilot:
        await pilot.press("comma")
        await it.until(lambda: "720p" in it.screen_text())
        (line,) = [line for line in it.screen_text().splitlines() if " quality " in line]
        assert "file" in line and "added next" in line
        assert "environment" in it.screen_text()
        # A long path goes on in the next line.
        assert "config.toml" in "".join(it.screen_text().replace("│", " ").split())
        await pilot.press("escape")
        await it.until(lambda: it.app.screen is it.app.base)


async def test_what_the_file_says_anew_is_gone_by_or_told_with_its_line(stage: Make) -> None:
    it = stage(workers=False)
    file = with_file(it)
    async with shown(it) as pilot:
        file.path.write_text(
            '[screen]\ntheme = "nord"\n[screen.keys]\n"queue.freeze" = "z"\n[engine]\ndownloads = 5\n'
        )
        assert take_over(it.app, file) == ()
        await it.until(lambda: "from the next start on" in it.screen_text())
        assert it.app.theme == "nord"
        it.app.clear_notifications()
        await pilot.press("z")
        await it.until(lambda: "frozen" in it.screen_text())
        file.path.write_text('[screen]\n\ntheme = "gruvbox"\nascii = "perhaps"\n')
        problems = take_over(it.app, file)
        await it.app.push_screen(SettingsScreen(file, problems))
        await it.until(lambda: "line 4" in it.screen_text() and "stays in force" in it.screen_text())
        assert it.app.theme == "nord" and it.app.settings.engine.downloads == 5


async def test_a_theme_is_tried_taken_and_kept(stage: Make) -> None:
    it = stage(workers=False)
    file = with_file(it, "# mine\n")
    async with shown(it, (80, 24)) as pilot:
        await pilot.press("colon", *"app.theme", "enter")
        await it.until(lambda: it.app.screen is not it.app.base and it.app.focused is not None)
        await pilot.press("j")
        await it.until(lambda: it.app.theme == "high-contrast")
        await pilot.press("escape")
        await it.until(lambda: it.app.theme == "archive")
        await pilot.press("colon", *"app.theme", "enter")
        await it.until(lambda: isinstance(it.app.focused, OptionList))
        await pilot.press("down", "enter")
        await it.until(lambda: "high-contrast" in file.path.read_text())
        assert file.path.read_text().startswith("# mine\n")


async def test_a_bad_keymap_is_explained_and_the_rest_of_it_used(stage: Make) -> None:
    it = stage(
        workers=False, keys={"queue.freze": "z", "queue.add": "ctl+x", "queue.sort": "p", "queue.undo": ""}
    )
    async with shown(it, (120, 50)) as pilot:
        told = ("no action «queue.freze»", "«ctl+x» is no key", "p is for queue.sort and for queue.pause")
        await it.until(lambda: all(each in it.screen_text() for each in told))
        await pilot.press("question_mark")
        await it.until(lambda: "This screen" in it.screen_text())
        assert "a           Add addresses" in it.screen_text() and "-           Undo" in it.screen_text()


def test_every_key_of_ours_is_one_that_the_keymap_takes() -> None:
    for action in every_action():
        for key in filter(None, action.keys.split(",")):
            assert is_key(key), f"{action.name}: {key}"
    assert not [key for key in ("ctl+p", "", "f0x", "p p", "ctrl+") if is_key(key)]
    assert read_keymap({"queue.add": "f6,?"}).complaints == ()
    assert "did you mean queue.freeze?" in read_keymap({"queue.freze": "z"}).complaints[0]


async def test_the_palette_finds_every_action_wherever_one_is(stage: Make) -> None:
    it = stage(workers=False)
    with_file(it)
    async with shown(it) as pilot:
        provider = next(iter(it.app.COMMANDS))(it.app.screen)
        for action in every_action():
            found = [hit async for hit in provider.search(action.name)]
            assert any(hit.text == action.title for hit in found), action.name
        await pilot.press("colon", *"library.verify", "enter")
        await it.until(lambda: it.app.current_mode == "library" and "is done here with V" in it.screen_text())


async def test_help_in_a_dialog_is_about_the_dialog(stage: Make) -> None:
    it = stage(workers=False)
    async with shown(it) as pilot:
        await pilot.press("a")
        await it.until(lambda: "Paste addresses" in it.screen_text())
        await pilot.press("f1")
        await it.until(lambda: "This dialog" in it.screen_text())
        assert "New line" in it.screen_text() and "In the table" not in it.screen_text()


def test_the_editor_gets_the_terminal_and_the_screen_comes_back(tmp_path: Path) -> None:
    config, editor = tmp_path / "config.toml", tmp_path / "editor"
    editor.write_text(
        '#!/bin/sh\necho editing-$#; sleep 1.2\nprintf \'[archive]\\nquality = "4k"\\n\' > "$1"\n'
    )
    editor.chmod(0o755)
    before = dict(os.environ)
    os.environ["EDITOR"], os.environ["VISUAL"] = str(editor), ""
    try:
        arguments = (
            "--state-dir",
            str(tmp_path / "own"),
            "-o",
            str(tmp_path / "archive"),
            "--config",
            str(config),
        )
        config.write_text("")
        with Terminal(*arguments, home=tmp_path) as it:
            it.wait_for("Nothing in the queue", since=0)
            it.press_for(",", "A change takes effect")
            began = it.now
            it.press_for("e", "editing-1")
            it.wait_for("write 2160p", since=began)
            lent = it.text[it.text.rindex("editing-1") :]
            lent = lent[: lent.index("\x1b[?1049h")]
            assert lent.strip() == "editing-1", "nothing is drawn over the editor"
            it.press_for("\x1b", "Nothing in the queue")
            it.press("q")
            assert it.end(seconds=60) == 0
    finally:
        os.environ.clear()
        os.environ.update(before)

"""The settings file is read again, judged line by line, and changed without touching what its owner wrote."""

from __future__ import annotations

import stat
import tomllib
from pathlib import Path

import pytest

from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.services.settings import Problem, SettingsFile, SettingsRefusedError, editor
from ytarchive_tui.settings.load import load
from ytarchive_tui.settings.model import NAMES
from ytarchive_tui.settings.write import line_of, set_text


def opened(path: Path, env: dict[str, str] | None = None) -> SettingsFile:
    env = {"YTARCHIVE_CONFIG": str(path), **(env or {})}
    if not path.exists():
        path.write_text("")

    def read():  # type: ignore[no-untyped-def]
        return load({}, env)

    return SettingsFile(read(), path, read)


def test_every_problem_is_told_with_its_line_and_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    path.write_text('[archive]\nquality = "720p"\n')
    file = opened(path)
    path.write_text(
        '# mine\n[archive]\nquality = "4k"\n\n[engine]\ndownloads = 99 # many\nqualty = 1\n'
        "[screen]\nascii = true\n"
    )
    with pytest.raises(SettingsRefusedError) as refused:
        file.read_again()
    assert {problem.line for problem in refused.value.problems} == {3, 6, 7}
    assert "write 2160p" in str(refused.value) and "did you mean" in str(refused.value)
    assert str(path) not in str(refused.value)
    assert file.settings.archive.quality == "720p" and not file.settings.screen.ascii
    path.write_text("[archive]\nquality = \n")
    with pytest.raises(SettingsRefusedError) as refused:
        file.read_again()
    assert refused.value.problems == (Problem(2, "is not valid TOML: Invalid value"),)


def test_a_change_says_when_it_takes_effect(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    file = opened(path, {"YTARCHIVE_LOG__LEVEL": "debug"})
    path.write_text('archive.quality = "480p"\n[engine]\ndownloads = 7\n[screen]\ntheme = "nord"\n')
    assert {(each.name, each.after, each.effect) for each in file.read_again()} == {
        ("archive.quality", "480p", "next added"),
        ("engine.downloads", "7", "next start"),
        ("screen.theme", "nord", "now"),
    }
    lines = {line.name: line for line in file.lines()}
    assert tuple(lines) == NAMES
    assert lines["engine.downloads"].in_force not in (None, "7")
    assert lines["archive.quality"].origin == "file" and lines["archive.quality"].in_force is None
    assert lines["log.level"].origin == "environment YTARCHIVE_LOG__LEVEL"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", '[screen]\ntheme = "nord"\n'),
        ('# a\n[archive]\nquality = "best" # b',
         '# a\n[archive]\nquality = "best" # b\n\n[screen]\ntheme = "nord"\n'),
        ('[screen]\n  theme= \'x\'\nascii = true\n[log]\nlevel = "info"\n',
         '[screen]\n  theme= "nord"\nascii = true\n[log]\nlevel = "info"\n'),
        ('[screen]\n[screen.keys]\n"queue.pause" = "p"\n',
         '[screen]\ntheme = "nord"\n[screen.keys]\n"queue.pause" = "p"\n'),
        ('[screen.keys]\n"queue.pause" = "p"\n',
         '[screen.keys]\n"queue.pause" = "p"\n\n[screen]\ntheme = "nord"\n'),
        ('screen.theme = "x"\n', 'screen.theme = "nord"\n'),
    ],
)  # fmt: skip
def test_the_theme_is_written_and_every_other_line_stays(tmp_path: Path, before: str, after: str) -> None:
    path, link = tmp_path / "dotfiles.toml", tmp_path / "config.toml"
    path.write_text(before)
    path.chmod(0o640)
    link.symlink_to(path)
    set_text(link, "screen.theme", "nord")
    assert path.read_text() == after and link.is_symlink()
    assert stat.S_IMODE(path.stat().st_mode) == 0o640


@pytest.mark.parametrize("text", ['screen = { theme = "x" }\n', "[screen\n", 'screen = "x"\n'])
def test_a_file_that_is_written_otherwise_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "config.toml"
    path.write_text(text)
    with pytest.raises(UsageError, match="theme = "):
        set_text(path, "screen.theme", "nord")
    assert path.read_text() == text


def test_a_theme_is_not_kept_where_something_else_decides(tmp_path: Path) -> None:
    path = tmp_path / "config.toml"
    file = opened(path, {"YTARCHIVE_SCREEN__THEME": "archive"})
    told = file.keep_theme("nord")
    assert told is not None and "YTARCHIVE_SCREEN__THEME" in told and path.read_text() == ""
    file = opened(path)
    assert file.keep_theme("nord") is None
    assert file.settings.screen.theme == "nord"


def test_a_new_file_names_every_setting_and_sets_none(tmp_path: Path) -> None:
    path = tmp_path / "below" / "config.toml"
    path.parent.mkdir()
    file = opened(path)
    path.unlink()
    file.make()
    assert file.read_again() == ()
    assert not any(tomllib.loads(path.read_text()).get("archive", {}))
    told = path.read_text().replace("# ", "")
    assert not [name for name in NAMES if name != "screen.keys" and line_of(told, name) is None]
    path.write_text("[log]\n")
    file.make()
    assert path.read_text() == "[log]\n"


def test_the_editor_is_the_users_own_before_any_other() -> None:
    assert editor({"EDITOR": "code -w", "VISUAL": ""}, lambda name: name) == "code -w"
    assert editor({}, lambda name: "/usr/bin/vi" if name == "vi" else None) == "vi"
    assert editor({}, lambda name: None) is None

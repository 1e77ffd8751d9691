"""The program's own folders."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ytarchive_tui.settings.paths import Paths


def test_folders_are_made_private_whatever_the_umask(tmp_path: Path) -> None:
    paths = Paths.private(tmp_path / "deep" / "demo")
    before = os.umask(0)
    try:
        paths.make()
        paths.make()
    finally:
        os.umask(before)
    for folder in (tmp_path / "deep", paths.state_dir, paths.cache_dir, paths.log_dir):
        assert folder.stat().st_mode & 0o777 == 0o700


def test_the_environment_moves_them(tmp_path: Path) -> None:
    paths = Paths.usual({"YTARCHIVE_STATE_DIR": str(tmp_path), "YTARCHIVE_CACHE_DIR": "~/c"})
    assert paths.database == tmp_path / "ytarchive.db"
    assert paths.log_dir == tmp_path / "log"
    assert paths.cache_dir == Path.home() / "c"


def test_the_demo_shares_nothing_with_the_users_own(tmp_path: Path) -> None:
    usual, demo = Paths.usual({}), Paths.private(tmp_path)
    for name in ("config_file", "state_dir", "cache_dir", "log_dir", "database"):
        assert getattr(demo, name).is_relative_to(tmp_path)
        assert not getattr(usual, name).is_relative_to(tmp_path)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "state").touch()
    with pytest.raises(OSError):
        Paths.private(tmp_path).make()

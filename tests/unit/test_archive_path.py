"""An archive has one path, however it is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from ytarchive_tui.settings.model import ArchiveSettings


@pytest.mark.parametrize("written", ["keep", "./other/../keep", "~/keep", "link"])
def test_every_way_to_write_an_archive_leads_to_the_same_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    keep = tmp_path.resolve() / "keep"
    keep.mkdir()
    (tmp_path / "link").symlink_to(keep)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert ArchiveSettings(root=Path(written)).root == keep

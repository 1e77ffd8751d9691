"""Two engines on one archive."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import FailureClass, StageError
from ytarchive_tui.storage.archive_lock import ArchiveLocks


@pytest.mark.parametrize(("mode", "umask"), [(0o700, 0), (0o755, 0o077)])
def test_a_new_root_has_the_wanted_permissions_and_what_is_there_keeps_its_own(
    tmp_path: Path, mode: int, umask: int
) -> None:
    (tmp_path / "old").mkdir(mode=0o711)
    before = os.umask(umask)
    try:
        locks = ArchiveLocks({}, mode)
        locks.hold(tmp_path / "old" / "new" / "archive")
        locks.close()
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / each).stat().st_mode) for each in ("old", "old/new", "old/new/archive")]
    assert modes == [0o711, mode, mode]
    assert stat.S_IMODE((tmp_path / "old/new/archive/.ytarchive").stat().st_mode) == 0o700


def test_a_second_engine_waits_until_the_first_has_left_the_archive(tmp_path: Path) -> None:
    first, second = ArchiveLocks({}), ArchiveLocks({})
    first.hold(tmp_path)
    first.hold(tmp_path)
    with pytest.raises(StageError, match="another ytarchive-tui") as refused:
        second.hold(tmp_path)
    assert classify(refused.value.evidence).failure_class is FailureClass.LOCAL_IO
    first.close()
    second.hold(tmp_path)
    second.close()


def test_an_archive_that_was_moved_stays_with_its_engine(tmp_path: Path) -> None:
    old, new, back = tmp_path / "old", tmp_path / "new", tmp_path / "back"
    locks = ArchiveLocks({})
    uuid = locks.hold(old)
    old.rename(new)
    assert locks.hold(new) == uuid
    assert locks.held(new) and not locks.held(old)
    with pytest.raises(StageError, match="another ytarchive-tui"):
        ArchiveLocks({}).hold(new)
    new.rename(back)
    assert locks.hold(back) == uuid
    locks.close()
    ArchiveLocks({}).hold(back)


def test_where_an_archive_was_none_is_begun_before_its_rows_have_followed_it(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    locks = ArchiveLocks({})
    uuid = locks.hold(old)
    old.rename(new)
    locks.hold(new)
    with pytest.raises(StageError, match="is gone"):
        locks.hold(old)
    assert not old.exists()
    assert locks.hold(old, relinked=True) != uuid
    assert locks.held(old) and locks.held(new)


def test_one_archive_has_one_path(tmp_path: Path) -> None:
    locks = ArchiveLocks({})
    locks.hold(tmp_path / "archive")
    (tmp_path / "link").symlink_to("archive")
    with pytest.raises(StageError, match="is the one in"):
        locks.hold(tmp_path / "link")
    assert locks.held(tmp_path / "archive")

"""Two engines on one archive."""

from __future__ import annotations

from pathlib import Path

import pytest

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import FailureClass, StageError
from ytarchive_tui.storage.archive_lock import ArchiveLocks


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

"""How much of a disk downloads may fill; pure rules, all sizes in bytes."""

from __future__ import annotations

from dataclasses import dataclass

LARGEST_RESERVE = 1024**3
RESERVE_SHARE = 50
"""The reserve that nobody set: a fiftieth of the disk, at most `LARGEST_RESERVE`."""
SLACK_SHARE = 4
"""This part of the reserve must be free beyond it before a disk that was full counts as having room."""


@dataclass(frozen=True, slots=True)
class Disk:
    """What a disk says of itself: its size, and what is free for this user."""

    total: int
    free: int


def reserve_of(disk: Disk, wished: int | None) -> int:
    """What must stay free, for the database, manifests and everybody else on that disk."""
    return min(LARGEST_RESERVE, disk.total // RESERVE_SHARE) if wished is None else wished


def to_write(size: int | None, components: int, staged: int) -> int:
    """The most that a download still adds to its disk; 0 when its size is not known.

    Merging writes all of it once more before the components go away; `staged` is there already.
    """
    return max(0, (size or 0) * (2 if components > 1 else 1) - staged)


def needed(reserve: int, wanted: int, promised: int, *, was_full: bool) -> int:
    """What must be free before a download that writes `wanted` may begin.

    `promised`: what running downloads on the same disk still write. `was_full`: the disk was too full at
    the last look, so that a few freed bytes do not start what would stop again at once.
    """
    return reserve + promised + max(wanted, reserve // SLACK_SHARE if was_full else 0)

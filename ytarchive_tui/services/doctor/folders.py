"""The folders: there, ours, private, writable, with room, and on a file system that can be trusted."""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

from ytarchive_tui.db.snapshots import snapshots
from ytarchive_tui.services.doctor.commands import quoted
from ytarchive_tui.services.doctor.filesystem import (
    MOUNTS,
    REMOTE,
    file_system_kind,
    is_case_sensitive,
    takes_colons,
    write_trial,
)
from ytarchive_tui.services.doctor.report import Check, Topic, Verdict
from ytarchive_tui.settings.model import ArchiveSettings
from ytarchive_tui.settings.paths import STATE_VARIABLE, Paths

MIB = 1024**2
GIB = 1024**3


def folder_checks(archive: ArchiveSettings, paths: Paths, mounts: Path = MOUNTS) -> list[Check]:
    """Each folder in turn; a missing one counts as fine when it can be made."""
    return [
        *_folder("state folder", paths.state_dir, private=True, low=GIB, mounts=mounts),
        *_folder("cache folder", paths.cache_dir, private=True, low=200 * MIB, mounts=mounts),
        *_folder("log folder", paths.log_dir, private=True, low=200 * MIB, mounts=mounts),
        *_folder("archive", archive.root, private=False, low=10 * GIB, mounts=mounts),
        database_check(paths, mounts),
        snapshot_check(paths),
        *_archive_names(archive.root, mounts),
    ]


def _check(name: str, status: Verdict, found: str, fix: str | None = None) -> Check:
    return Check(topic=Topic.FOLDERS, name=name, status=status, found=found, fix=fix)


def nearest_existing(path: Path) -> Path:
    """The path, or the closest parent that exists."""
    return next(place for place in (path, *path.parents) if os.path.exists(place))


def _folder(name: str, folder: Path, *, private: bool, low: int, mounts: Path) -> list[Check]:
    place = nearest_existing(folder)
    if not place.is_dir():
        found = f"{folder}: {place} is a file"
        return [_check(name, Verdict.FAIL, found, f"move {quoted(place)} away, or name another folder")]
    try:
        write_trial(place)
    except OSError as error:
        found = f"{folder}: can't write in {place}: {error.strerror}"
        return [_check(name, Verdict.FAIL, found, _make_writable(folder, place))]
    checks = [_check(name, Verdict.OK, f"{folder}{'' if place == folder else ', will be made'}")]
    if place == folder and private:
        checks = [_private(name, folder)]
    return [*checks, _space(name, place, low, mounts)]


def _make_writable(folder: Path, place: Path) -> str:
    if os.access(place, os.W_OK):
        return "see the reason above: the disk may be full, read-only or broken"
    # Never the parent: it may be a system folder, or someone else's.
    command = f"sudo mkdir -p {quoted(folder)} && sudo chown {os.geteuid()} {quoted(folder)}"
    return f"name another folder, or: {command}"


def _private(name: str, folder: Path) -> Check:
    status = folder.stat()
    bits = status.st_mode & 0o777
    found = f"{folder}, mode {bits:04o}"
    if status.st_uid != os.geteuid():
        fix = f"sudo chown -R {os.geteuid()} {quoted(folder)}"
        return _check(name, Verdict.WARN, f"{found}, belongs to user {status.st_uid}", fix)
    if bits & 0o077:
        found += ": other users may look into it"
        return _check(name, Verdict.WARN, found, f"chmod 700 {quoted(folder)}")
    return _check(name, Verdict.OK, found)


def _space(name: str, place: Path, low: int, mounts: Path) -> Check:
    free = shutil.disk_usage(place).free
    found = f"{_size(free)} free on {file_system_kind(place, mounts) or 'an unknown file system'}"
    label = f"{name}: space"
    if free < 100 * MIB:
        return _check(label, Verdict.FAIL, found, "free some space, or name a folder on another disk")
    if free < low:
        return _check(label, Verdict.WARN, f"{found}, which is little", "free some space soon")
    return _check(label, Verdict.OK, found)


def _size(count: int) -> str:
    return f"{count / GIB:.1f} GiB" if count >= GIB else f"{count / MIB:.0f} MiB"


def database_check(paths: Paths, mounts: Path = MOUNTS) -> Check:
    """Whether the database lies on a local file system; on a network one SQLite's locks do not hold.

    (sqlite.org/wal.html: WAL «does not work over a network filesystem».)
    """
    kind = file_system_kind(nearest_existing(paths.state_dir), mounts)
    if kind in REMOTE:
        return _check(
            "database",
            Verdict.FAIL,
            f"{paths.database} would lie on {kind}, where SQLite's locks can't be trusted",
            f"name a folder on a local disk: export {STATE_VARIABLE}=/path/on/a/local/disk",
        )
    if kind is None:
        return _check("database", Verdict.OK, f"{paths.database}; the file system's kind can't be told here")
    return _check("database", Verdict.OK, f"{paths.database}, on {kind}")


def snapshot_check(paths: Paths) -> Check:
    """How many copies of the database there are to go back to, and how old the newest is."""
    kept = snapshots(paths.database)
    if not kept:
        return _check("snapshots", Verdict.OK, "none yet; one is taken each day while the program runs")
    hours = max(0.0, time.time() - kept[0].stat().st_mtime) / 3600
    return _check("snapshots", Verdict.OK, f"{len(kept)} of the database, the newest {hours:.0f} h old")


def _archive_names(root: Path, mounts: Path) -> list[Check]:
    """What names the archive's file system takes; asks nothing of one that can't be written."""
    place = nearest_existing(root)
    kind = file_system_kind(place, mounts)
    checks = []
    if kind in REMOTE:
        checks.append(
            _check(
                "archive: network",
                Verdict.WARN,
                f"on {kind}: slower, and a rename or a flush may be less certain than on a local disk",
                "keep it there if you must; run a verification after a network fault",
            )
        )
    try:
        longest = os.pathconf(place, "PC_NAME_MAX")
        case = "case counts" if is_case_sensitive(place) else "case does not count"
    except OSError:
        return checks
    found = f"{case}, up to {longest} bytes, {'any sign but /' if takes_colons(place) else 'Windows rules'}"
    if longest < 200:
        fix = "encrypted folders shorten names: choose a folder outside of them"
        return [*checks, _check("archive: names", Verdict.WARN, found, fix)]
    return [*checks, _check("archive: names", Verdict.OK, found)]

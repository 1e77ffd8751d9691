"""What the doctor finds, and what it says to do."""

from __future__ import annotations

import json
import os
import ssl
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import trustme

from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.doctor import Check, Report, commands, folders, render, run_checks
from ytarchive_tui.services.doctor.filesystem import file_system_kind, is_case_sensitive, write_trial
from ytarchive_tui.services.doctor.machine import clock_check
from ytarchive_tui.services.doctor.network import network_checks
from ytarchive_tui.services.doctor.program import age_check, sqlite_check
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import Tool, Tools

GOOD = Tools(
    ffmpeg=Tool(name="ffmpeg", path=Path("/usr/bin/ffmpeg"), version="7.1", origin="system"),
    ffprobe=Tool(name="ffprobe", path=Path("/usr/bin/ffprobe"), version="7.1", origin="system"),
    js_runtime=Tool(name="deno", path=Path("/usr/bin/deno"), version="2.9.8", origin="package"),
)


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[Paths]:
    """Private folders, made."""
    paths = Paths.private(tmp_path / "own")
    paths.make()
    yield paths
    leftovers = [path for path in tmp_path.rglob("*") if "doctor" in path.name]
    assert leftovers == []


def settings(archive: Path, **groups: dict[str, object]) -> Settings:
    """Settings with this archive."""
    return Settings.model_validate({"archive": {"root": archive}, **groups})


def by_name(report: Report) -> dict[str, Check]:
    """The checks by their names."""
    return {check.name: check for check in report.checks}


async def test_a_sound_system_is_usable(paths: Paths, tmp_path: Path) -> None:
    report = await run_checks(settings(tmp_path / "archive"), paths, GOOD)
    assert [check for check in report.checks if check.status == "fail"] == []
    assert report.exit_code == 0
    checks = by_name(report)
    assert checks["state folder"].found == f"{paths.state_dir}, mode 0700"
    assert checks["archive"].found.endswith(", will be made")
    assert not (tmp_path / "archive").exists()
    assert checks["JavaScript"].found == "deno 2.9.8, /usr/bin/deno (package)"
    assert "days old" in checks["yt-dlp"].found
    assert Report.model_validate(json.loads(report.model_dump_json())) == report


async def test_missing_tools_end_with_3_and_the_command(paths: Paths, tmp_path: Path) -> None:
    lacking = GOOD.model_copy(
        update={
            "ffprobe": Tool(name="ffprobe", problem="not found"),
            "js_runtime": Tool(name="node", problem="too old", path=Path("/n"), origin="setting"),
        }
    )
    report = await run_checks(settings(tmp_path), paths, lacking)
    checks = by_name(report)
    assert report.exit_code == 3
    assert checks["ffprobe"].status == "fail"
    assert checks["ffprobe"].fix and "[tools]" in checks["ffprobe"].fix
    assert checks["JavaScript"].status == "warn"
    assert checks["JavaScript"].fix and "tools.js_runtime" in checks["JavaScript"].fix


async def test_bad_settings_are_told_line_by_line(paths: Paths, tmp_path: Path) -> None:
    report = await run_checks(settings(tmp_path), paths, GOOD, settings_problem="one\ntwo")
    assert [check.found for check in report.checks if check.name == "settings"] == ["one", "two"]
    assert report.exit_code == 1


async def test_a_database_on_a_network_is_refused_and_an_archive_there_noted(
    paths: Paths, tmp_path: Path
) -> None:
    mounts = tmp_path / "mounts"
    share = str(tmp_path).replace(" ", "\\040")
    mounts.write_text(
        "27 1 254:0 / / rw,relatime - ext4 /dev/vda rw\n"
        f"40 27 0:50 / {share} rw,relatime shared:1 - nfs4 server:/x rw\n"
    )
    report = await run_checks(settings(tmp_path), paths, GOOD, mounts=mounts)
    checks = by_name(report)
    assert checks["database"].status == "fail"
    assert "nfs4" in checks["database"].found
    assert checks["database"].fix and "YTARCHIVE_STATE_DIR=" in checks["database"].fix
    assert checks["archive: network"].status == "warn"
    assert report.exit_code == 1


def test_the_innermost_and_latest_mount_counts(tmp_path: Path) -> None:
    inner = tmp_path / "a b" / "deep"
    inner.mkdir(parents=True)
    mounts = tmp_path / "mounts"
    escaped = str(tmp_path / "a b").replace(" ", "\\040")
    mounts.write_text(
        f"1 0 0:1 / {escaped} rw - ext4 x rw\n"
        f"2 0 0:2 / {escaped} rw - fuse.sshfs x rw\n"
        "3 0 0:3 / / rw - xfs x rw\n"
        f"4 0 0:4 / {tmp_path}/a rw - tmpfs x rw\n"
        "nonsense\n"
    )
    assert file_system_kind(inner, mounts) == "fuse.sshfs"
    assert file_system_kind(tmp_path, mounts) == "xfs"
    assert file_system_kind(tmp_path, tmp_path / "none") is None


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_this_machines_file_system_is_known(tmp_path: Path) -> None:
    assert file_system_kind(Path("/proc")) == "proc"
    assert file_system_kind(tmp_path)


async def test_open_folders_are_told(paths: Paths, tmp_path: Path) -> None:
    paths.state_dir.chmod(0o755)
    check = by_name(await run_checks(settings(tmp_path), paths, GOOD))["state folder"]
    assert check.status == "warn"
    assert check.fix == f"chmod 700 {paths.state_dir}"


@pytest.mark.skipif(sys.platform != "linux", reason="needs /proc")
async def test_a_folder_that_can_not_be_written_fails(paths: Paths) -> None:
    report = await run_checks(settings(Path("/proc/archive")), paths, GOOD)
    check = by_name(report)["archive"]
    assert check.status == "fail"
    assert "can't write in /proc" in check.found
    assert check.fix
    assert report.exit_code == 1


async def test_the_fix_never_touches_a_parent_folder(
    paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(place: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(folders, "write_trial", refused)
    monkeypatch.setattr(folders.os, "access", lambda place, mode: False)
    archive = tmp_path / "new" / "archive"
    check = by_name(await run_checks(settings(archive), paths, GOOD))["archive"]
    assert check.found == f"{archive}: can't write in {tmp_path}: Permission denied"
    assert check.fix and check.fix.endswith(f"sudo mkdir -p {archive} && sudo chown {os.geteuid()} {archive}")


async def test_a_file_where_a_folder_should_be_fails(paths: Paths, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    check = by_name(await run_checks(settings(tmp_path / "file" / "archive"), paths, GOOD))["archive"]
    assert check.status == "fail"
    assert check.fix and f"move {tmp_path / 'file'} away" in check.fix


async def test_a_full_disk_is_told(paths: Paths, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = {"left": 50 * 1024**2}
    monkeypatch.setattr(folders.shutil, "disk_usage", lambda place: SimpleNamespace(free=free["left"]))
    check = by_name(await run_checks(settings(tmp_path), paths, GOOD))["archive: space"]
    assert (check.status, check.found.split(" on ")[0]) == ("fail", "50 MiB free")
    free["left"] = 3 * 1024**3
    check = by_name(await run_checks(settings(tmp_path), paths, GOOD))["archive: space"]
    assert (check.status, check.found.split(" on ")[0]) == ("warn", "3.0 GiB free")


def test_trials_leave_nothing_behind(tmp_path: Path) -> None:
    write_trial(tmp_path)
    assert is_case_sensitive(tmp_path) is not (tmp_path / "x").exists()
    assert os.listdir(tmp_path) == []


def test_the_age_of_ytdlp() -> None:
    assert age_check("2026.10.26", date(2026, 12, 25)).status == "ok"
    stale = age_check("2026.10.26.232828", date(2026, 12, 26))
    assert stale.status == "warn"
    assert "61 days old" in stale.found
    assert stale.fix and "--upgrade yt-dlp" in stale.fix
    assert age_check("nightly", date(2026, 12, 25)).status == "warn"


@pytest.mark.parametrize(
    ("linked", "status"),
    [
        ((3, 40, 1), "warn"),
        ((3, 44, 6), "ok"),
        ((3, 45, 9), "warn"),
        ((3, 50, 6), "warn"),
        ((3, 50, 7), "ok"),
        ((3, 51, 2), "warn"),
        ((3, 51, 3), "ok"),
        ((3, 53, 0), "ok"),
    ],
)
def test_sqlite_versions_with_the_wal_reset_bug(linked: tuple[int, int, int], status: str) -> None:
    assert sqlite_check(linked).status == status


def test_the_clock() -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    assert clock_check(now, 0.0, 0.1).status == "ok"
    assert clock_check(now, 0.0, None).status == "ok"
    assert clock_check(now.replace(year=1970), 0.0, 0.0).status == "fail"
    assert clock_check(now.replace(year=2099), 0.0, 0.0).status == "fail"
    assert clock_check(now, -3600.0, 0.0).status == "warn"
    assert "+90 s" in clock_check(now, 0.0, 90.0).found


def test_network_files_are_read_and_secrets_are_not_shown(tmp_path: Path) -> None:
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    cookies = tmp_path / "cookies.txt"
    cookies.write_text("# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t0\tSID\tS3CRET\n")
    cookies.chmod(0o644)
    keys = tmp_path / "keys"
    keys.write_text("S3CRET-2\n")
    keys.chmod(0o600)
    network = {"proxy": "http://bob:S3CRET@h:1", "ca_file": authority, "cookies_file": cookies}
    youtube = {"api_keys": ["S3CRET-1"], "api_key_file": keys}
    checks = network_checks(settings(tmp_path, network=network, youtube=youtube))
    assert [(check.name, check.status) for check in checks] == [
        ("proxy", "ok"),
        ("CA file", "ok"),
        ("cookies", "warn"),
        ("API keys", "ok"),
    ]
    assert checks[1].found == f"{authority}, 1 authorities"
    assert checks[2].fix == f"chmod 600 {cookies}"
    assert checks[3].found == "2 set"
    assert "S3CRET" not in "".join(map(repr, checks))


def test_network_files_that_are_no_use_fail(tmp_path: Path) -> None:
    junk = tmp_path / "junk"
    junk.write_text("S3CRET\tjunk\n")
    network = {"ca_file": junk, "cookies_file": junk}
    youtube = {"api_key_file": tmp_path / "none"}
    checks = network_checks(settings(tmp_path, network=network, youtube=youtube))
    assert [check.status for check in checks] == ["fail"] * 3
    assert all(check.fix for check in checks)
    assert "S3CRET" not in "".join(map(repr, checks))
    assert isinstance(ssl.SSLError(), OSError)


def test_commands_fit_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    release = {"ID": "mint", "ID_LIKE": "ubuntu debian"}
    monkeypatch.setattr(commands.sys, "platform", "linux")
    monkeypatch.setattr(commands.platform, "freedesktop_os_release", lambda: release)
    assert commands.install_ffmpeg().startswith("sudo apt install ffmpeg")
    release.update(ID="opensuse-leap", ID_LIKE="suse opensuse")
    assert commands.install_ffmpeg().startswith("sudo zypper install ffmpeg")
    release.update(ID="plan9", ID_LIKE="")
    assert commands.install_ffmpeg() == commands.install_packages(*commands.tools_extra())
    monkeypatch.setattr(commands.sys, "prefix", "/home/a/.local/share/pipx/venvs/ytarchive-tui")
    assert commands.install_packages("a>=1") == "pipx runpip ytarchive-tui install 'a>=1'"


@pytest.mark.parametrize(
    ("source", "extra"),
    [
        ({"url": "file:///home/a/my%20tui", "dir_info": {}}, ["/home/a/my tui[tools]"]),
        ({"url": "file:///a/tui", "dir_info": {"editable": True}}, ["-e", "/a/tui[tools]"]),
        ({"url": "file:///a/tui-1.whl", "archive_info": {}}, ["ytarchive-tui[tools] @ file:///a/tui-1.whl"]),
        (
            {"url": "https://example.org/tui", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
            ["ytarchive-tui[tools] @ git+https://example.org/tui"],
        ),
        (None, ["ytarchive-tui[tools]"]),
    ],
)
def test_the_extra_comes_from_where_the_program_came(
    monkeypatch: pytest.MonkeyPatch, source: dict[str, Any] | None, extra: list[str]
) -> None:
    class Installed:
        def read_text(self, name: str) -> str | None:
            assert name == "direct_url.json"
            return None if source is None else json.dumps(source)

    monkeypatch.setattr(commands, "distribution", lambda name: Installed())
    assert commands.tools_extra() == extra


def test_the_extra_of_a_program_that_is_not_installed_comes_from_its_folder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> None:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(commands, "distribution", missing)
    (extra,) = commands.tools_extra()
    assert (Path(extra.removesuffix("[tools]")) / "ytarchive_tui" / "cli.py").is_file()


def test_rendering_is_plain_and_carries_each_fix() -> None:
    report = Report(
        checks=(
            Check(topic="tools", name="ffmpeg", status="fail", found="no\x1b[31mne\n", fix="install it"),
            Check(topic="machine", name="clock", status="ok", found="right"),
        )
    )
    assert render(report) == [
        "Tools",
        "  fail  ffmpeg  none ",
        "                fix: install it",
        "",
        "Machine",
        "  ok    clock   right",
        "",
        "1 ok, 0 to note, 1 to mend",
    ]
    assert all(plain(line) == line for line in render(report))

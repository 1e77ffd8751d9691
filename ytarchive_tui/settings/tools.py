"""The outside programs: where they are, whether they run, and in which version."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal

from ytarchive_tui.domain.models import Frozen
from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.model import ToolSettings
from ytarchive_tui.settings.packages import packaged_deno, packaged_ffmpeg, packaged_ffprobe

Origin = Literal["setting", "system", "package"]

_START_S = 15.0
_VERSION = {
    "ffmpeg": re.compile(r"^ffmpeg version (\S+)"),
    "ffprobe": re.compile(r"^ffprobe version (\S+)"),
    "deno": re.compile(r"^deno (\d\S*)"),
    "node": re.compile(r"^v(\d\S*)"),
}
_LEAST = {"deno": (2, 3, 0), "node": (22, 0, 0)}
"""What yt-dlp 2026.10.26 supports (its utils/_jsruntime.py)."""


class Tool(Frozen):
    """One outside program, as found."""

    name: str
    """`ffmpeg`, `ffprobe`, `deno` or `node`."""
    path: Path | None = None
    """None when it was found nowhere."""
    version: str | None = None
    """As the program tells it; None when it did not run."""
    origin: Origin | None = None
    problem: str | None = None
    """Why it can't be used, in one sentence; None when it can."""

    @property
    def usable(self) -> bool:
        """True when the program is there, runs, and is new enough."""
        return self.problem is None


class Tools(Frozen):
    """The programs that downloads need."""

    ffmpeg: Tool
    ffprobe: Tool
    js_runtime: Tool

    def all(self) -> tuple[Tool, ...]:
        """The three of them."""
        return self.ffmpeg, self.ffprobe, self.js_runtime


Candidate = tuple[str, Origin, Callable[[], Path | None]]
"""Name of the program, where it would come from, and how to find its path."""


def find_tools(settings: ToolSettings, env: Mapping[str, str], cache_dir: Path) -> Tools:
    """Find each program: the one the settings name and no other, else the system's, else a package's.

    Each candidate is started to learn its version (0.1 to 0.5 s in all): call it off the event loop.
    """
    search = env.get("PATH", os.defpath)

    def system(name: str) -> Candidate:
        def find() -> Path | None:
            found = shutil.which(name, path=search)
            return Path(found).absolute() if found else None

        return name, "system", find

    ffmpeg: list[Candidate] = [system("ffmpeg"), ("ffmpeg", "package", packaged_ffmpeg)]
    ffprobe: list[Candidate] = [
        system("ffprobe"),
        ("ffprobe", "package", lambda: packaged_ffprobe(cache_dir)),
    ]
    runtime: list[Candidate] = [system("deno"), system("node"), ("deno", "package", packaged_deno)]
    chosen = settings.js_runtime
    if settings.ffmpeg is not None:
        ffmpeg = [_named("ffmpeg", settings.ffmpeg)]
    if settings.ffprobe is not None:
        ffprobe = [_named("ffprobe", settings.ffprobe)]
    if chosen is not None:
        runtime = [_named("node" if "node" in chosen.name else "deno", chosen)]
    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(_first_usable, (ffmpeg, ffprobe, runtime)))
    return Tools(ffmpeg=found[0], ffprobe=found[1], js_runtime=found[2])


def _named(name: str, path: Path) -> Candidate:
    return name, "setting", lambda: path


def _first_usable(candidates: Iterable[Candidate]) -> Tool:
    """The first candidate that can be used, else the first that was found at all."""
    refused: list[Tool] = []
    name = ""
    for candidate, origin, find in candidates:
        name = name or candidate
        try:
            path = find()
        except OSError as error:
            refused.append(Tool(name=candidate, origin=origin, problem=f"can't be made ready: {error}"))
            continue
        if path is None:
            continue
        tool = _tried(candidate, origin, path)
        if tool.usable:
            return tool
        refused.append(tool)
    return refused[0] if refused else Tool(name=name, problem="not found")


def _tried(name: str, origin: Origin, path: Path) -> Tool:
    """Start the program once and read its version."""
    argument = "-version" if name.startswith("ff") else "--version"

    def refused(problem: str, version: str | None = None) -> Tool:
        return Tool(name=name, path=path, version=version, origin=origin, problem=problem)

    try:
        run = subprocess.run(
            [path, argument],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_START_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return refused(f"did not answer within {_START_S:g} s")
    except OSError as error:
        return refused(f"does not start: {error.strerror}")
    match = _VERSION[name].match(run.stdout.decode(errors="replace"))
    if run.returncode != 0 or match is None:
        says = (run.stderr or run.stdout).decode(errors="replace").strip()
        return refused(f"is not {name}, or is broken; it says: {plain(says, 100) or 'nothing'}")
    version = plain(match[1], 60)
    least = _LEAST.get(name, ())
    if least and _numbers(version) < least:
        needed = ".".join(map(str, least))
        return refused(f"{name} {version} is too old: yt-dlp needs {needed} or newer", version)
    return Tool(name=name, path=path, version=version, origin=origin)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version)[:3])

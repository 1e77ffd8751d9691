"""The commands that mend things, for the system at hand."""

from __future__ import annotations

import platform
import shlex
import shutil
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path

TOOLS_EXTRA = "ytarchive-tui[tools]"

_FFMPEG = {
    "debian": "sudo apt install ffmpeg",
    "fedora": "sudo dnf install ffmpeg-free",
    "arch": "sudo pacman -S ffmpeg",
    "alpine": "sudo apk add ffmpeg",
    "suse": "sudo zypper install ffmpeg",
    "darwin": "brew install ffmpeg",
}
_DENO = {
    "arch": "sudo pacman -S deno",
    "alpine": "sudo apk add deno",
    "darwin": "brew install deno",
}


def system_family() -> str:
    """`debian`, `fedora`, `arch`, `alpine`, `suse`, `darwin`, or an empty string for anything else."""
    if sys.platform == "darwin":
        return "darwin"
    try:
        release: Mapping[str, str] = platform.freedesktop_os_release()
    except OSError:
        return ""
    names = [release.get("ID", ""), *release.get("ID_LIKE", "").split()]
    for name in names:
        family = "suse" if "suse" in name else name
        if family in _FFMPEG:
            return family
    return ""


def install_ffmpeg() -> str:
    """How to get ffmpeg, which brings ffprobe."""
    command = _FFMPEG.get(system_family())
    package = install_packages(TOOLS_EXTRA)
    return f"{command}   (or, without administrator rights: {package})" if command else package


def install_deno() -> str:
    """How to get a JavaScript runtime that yt-dlp can use."""
    return _DENO.get(system_family()) or install_packages(TOOLS_EXTRA)


def install_packages(*requirements: str, upgrade: bool = False) -> str:
    """How to install Python packages into the environment that runs this program."""
    python = sys.executable
    prefix = Path(sys.prefix)
    if prefix.parent.name == "venvs" and prefix.parent.parent.name == "pipx":
        words = ["pipx", "runpip", prefix.name, "install"]
    elif find_spec("pip") is None and shutil.which("uv"):
        words = ["uv", "pip", "install", "--python", python]
    else:
        words = [python, "-m", "pip", "install"]
    return shlex.join([*words, *(["--upgrade"] if upgrade else []), *requirements])


def quoted(path: Path) -> str:
    """A path as one word of a shell command."""
    return shlex.quote(str(path))

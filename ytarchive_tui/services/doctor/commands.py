"""The commands that mend things, for the system at hand."""

from __future__ import annotations

import json
import platform
import shlex
import shutil
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import ytarchive_tui

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
    package = install_packages(*tools_extra())
    return f"{command}   (or, without administrator rights: {package})" if command else package


def install_deno() -> str:
    """How to get a JavaScript runtime that yt-dlp can use."""
    return _DENO.get(system_family()) or install_packages(*tools_extra())


def tools_extra() -> list[str]:
    """The extra `tools` as arguments of an installer: from where this program came, a checkout for one."""
    try:
        told = distribution("ytarchive-tui").read_text("direct_url.json")
    except PackageNotFoundError:
        return [f"{Path(ytarchive_tui.__file__).parent.parent}[tools]"]
    source: dict[str, Any] = json.loads(told) if told else {}
    match source:
        case {"url": str(url), "dir_info": dict(how)}:
            return [*(["-e"] if how.get("editable") else []), f"{unquote(urlsplit(url).path)}[tools]"]
        case {"url": str(url), "vcs_info": {"vcs": str(kind)}}:
            return [f"ytarchive-tui[tools] @ {kind}+{url}"]
        case {"url": str(url)}:
            return [f"ytarchive-tui[tools] @ {url}"]
    return ["ytarchive-tui[tools]"]


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

"""Stands in for yt-dlp in real children: tiny files at once, talkative, and now and then it goes wrong.

Every 50th video finds the site broken once, every 211th child is killed once in its download, and every 97th
leaves a process behind that outlives it unless its whole group is ended.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.errors import Evidence, StageError
from ytarchive_tui.domain.models import (
    FileRole,
    Format,
    ItemMetadata,
    ListedItem,
    ListPage,
    StagedDownload,
    StagedFile,
)
from ytarchive_tui.ytdlp.task import Emit

LINES = 5
LEFT_BEHIND = "86399.5"
"""Seconds that what was left behind would sleep; tells it from everybody else's."""


def _say(raw: dict[str, Any], task: str) -> None:
    for number in range(LINES):
        print(f"[{task}] line {number} of {raw['video_id']}: " + "x" * 60, file=sys.stderr)


def _metadata(raw: dict[str, Any]) -> ItemMetadata:
    return ItemMetadata(
        extractor="youtube",
        video_id=raw["video_id"],
        provider="ytdlp",
        title=f"Title of {raw['video_id']}",
        channel=f"Channel {int(raw['video_id'][-2:])}",
        channel_id=f"UC{raw['video_id']}",
        duration_s=2,
        offered=(FORMAT,),
        selected=(FORMAT,),
    )


FORMAT = Format(format_id="18", ext="mp4", height=48, vcodec="avc1.42001E", acodec="none")


def _first_time(raw: dict[str, Any], what: str) -> bool:
    try:
        (Path(raw["staging"]) / f"{what}.note").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def list_source(raw: dict[str, Any], emit: Emit) -> dict[str, Any]:
    """A playlist of as many videos as its id says, a hundred to a page."""
    length = int(raw["url"][-10:])
    for first in range(1, length + 1, 100):
        numbers = range(first, min(first + 100, length + 1))
        entries = tuple(
            ListedItem(
                extractor="youtube",
                video_id=f"soak-{number:06}",
                url=f"https://www.youtube.com/watch?v=soak-{number:06}",
                position=number,
            )
            for number in numbers
        )
        page = ListPage(title="A long list", entries=entries, told=length, ends=numbers[-1] == length)
        emit({"page": page.model_dump(mode="json")})
    return {"title": "A long list", "entries": length}


def resolve(raw: dict[str, Any], emit: Emit) -> dict[str, Any]:
    _say(raw, "resolve")
    return _metadata(raw).model_dump(mode="json")


def download(raw: dict[str, Any], emit: Emit) -> dict[str, Any]:
    _say(raw, "download")
    number, staging = int(raw["video_id"][-6:]), Path(raw["staging"])
    emit({"metadata": _metadata(raw).model_dump(mode="json")})
    if number % 97 == 0:
        subprocess.Popen(["sleep", LEFT_BEHIND], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    if number % 50 == 0 and _first_time(raw, "broken"):
        raise StageError(Evidence(message="HTTP Error 503", http_status=503, activity="media"))
    if number % 211 == 0 and _first_time(raw, "killed"):
        os.kill(os.getpid(), signal.SIGKILL)
    shutil.copyfile(raw["config"]["cache_folder"] + "/media.mp4", staging / "media.mp4")
    (staging / "media.info.json").write_text("{}")
    for done in range(4):
        emit({"progress": {"activity": "video", "done": done, "total": 4}})
    files = (
        StagedFile(name="media.mp4", role=FileRole.MEDIA),
        StagedFile(name="media.info.json", role=FileRole.INFO),
    )
    staged = StagedDownload(metadata=_metadata(raw), files=files, obtained=(FORMAT,))
    return staged.model_dump(mode="json")

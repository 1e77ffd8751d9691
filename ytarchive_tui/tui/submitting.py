"""From pasted text to submissions: what each line is, told as one types."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import lru_cache
from typing import NamedTuple

from ytarchive_tui.domain.addresses import BadAddress, Recognised, recognise
from ytarchive_tui.domain.models import JobOptions, SourceKind, Submission
from ytarchive_tui.settings.model import ArchiveSettings

KINDS = {
    SourceKind.VIDEO: "video", SourceKind.PLAYLIST: "playlist", SourceKind.CHANNEL: "channel",
    SourceKind.TAB: "channel tab",
}  # fmt: skip

_COMMENT = re.compile(r"(?:^|\s)#.*")
QUALITIES = ("best", "2160p", "1440p", "1080p", "720p", "480p", "360p", "audio")


class Line(NamedTuple):
    """One line of the text."""

    text: str
    found: Recognised | None
    problem: str | None
    repeated: bool = False
    """It means the same as an earlier line."""


def read(text: str) -> list[Line]:
    """Every line that is neither empty nor a comment, as in a batch file; never raises."""
    lines = []
    seen: set[str] = set()
    for raw in text.splitlines():
        line = _COMMENT.sub("", raw).strip()
        if not line:
            continue
        meant = _meant(line)
        if isinstance(meant, str):
            lines.append(Line(line, None, meant))
            continue
        lines.append(Line(line, meant, None, meant.address in seen))
        seen.add(meant.address)
    return lines


@lru_cache(maxsize=200_000)
def _meant(line: str) -> Recognised | str:
    """What a line means, or why it means nothing; remembered, because all are read again at every key."""
    try:
        return recognise(line)
    except BadAddress as bad:
        return bad.reason


def is_archived(line: Line, archived: Collection[tuple[str, str]]) -> bool:
    """Whether it is a video that lies in the archive."""
    return line.found is not None and (line.found.extractor, line.found.video_id) in archived


def job_options(settings: ArchiveSettings, quality: str) -> JobOptions:
    """The settings' profile at that quality."""
    return JobOptions(
        archive=settings.root,
        quality=quality,
        container=settings.container,
        subtitles=settings.subtitles,
        auto_captions=settings.auto_captions,
        thumbnail=settings.thumbnail,
        embed_chapters=settings.embed_chapters,
    )


def submissions(lines: Iterable[Line], settings: ArchiveSettings, quality: str) -> list[Submission]:
    """What is handed to the queue: each thing once, in the order of the text."""
    options = job_options(settings, quality)
    return [
        Submission(
            url=line.found.address,
            address=line.found.address,
            kind=line.found.kind,
            extractor=line.found.extractor,
            video_id=line.found.video_id,
            options=options,
        )
        for line in lines
        if line.found is not None and not line.repeated
    ]

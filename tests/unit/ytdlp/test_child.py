"""What children decide by themselves: answers that the sandbox's site never gives."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from yt_dlp.networking import Response
from yt_dlp.networking.exceptions import HTTPError, TransportError
from yt_dlp.utils import ExtractorError

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import FailureClass, StageError
from ytarchive_tui.domain.models import Format, JobOptions, SourceKind
from ytarchive_tui.ytdlp.child.download import withheld
from ytarchive_tui.ytdlp.child.evidence import evidence
from ytarchive_tui.ytdlp.child.extraction import extract
from ytarchive_tui.ytdlp.child.listing import list_source
from ytarchive_tui.ytdlp.child.session import keep_ready, session_for
from ytarchive_tui.ytdlp.child.sidecars import Sidecars
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.protocol import ItemRequest, ListRequest

LISTS = "https://www.youtube.com/playlist?list="


def site(answers: dict[str, dict[str, Any]]) -> Any:
    """A session to which extractors give fixed answers by address."""

    def extract_info(url: str, **how: Any) -> dict[str, Any]:
        return answers[url]

    messages = SimpleNamespace(warnings=[])
    return SimpleNamespace(extract_info=extract_info, params={}, withheld=[], messages=messages)


def test_what_was_said_of_one_item_is_not_held_against_another_job(tmp_path: Path) -> None:
    config = ExtractionConfig(cache_folder=tmp_path)
    first = session_for(config, 1)
    keep_ready(first)
    assert session_for(config, 2) is not first
    assert session_for(config, 1) is first


def test_what_was_refused_before_is_not_held_against_a_later_extraction(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = session_for(ExtractionConfig(cache_folder=tmp_path), 1)
    answer = Response(io.BytesIO(), "https://media", {"Retry-After": "3600"}, status=429)
    session.refusal = HTTPError(answer)

    def extract_info(*_: Any, **how: Any) -> None:
        raise ExtractorError("Video unavailable", expected=True)

    monkeypatch.setattr(session, "extract_info", extract_info)
    request = ItemRequest(
        job=1, url="https://www.youtube.com/watch?v=filmfilm-01", extractor="youtube",
        video_id="filmfilm-01", staging=tmp_path, options=JobOptions(archive=tmp_path),
        config=session.config,
    )  # fmt: skip
    with pytest.raises(ExtractorError) as caught:
        extract(session, request)
    assert evidence(caught.value, session).retry_after_s is None


def test_a_trailer_is_not_the_film(tmp_path: Path) -> None:
    film, trailer = "https://www.youtube.com/watch?v=filmfilm-01", "trailer-001"
    session = site(
        {
            film: {"_type": "url", "id": trailer, "url": trailer, "ie_key": "Youtube"},
            trailer: {"id": trailer, "formats": [{}], "availability": "public"},
        }
    )
    request = ItemRequest(
        job=1,
        url=film,
        extractor="youtube",
        video_id="filmfilm-01",
        staging=tmp_path,
        options=JobOptions(archive=tmp_path),
        config=ExtractionConfig(),
    )
    with pytest.raises(StageError) as caught:
        extract(session, request)
    assert classify(caught.value.evidence).failure_class is FailureClass.AUTH
    assert caught.value.evidence.activity == "extract"


def videos(numbers: Iterable[int]) -> list[dict[str, Any]]:
    return [
        {"id": f"video-{n:05}", "url": f"https://youtu.be/video-{n:05}", "ie_key": "Youtube"} for n in numbers
    ]


def listed(lists: dict[str, list[dict[str, Any]]], **more: Any) -> tuple[list[str], str | None]:
    """The ids that were emitted for the list `top`, and the complaint."""
    session = site(
        {LISTS + name: {"_type": "playlist", "title": name, "entries": iter(e)} for name, e in lists.items()}
    )
    got: list[str] = []

    def emit(event: dict[str, Any]) -> None:
        got.extend(entry["video_id"] for entry in event["page"]["entries"])

    request = ListRequest(
        job=1, url=f"{LISTS}top", kind=SourceKind.PLAYLIST, config=ExtractionConfig(), **more
    )
    try:
        list_source(session, request, emit)
    except StageError as error:
        assert error.evidence.exception == ("ListCut",)
        return got, error.evidence.message
    return got, None


def test_lists_that_overlap_are_all_listed() -> None:
    inner = {"a": videos(range(400)), "b": videos(range(400)), "c": videos(range(350, 410))}
    top = [{"id": name, "url": LISTS + name, "ie_key": "YoutubeTab"} for name in inner]
    got, complaint = listed({"top": top, **inner})
    assert got == [entry["id"] for entry in videos(range(410))] and complaint is None


def test_a_list_without_an_end_is_listed_and_complained_about() -> None:
    got, complaint = listed({"top": videos([*range(150)] * 3)})
    assert len(got) == 150 and "repeats itself" in (complaint or "")
    got, complaint = listed({"top": videos(range(151))}, most=150)
    assert len(got) == 150 and "cut after 150" in (complaint or "")
    assert listed({"top": videos(range(150))}, most=150)[1] is None


def test_an_old_videos_thumbnail_is_found_below_many_that_do_not_exist(tmp_path: Path) -> None:
    names = ("maxresdefault", "hq720", "sddefault", "hqdefault")
    urls = [f"https://i.ytimg.com/{name}.{ext}" for name in names for ext in ("webp", "jpg")]
    session: Any = SimpleNamespace(add_progress_hook=lambda hook: None)

    def urlopen(request: Any) -> Response:
        if "hqdefault.jpg" not in request.url:
            raise TransportError("HTTP Error 404")
        return Response(io.BytesIO(b"\xff\xd8\xff picture"), request.url, {})

    session.urlopen = urlopen
    sidecars = Sidecars(session, tmp_path)
    sidecars.thumbnail({"thumbnails": [{"url": url} for url in reversed(urls)]})
    assert [file.name for file in sidecars.files] == ["thumbnail.jpg"] and not sidecars.notes


@pytest.mark.parametrize(
    ("quality", "height", "noted"),
    [("best", 1080, True), ("1080p", 360, True), ("1080p", 1080, False), ("audio", None, False)],
)
def test_formats_that_may_be_withheld_are_noted(
    tmp_path: Path, quality: str, height: int | None, noted: bool
) -> None:
    obtained = [Format(format_id="1", ext="mp4", height=height)]
    options = JobOptions(archive=tmp_path, quality=quality)
    doubt = "n challenge solving failed: Some formats may be missing"
    assert withheld([doubt], options, obtained) == (doubt if noted else None)
    assert withheld([], options, obtained) is None

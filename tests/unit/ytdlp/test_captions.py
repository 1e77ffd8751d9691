"""Automatic captions: of the languages that the site can translate to only those that are wished for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ytarchive_tui.domain.models import EXTRACTED, FileRole, StagedDownload
from ytarchive_tui.sandbox.catalog.ids import natural_id
from ytarchive_tui.ytdlp.child.youtube import keep_translations

pytestmark = pytest.mark.asyncio(loop_scope="module")
Youtube = Any
FRENCH = {"subtitles": ("fr",), "auto_captions": True}


def video_id(number: int) -> str:
    """A video with speech and without French subtitles."""
    return natural_id(f"captions {number}", 11)


def offered(staging: Path) -> set[str]:
    told: dict[str, Any] = json.loads((staging / EXTRACTED).read_bytes())
    return set(told["info"]["automatic_captions"])


def subtitles(staged: StagedDownload) -> dict[str | None, bool]:
    return {file.language: file.auto for file in staged.files if file.role is FileRole.SUBTITLE}


async def test_only_what_was_said_is_offered_when_no_translation_is_wished_for(youtube: Youtube) -> None:
    staging = youtube.staging("captions-none")
    await youtube.resolve(youtube.job(video_id(1)), staging)
    assert offered(staging) == {"en", "en-orig"}


async def test_a_translation_that_is_wished_for_stands_in(youtube: Youtube) -> None:
    staging = youtube.staging("captions-french")
    staged = await youtube.download(youtube.job(video_id(2), **FRENCH), staging)
    assert offered(staging) == {"en", "en-orig", "fr"}
    assert subtitles(staged) == {"fr": True}
    assert len(youtube.requests("timedtext")) == 1


async def test_the_language_of_the_speech_is_always_kept() -> None:
    def answer(captions: Any) -> dict[str, Any]:
        return {"captions": {"playerCaptionsTracklistRenderer": captions}}

    names = [{"languageCode": code, "languageName": {}} for code in ("de", "en", "fr", "ja")]
    told = answer({"translationLanguages": [*names, None, "x", {"languageCode": 5}]})
    tracks = [{"kind": "asr", "languageCode": "en"}, {"languageCode": "de"}, {"kind": "asr"}, None]
    answers = [told, answer({"captionTracks": tracks}), answer(None), {}, answer({"translationLanguages": 7})]
    keep_translations(answers, frozenset({"ja"}))
    kept = told["captions"]["playerCaptionsTracklistRenderer"]["translationLanguages"]
    assert [name["languageCode"] for name in kept] == ["en", "ja"]


async def test_a_wish_that_comes_after_the_question_leads_to_another_one(youtube: Youtube) -> None:
    staging, job = youtube.staging("captions-late"), youtube.job(video_id(3))
    await youtube.resolve(job, staging)
    asked = len(youtube.requests("player"))
    later = job.model_copy(update={"options": job.options.model_copy(update=FRENCH)})
    assert subtitles(await youtube.download(later, staging)) == {"fr": True}
    assert len(youtube.requests("player")) == 2 * asked

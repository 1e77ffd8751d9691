"""YouTube's extractor, spared what costs much and is used by nobody here."""

from __future__ import annotations

import functools
import pickle
from typing import Any

import yt_dlp.extractor.youtube
from yt_dlp.extractor.youtube._base import INNERTUBE_CLIENTS
from yt_dlp.utils import NO_DEFAULT, ExtractorError, traverse_obj, try_get

# yt-dlp's classes are taken as untyped: type stubs for them exist, but lag behind its releases.
_yt_dlp: Any = yt_dlp
_YoutubeIE: Any = _yt_dlp.extractor.youtube.YoutubeIE

_CAPTIONS = (..., "captions", "playerCaptionsTracklistRenderer")


class Youtube(_YoutubeIE):  # type: ignore[misc]
    """YouTube's extractor, which goes on when it finds no formats: the start of a premiere comes later."""

    def raise_no_formats(self, msg: Any, expected: bool = False, video_id: str | None = None) -> None:
        """Keep the error for the session instead of raising it."""
        error: Any = msg
        if not isinstance(error, ExtractorError):
            error = ExtractorError(msg, expected=expected, video_id=video_id)
        self._downloader.withheld.append(error)

    def _extract_player_responses(self, *args: Any, **named: Any) -> Any:
        """As yt-dlp's; of the languages that captions can be translated into only those that are wished for.

        The site names some 150, and yt-dlp makes seven addresses for each of them and each track.
        """
        responses, player = super()._extract_player_responses(*args, **named)
        keep_translations(responses, self._downloader.captions_in)
        return responses, player

    def _ytcfg_get_safe(
        self, ytcfg: Any, getter: Any, expected_type: Any = None, default_client: str = "web"
    ) -> Any:
        """As yt-dlp's, which copies its whole table of a client for each value that it looks up."""
        told = try_get(ytcfg, getter, expected_type)
        return told or try_get(INNERTUBE_CLIENTS[default_client], getter, expected_type)

    def _get_default_ytcfg(self, client: str = "web") -> Any:
        """As yt-dlp's, which asks for a copy with each format: one by pickle costs a third."""
        return pickle.loads(_pickled(client))

    def _configuration_arg(self, key: str, default: Any = NO_DEFAULT, **named: Any) -> Any:
        """As yt-dlp's, which looks ninety times a video through parameters that most people leave empty."""
        if self._downloader.params.get("extractor_args"):
            return super()._configuration_arg(key, default, **named)
        return [] if default is NO_DEFAULT else default

    @property
    def _has_auth_cookies(self) -> bool:
        """As yt-dlp's, which works out the cookies of a request four times to learn it, with each format."""
        cookies = self._downloader.cookiejar
        return any(cookie.name == "LOGIN_INFO" for cookie in cookies) and bool(super()._has_auth_cookies)

    @classmethod
    def ie_key(cls) -> str:
        """The name under which yt-dlp knows it."""
        return "Youtube"


def keep_translations(responses: Any, languages: frozenset[str]) -> None:
    """Of the languages that the answers translate captions to keep only those, and that of the speech itself.

    By the latter yt-dlp knows the language of the sound.
    """
    spoken = ("captionTracks", lambda _, track: track["kind"] == "asr", "languageCode", {str})
    wanted = {*languages, *traverse_obj(responses, (*_CAPTIONS, *spoken))}
    for captions in traverse_obj(responses, (*_CAPTIONS, {dict})):
        if isinstance(names := captions.get("translationLanguages"), list):
            captions["translationLanguages"] = [
                name for name in names if try_get(name, lambda it: it["languageCode"], str) in wanted
            ]


@functools.cache
def _pickled(client: str) -> bytes:
    return pickle.dumps(INNERTUBE_CLIENTS[client])

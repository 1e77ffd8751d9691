"""Settings and job options as yt-dlp parameters: an allow-list of ours over yt-dlp's own defaults."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.models import Container, Frozen, JobOptions

MEDIA = "media"
"""Stem of the media file in staging; a title never becomes part of a path."""

FROM_USER_CONFIG = frozenset(
    (
        *("age_limit", "concurrent_fragment_downloads", "cookiefile", "cookiesfrombrowser", "extractor_args"),
        *("extractor_retries", "fragment_retries", "geo_verification_proxy", "http_chunk_size", "proxy"),
        *("http_headers", "impersonate", "ratelimit", "retries", "sleep_interval", "max_sleep_interval"),
        *("sleep_interval_requests", "sleep_interval_subtitles", "socket_timeout", "source_address"),
        *("throttledratelimit", "legacyserverconnect"),
    )
)
"""What a user's own yt-dlp.conf may set; none of it runs programs or names places to write to."""

_HEIGHT = re.compile(r"(\d{3,4})p")
_AS_IT_IS = "ba[acodec~='^(mp4a[.]40|opus|vorbis|flac|mp3)']"
"""Sound that becomes a file without being encoded again; Dolby's, though of more channels, does not."""
_SEVERAL = re.compile(r",|\b(?:all|mergeall)\b")


class ExtractionConfig(Frozen):
    """How children reach the site; the same for all jobs of a run."""

    proxy: str | None = None
    """None goes directly: proxies of the environment are not used."""
    ca_file: Path | None = None
    """Trusted instead of the built-in authorities."""
    cookies_file: Path | None = None
    cookies_browser: str | None = None
    """`name` or `name:profile` of a browser whose cookies are read instead."""
    socket_timeout_s: float = 20.0
    retries: int = 10
    limit_bps: int | None = None
    """Bytes a second, for each download."""
    ffmpeg: Path | None = None
    """The program; ffprobe is looked for beside it. None searches PATH."""
    js_runtimes: Mapping[str, Path | None] = {"deno": None}
    """Name → program, or None to search PATH."""
    sleep_requests_s: float = 0.0
    source_address: str | None = None
    cache_folder: Path | None = None
    use_ytdlp_config: bool = False


def connection_params(config: ExtractionConfig) -> dict[str, Any]:
    """The parameters that are the same for every job."""
    params: dict[str, Any] = {
        "proxy": config.proxy or "",
        "compat_opts": {"no-certifi"} if config.ca_file else set(),
        "cookiefile": str(config.cookies_file) if config.cookies_file else None,
        "cookiesfrombrowser": _browser(config.cookies_browser),
        "socket_timeout": config.socket_timeout_s,
        "retries": config.retries,
        "fragment_retries": config.retries,
        "ratelimit": config.limit_bps,
        "ffmpeg_location": str(config.ffmpeg) if config.ffmpeg else None,
        "js_runtimes": {
            name: {"path": str(path) if path else None} for name, path in config.js_runtimes.items()
        },
        "sleep_interval_requests": config.sleep_requests_s,
        "source_address": config.source_address,
        "cachedir": str(config.cache_folder) if config.cache_folder else False,
    }
    if config.use_ytdlp_config:
        untouched = connection_params(ExtractionConfig())
        params = {name: value for name, value in params.items() if value != untouched[name]}
    return params


def _browser(text: str | None) -> tuple[str, str | None, None, None] | None:
    """Browser, profile, keyring, container, as yt-dlp takes them."""
    if text is None:
        return None
    name, _, profile = text.partition(":")
    return name, profile or None, None, None


FIXED: Mapping[str, Any] = {
    "quiet": True,
    "noprogress": True,
    "color": "never",
    "warn_when_outdated": False,
    "noplaylist": True,
    "playlistend": None,
    "ignoreerrors": False,
    "continuedl": True,
    # Also for a file that an earlier attempt completed and a kill left unfixed.
    "fixup": "force",
    # yt-dlp's own blocks grow to a second's worth, all of which a kill loses.
    "buffersize": 128 * 1024,
    "noresizebuffer": True,
    "overwrites": None,
    "updatetime": False,
    "skip_unavailable_fragments": False,
    "allow_unplayable_formats": False,
    "enable_file_urls": False,
    "nocheckcertificate": False,
    "external_downloader": None,
    "hls_prefer_native": True,
    "writesubtitles": False,
    "writethumbnail": False,
    "writeinfojson": False,
    "postprocessors": [],
}
"""What neither settings nor a user's yt-dlp.conf can change."""


def base_params(
    defaults: Mapping[str, Any], config: ExtractionConfig, user: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Parameters without a job: yt-dlp's CLI defaults, the user's own, the settings, and what is fixed.

    `defaults` and `user` are parsed by yt-dlp: bare, its API would not even retry.
    """
    wanted = {name: user[name] for name in FROM_USER_CONFIG if name in user} if user else {}
    return {**defaults, **wanted, **connection_params(config), **FIXED}


def overridden(defaults: Mapping[str, Any], user: Mapping[str, Any]) -> tuple[str, ...]:
    """Names of the parameters in a user's yt-dlp.conf that have no effect here, sorted."""
    return tuple(
        sorted(
            name
            for name, value in user.items()
            if value != defaults.get(name) and name not in FROM_USER_CONFIG
        )
    )


def job_params(options: JobOptions, staging: Path) -> dict[str, Any]:
    """The parameters of one job, to be laid over the base."""
    return {
        "format": format_selector(options.quality),
        "format_sort": format_sort(options.quality, options.container),
        "merge_output_format": options.container.value,
        "outtmpl": {"default": f"{MEDIA}.%(ext)s"},
        "skip_unavailable_fragments": options.accept_flaws,
        "paths": {"home": str(staging)},
    }


def captions_in(options: JobOptions) -> frozenset[str]:
    """Languages in which automatic captions may stand in, as the site names them."""
    return frozenset(wish.removesuffix(".*") for wish in options.subtitles if options.auto_captions)


def list_params(params: Mapping[str, Any]) -> dict[str, Any]:
    """What a listing changes: a list that the site cuts off is an error, not a shorter list.

    The user's own extractor arguments stay. yt-dlp looks the key up under `youtube` for lists as well.
    """
    given = params.get("extractor_args") or {}
    return {
        "extractor_args": {**given, "youtube": {**given.get("youtube", {}), "raise_incomplete_data": [""]}}
    }


def is_named(quality: str) -> bool:
    """Whether it is a quality by a name of ours, not a format string."""
    return quality in ("audio", "best") or _HEIGHT.fullmatch(quality) is not None


def format_selector(quality: str) -> str:
    """yt-dlp's format string for a quality."""
    if not is_named(quality):
        return quality
    return f"{_AS_IT_IS}/ba/b" if quality == "audio" else "bv*+ba/b"


def format_sort(quality: str, container: Container) -> list[str]:
    """The order in which formats are preferred.

    `res:N` takes the best that is not above N, and the smallest above when all are. It is the smaller
    side of the picture, so that an upright 1080p is a 1080p. In mp4, codecs that every player knows
    decide between formats of the same height, rate and range.
    """
    height = _HEIGHT.fullmatch(quality)
    order = ["lang", f"res:{height[1]}" if height else "res", "fps", "hdr:12", "quality"]
    if container is Container.MP4:
        order += ["vcodec:h264", "channels", "acodec:aac"]
    return order


def postprocessors(options: JobOptions, *, has_chapters: bool) -> list[dict[str, Any]]:
    """The steps after the download, as yt-dlp's definitions; none encodes anything again."""
    steps: list[dict[str, Any]] = []
    if options.quality == "audio":
        steps.append({"key": "FFmpegExtractAudio", "preferredcodec": "best", "nopostoverwrites": False})
    elif is_named(options.quality):
        steps.append({"key": "FFmpegVideoRemuxer", "preferedformat": options.container.value})
    if options.embed_chapters and has_chapters:
        steps.append(
            {"key": "FFmpegMetadata", "add_chapters": True, "add_metadata": False, "add_infojson": False}
        )
    return steps


def complaint(quality: str) -> str | None:
    """Why a format string can't be used here, apart from its syntax; None when it can."""
    if _SEVERAL.search(re.sub(r"\[[^\]]*\]", "", format_selector(quality))):
        return "the format string asks for several downloads; an item has one media file"
    return None

"""Every setting, with its kind, its default and its bounds; docs/configuration.md lists them."""

from __future__ import annotations

import os
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlsplit

from pydantic import BeforeValidator, Field, SecretStr, field_validator

from ytarchive_tui.domain.models import Container, Frozen, JobOptions
from ytarchive_tui.domain.policy import RetryRules
from ytarchive_tui.settings.bandwidth import BandwidthSettings
from ytarchive_tui.settings.strategies import StrategySettings
from ytarchive_tui.settings.values import (
    ArchivePath,
    FilePath,
    HttpUrl,
    IpAddress,
    Languages,
    Proxy,
    Quality,
    Size,
    split_list,
)

MIB = 1024**2


class FileMode(StrEnum):
    """Who may read what enters the archive."""

    PRIVATE = "private"
    SHARED = "shared"


class Verify(StrEnum):
    """How closely a finished download is looked at before it enters the archive."""

    QUICK = "quick"
    """Streams, durations and the file's end, without decoding."""
    DECODE = "decode"
    """Every frame is decoded as well; costs the time of a fast playback."""


class ChildMode(StrEnum):
    """How the processes in which yt-dlp runs come to be."""

    AUTO = "auto"
    """`zygote` where the system can fork safely, else `pool`."""
    ZYGOTE = "zygote"
    """A fresh child for each job, forked from one warm process."""
    POOL = "pool"
    """A few children that live on from job to job."""


class LogLevel(StrEnum):
    """The least severe kind of entry that is written to the log."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def default_archive_root() -> Path:
    """`ytarchive` in the user's folder for videos."""
    from platformdirs import user_videos_path

    return user_videos_path() / "ytarchive"


def default_downloads() -> int:
    """3 parallel downloads, 2 where this process may use at most two processors.

    More would be faster here and there, but a guest's request budget at YouTube is small: what is
    won in an evening is lost to a ban the next day.
    """
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 if usable <= 2 else 3


class ArchiveSettings(Frozen):
    """What is kept of a video, and where."""

    root: ArchivePath = Field(default_factory=default_archive_root, validate_default=True)
    """The archive's folder."""
    quality: Quality = "best"
    """`best`, `2160p` … `144p`, `audio`, or a yt-dlp format string."""
    container: Container = Container.MP4
    """The file kind into which video and audio are merged."""
    subtitles: Languages = ()
    """Language codes, exact (`en`) or with all their variants (`en.*`); empty for none."""
    auto_captions: bool = False
    """Whether automatic captions stand in for a language that has no subtitles."""
    thumbnail: bool = True
    """Whether the thumbnail is kept beside the video."""
    embed_chapters: bool = True
    """Whether chapters are written into the video file."""
    file_mode: FileMode = FileMode.PRIVATE
    """`private` (0600, folders 0700) or `shared` (0644, folders 0755)."""
    verify: Verify = Verify.QUICK
    """`quick` reads the streams' tables and ends, `decode` decodes every frame as well."""
    keep_free: Annotated[Size, Field(ge=0)] | None = None
    """Room that downloads leave on the archive's disk, such as `5G`; not set: 2 % of it, at most 1G."""

    def options(self) -> JobOptions:
        """How an item is archived of which nothing else is said."""
        return JobOptions(
            archive=self.root,
            quality=self.quality,
            container=self.container,
            subtitles=self.subtitles,
            auto_captions=self.auto_captions,
            thumbnail=self.thumbnail,
            embed_chapters=self.embed_chapters,
        )


class NetworkSettings(Frozen):
    """How the network is reached."""

    proxy: Proxy | None = None
    """`http://`, `https://` or `socks5://` address; may hold a user and a password."""
    ca_file: FilePath | None = None
    """PEM file with the certificate authorities to trust instead of the built-in ones."""
    socket_timeout_s: float = Field(default=20, gt=0, le=600)
    """Seconds without a byte after which a connection counts as broken."""
    source_address: IpAddress | None = None
    """Address of this machine to connect from."""
    limit_bytes_per_s: Annotated[Size, Field(ge=1024)] | None = None
    """Upper bound of each download's speed, such as `2M`."""
    cookies_file: FilePath | None = None
    """Cookies in Netscape format; keep it at mode 0600."""
    sleep_requests_s: float = Field(default=0, ge=0, le=3600)
    """Pause between requests for metadata."""


class YoutubeSettings(Frozen):
    """Access to the YouTube Data API; without a key yt-dlp tells the metadata."""

    api_keys: Annotated[tuple[SecretStr, ...], BeforeValidator(split_list)] = ()
    """Keys, used in turn as their daily quota runs out."""
    api_key_file: FilePath | None = None
    """File with one more key on each line; keep it at mode 0600."""
    api_endpoint: HttpUrl | None = None
    """Address of the API, if not Google's own."""
    daily_quota: int = Field(default=10_000, ge=0)
    """Units that Google grants each key a day."""
    quota_reserve: int = Field(default=500, ge=0)
    """Of these, units that only what you ask for yourself may spend."""
    cache_mb: int = Field(default=64, ge=1, le=10_000)
    """MiB of metadata to keep for the next time it is asked for."""


class EngineSettings(Frozen):
    """How much is done at a time, and in which processes."""

    downloads: int = Field(default_factory=default_downloads, ge=1, le=32)
    """Parallel downloads."""
    metadata_workers: int = Field(default=2, ge=1, le=32)
    """Parallel look-ups of metadata."""
    lookahead: int = Field(default=4, ge=1, le=1000)
    """Items whose metadata is fetched ahead of the downloads; media addresses go stale after hours."""
    child_memory: Annotated[Size, Field(ge=256 * MIB)] = 1024 * MIB
    """Memory that one yt-dlp process may take, such as `1G`; at least 256M."""
    child_mode: ChildMode = ChildMode.AUTO
    """`auto`, `zygote` or `pool`."""
    lease_s: float = Field(default=60, ge=5, le=3600)
    """Seconds after which a job is taken from a worker that gives no sign of life."""
    drain_s: float = Field(default=8, ge=0, le=600)
    """Seconds that running work gets to stop in good order when the program ends."""
    use_ytdlp_config: bool = False
    """Whether your own yt-dlp.conf is read; what the program needs is overridden, and shown."""


class RetrySettings(RetryRules):
    """Delays in seconds before each further try, by kind of failure; the last one may repeat."""

    patience_s: float = Field(default=900, ge=0)
    """How long `--batch` waits for a job's next try before it ends without it."""

    @field_validator(
        *("network_s", "throttled_s", "expired_s", "incomplete_s", "sidecars_s", "withheld_s", "local_s"),
        "unknown_s",
        mode="before",
    )
    @classmethod
    def _list_from_text_or_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, int | float) else split_list(value)

    @field_validator("*")
    @classmethod
    def _usable(cls, value: float | tuple[float, ...]) -> float | tuple[float, ...]:
        delays = value if isinstance(value, tuple) else (value,)
        if not delays or not all(0 <= delay < float("inf") for delay in delays):
            raise ValueError("should be seconds, 0 or more; a list needs at least one")
        return value


class SiteSettings(Frozen):
    """How much is asked of the site, and how long it is left alone when it has refused."""

    requests_per_hour: int | None = Field(default=None, ge=30, le=10_000_000)
    """The most that all workers together ask in an hour; not set: 1000 for a guest, 4000 with cookies."""
    slowest_per_hour: int = Field(default=30, ge=1, le=10_000_000)
    """The least, however often the site refuses."""
    cooldown_s: tuple[float, ...] = (60, 900, 1800, 3600, 7200, 14400, 21600)
    """Seconds from a refusal to the one job that tries whether it is over; the last one repeats."""
    window_s: float = Field(default=60, ge=1, le=3600)
    """Over how many seconds the pace is measured that a refusal halves."""
    offline_s: tuple[float, ...] = (2, 5, 10, 30)
    """Seconds between looks whether the network is back; the last one repeats."""

    @field_validator("cooldown_s", "offline_s", mode="before")
    @classmethod
    def _list_from_text_or_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, int | float) else split_list(value)

    @field_validator("cooldown_s", "offline_s")
    @classmethod
    def _usable(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or not all(0.1 <= delay <= 604_800 for delay in value):
            raise ValueError("should be at least one number of seconds, each from 0.1 to a week")
        return value


class LogSettings(Frozen):
    """What is logged, and how much of it is kept."""

    level: LogLevel = LogLevel.INFO
    """`debug`, `info`, `warning` or `error`."""
    keep_mb: int = Field(default=50, ge=1, le=100_000)
    """MiB of log files to keep; the oldest go first."""


class ScreenSettings(Frozen):
    """How the full-screen program looks, and which keys it hears."""

    theme: str = "archive"
    """`archive`, `high-contrast`, `ansi-dark`, `ansi-light` or another of Textual's themes."""
    ascii: bool = False
    """Whether bars, glyphs and rules are drawn with ASCII characters alone."""
    thumbnails: bool = True
    """Whether details show an archived item's thumbnail, where the terminal has at least 256 colours."""
    keys: dict[str, str] = Field(default_factory=dict)
    """Keys by an action's name, such as `"queue.pause" = "p,space"`; an empty text takes the key away."""


class ToolSettings(Frozen):
    """Outside programs; one that is not named is looked for on the system, then in packages."""

    ffmpeg: FilePath | None = None
    """Path of ffmpeg."""
    ffprobe: FilePath | None = None
    """Path of ffprobe."""
    js_runtime: FilePath | None = None
    """Path of deno or node."""


class Settings(Frozen):
    """All settings, in groups."""

    archive: ArchiveSettings = Field(default_factory=ArchiveSettings)
    network: NetworkSettings = Field(default_factory=NetworkSettings)
    bandwidth: BandwidthSettings = Field(default_factory=BandwidthSettings)
    youtube: YoutubeSettings = Field(default_factory=YoutubeSettings)
    engine: EngineSettings = Field(default_factory=EngineSettings)
    retry: RetrySettings = Field(default_factory=RetrySettings)
    strategy: StrategySettings = Field(default_factory=StrategySettings)
    site: SiteSettings = Field(default_factory=SiteSettings)
    log: LogSettings = Field(default_factory=LogSettings)
    screen: ScreenSettings = Field(default_factory=ScreenSettings)
    tools: ToolSettings = Field(default_factory=ToolSettings)

    def secrets(self) -> tuple[str, ...]:
        """What must never be shown or logged: the API keys and the proxy's password."""
        keys = [key.get_secret_value() for key in self.youtube.api_keys]
        password = urlsplit(self.network.proxy or "").password
        return (*keys, *({password, unquote(password)} if password else ()))


GROUPS: dict[str, type[Frozen]] = {
    "archive": ArchiveSettings,
    "network": NetworkSettings,
    "bandwidth": BandwidthSettings,
    "youtube": YoutubeSettings,
    "engine": EngineSettings,
    "retry": RetrySettings,
    "strategy": StrategySettings,
    "site": SiteSettings,
    "log": LogSettings,
    "screen": ScreenSettings,
    "tools": ToolSettings,
}
NAMES: tuple[str, ...] = tuple(
    f"{group}.{field}" for group, model in GROUPS.items() for field in model.model_fields
)
"""Every setting as `group.field`."""
SECRET_NAMES = frozenset({"youtube.api_keys", "network.proxy"})
"""Settings whose values are shown redacted."""

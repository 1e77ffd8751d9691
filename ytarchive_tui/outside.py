"""How the engine reaches YouTube: the children that run yt-dlp, and who is asked for metadata."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from pathlib import Path

from ytarchive_tui.domain.ports import ChildRunner, MetadataProvider
from ytarchive_tui.settings.keys import read_api_keys
from ytarchive_tui.settings.model import ChildMode, Settings
from ytarchive_tui.settings.tools import Tools
from ytarchive_tui.workers.providers import FirstThatAnswers
from ytarchive_tui.youtube_api.client import ApiConfig, YouTubeClient
from ytarchive_tui.youtube_api.provider import ApiProvider
from ytarchive_tui.ytdlp.adapters import YtdlpProvider
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.process import ChildPool, Mode
from ytarchive_tui.ytdlp.protocol import TASKS as YTDLP_TASKS

child_log = logging.getLogger("ytarchive_tui.child")
"""What children say on their standard error."""

TASKS = {**YTDLP_TASKS, "verify": "ytarchive_tui.storage.verification:verify"}
_CHILD_MODES: dict[ChildMode, Mode] = {
    ChildMode.AUTO: "auto",
    ChildMode.ZYGOTE: "fork",
    ChildMode.POOL: "pool",
}


def extraction_config(settings: Settings, cache_dir: Path, tools: Tools) -> ExtractionConfig:
    """How children reach the site, from the settings and the tools that were found."""
    network, runtime = settings.network, tools.js_runtime
    return ExtractionConfig(
        proxy=network.proxy,
        ca_file=network.ca_file,
        cookies_file=network.cookies_file,
        socket_timeout_s=network.socket_timeout_s,
        limit_bps=network.limit_bytes_per_s,
        ffmpeg=tools.ffmpeg.path if tools.ffmpeg.usable else None,
        js_runtimes={runtime.name: runtime.path} if runtime.usable else {},
        sleep_requests_s=network.sleep_requests_s,
        source_address=network.source_address,
        cache_folder=cache_dir / "yt-dlp",
        use_ytdlp_config=settings.engine.use_ytdlp_config,
    )


def provider(
    settings: Settings, children: ChildRunner, config: ExtractionConfig, stack: AsyncExitStack
) -> MetadataProvider:
    """The Data API when there is a key, and yt-dlp in any case."""
    ytdlp = YtdlpProvider(children, config)
    keys = read_api_keys(settings.youtube)
    if not keys:
        return ytdlp
    api = ApiConfig(
        keys=keys,
        endpoint=settings.youtube.api_endpoint,
        proxy=settings.network.proxy,
        ca_file=settings.network.ca_file,
        timeout_s=settings.network.socket_timeout_s,
    )
    client = YouTubeClient(api)
    stack.callback(client.close)
    return FirstThatAnswers(ApiProvider(client), ytdlp)


def children_of(settings: Settings, config: ExtractionConfig) -> ChildPool:
    environment = {}
    if settings.network.ca_file:
        environment["SSL_CERT_FILE"] = str(settings.network.ca_file)
    return ChildPool(
        TASKS,
        # Whole: what the zygote has ready serves only children with the very same settings.
        config=config.model_dump(mode="json"),
        log=lambda task, job, line: child_log.info("%s", line, extra={"task": task, "job": job}),
        memory_limit=settings.engine.child_memory,
        mode=_CHILD_MODES[settings.engine.child_mode],
        environment=environment,
    )

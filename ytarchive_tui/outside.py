"""How the engine reaches YouTube: the children that run yt-dlp, and who is asked for metadata."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial
from importlib.metadata import version
from pathlib import Path

from ytarchive_tui.db.budget import SiteRows
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.metadata_cache import MetadataCache, upcoming
from ytarchive_tui.db.quota import StoredLedger
from ytarchive_tui.db.reach import reach
from ytarchive_tui.domain.governor import SiteRules
from ytarchive_tui.domain.ports import ChildRunner, JobQueue, MetadataProvider
from ytarchive_tui.domain.reach import Reach
from ytarchive_tui.services.connecting import can_reach_site
from ytarchive_tui.services.metadata import MetadataService
from ytarchive_tui.services.metadata_jobs import BatchedProvider
from ytarchive_tui.services.quota import QuotaService
from ytarchive_tui.services.reaching import in_force
from ytarchive_tui.services.site import account_of, rules_of
from ytarchive_tui.settings.keys import read_api_keys
from ytarchive_tui.settings.model import MIB, ChildMode, NetworkSettings, Settings
from ytarchive_tui.settings.tools import Tools
from ytarchive_tui.workers.providers import FirstThatAnswers
from ytarchive_tui.workers.reach import ReachKeeper
from ytarchive_tui.workers.site import Site
from ytarchive_tui.youtube_api.client import YouTubeClient
from ytarchive_tui.youtube_api.feed import YouTubeFeed
from ytarchive_tui.youtube_api.lines import ApiConfig
from ytarchive_tui.ytdlp.adapters import Config, YtdlpProvider
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.process import ChildPool, Mode
from ytarchive_tui.ytdlp.protocol import TASKS as YTDLP_TASKS

log = logging.getLogger(__name__)
child_log = logging.getLogger("ytarchive_tui.child")
"""What children say on their standard error."""

TASKS = {**YTDLP_TASKS, "verify": "ytarchive_tui.storage.verification:verify"}
_CHILD_MODES: dict[ChildMode, Mode] = {
    ChildMode.AUTO: "auto",
    ChildMode.ZYGOTE: "fork",
    ChildMode.POOL: "pool",
}


class LiveConfig:
    """How children reach the site from now on; called for each task."""

    def __init__(self, config: ExtractionConfig) -> None:
        self.config = config

    def __call__(self) -> ExtractionConfig:
        return self.config


def extraction_config(
    settings: Settings, cache_dir: Path, tools: Tools, browser: str | None = None
) -> ExtractionConfig:
    """How children reach the site, from the settings and the tools that were found."""
    network, runtime = settings.network, tools.js_runtime
    return ExtractionConfig(
        proxy=network.proxy,
        ca_file=network.ca_file,
        cookies_file=network.cookies_file,
        cookies_browser=browser,
        socket_timeout_s=network.socket_timeout_s,
        limit_bps=network.limit_bytes_per_s,
        ffmpeg=tools.ffmpeg.path if tools.ffmpeg.usable else None,
        js_runtimes={runtime.name: runtime.path} if runtime.usable else {},
        sleep_requests_s=network.sleep_requests_s,
        source_address=network.source_address,
        cache_folder=cache_dir / "yt-dlp",
        use_ytdlp_config=settings.engine.use_ytdlp_config,
    )


async def open_site(
    db: Database,
    settings: Settings,
    wished: Reach,
    tell: Callable[[Settings, str | None], None],
    queue: JobQueue,
    stack: AsyncExitStack,
) -> tuple[Site, ReachKeeper]:
    """What earlier runs learned of the site, for all workers of this one, and who obeys another way to it.

    `settings`: as they are set; `tell` hands on what is in force of them, and whose cookies to use.
    """
    network = [in_force(settings, wished).network]
    site = Site(*await _account(db, settings, wished), lambda: can_reach_site(network[0]))
    await site.open()
    stack.push_async_callback(site.close)

    async def obey(new: Reach) -> None:
        now = in_force(settings, new)
        tell(now, new.cookies_browser)
        network[0] = now.network
        await site.switch(*await _account(db, settings, new))
        log.info("the site is reached another way from now on")

    return site, ReachKeeper(wished, partial(reach, db), obey, queue)


async def _account(db: Database, settings: Settings, wished: Reach) -> tuple[SiteRows, SiteRules]:
    account = wished.account
    if account is None:
        account = await asyncio.to_thread(account_of, settings.network.cookies_file)
    return SiteRows(db, account), rules_of(settings, own_cookies=wished.own_cookies)


def feed_of(network: NetworkSettings) -> YouTubeFeed:
    """The feeds of channels, reached as everything else is."""
    return YouTubeFeed(
        proxy=network.proxy,
        ca_file=network.ca_file,
        source_address=network.source_address,
        timeout_s=network.socket_timeout_s,
    )


def children_tools(tools: Tools) -> str:
    """What decides which formats yt-dlp can get: its version and the JavaScript runtime's."""
    runtime = tools.js_runtime
    known = f"{runtime.name} {runtime.version}" if runtime.usable else "no JavaScript runtime"
    return f"yt-dlp {version('yt-dlp')}, {known}"


def provider(
    settings: Settings, children: ChildRunner, config: Config, db: Database, stack: AsyncExitStack
) -> MetadataProvider:
    """The Data API when there is a key, and yt-dlp in any case."""
    ytdlp = YtdlpProvider(children, config)
    client = youtube_client(settings, db, stack)
    if client is None:
        return ytdlp
    service = MetadataService(metadata_cache(settings, db), client)
    return FirstThatAnswers(BatchedProvider(service, partial(upcoming, db)), ytdlp)


def youtube_client(
    settings: Settings, db: Database, stack: AsyncExitStack, *, for_a_person: bool = False
) -> YouTubeClient | None:
    """The Data API, paid from the ledger in `db`; None without a key.

    What a person asks for may also spend the reserve.
    """
    keys, youtube = read_api_keys(settings.youtube), settings.youtube
    if not keys:
        return None
    config = ApiConfig(
        keys=keys,
        endpoint=youtube.api_endpoint,
        proxy=settings.network.proxy,
        ca_file=settings.network.ca_file,
        timeout_s=settings.network.socket_timeout_s,
    )
    reserve = 0 if for_a_person else youtube.quota_reserve
    client = YouTubeClient(config, StoredLedger(db, limit=youtube.daily_quota, reserve=reserve))
    stack.callback(client.close)
    return client


def quota_service(settings: Settings, db: Database) -> QuotaService:
    """How the keys stand, for status lines and for the command."""
    youtube = settings.youtube
    return QuotaService(db, read_api_keys(youtube), limit=youtube.daily_quota, reserve=youtube.quota_reserve)


def metadata_cache(settings: Settings, db: Database) -> MetadataCache:
    """What providers told before."""
    return MetadataCache(db, limit_bytes=settings.youtube.cache_mb * MIB)


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

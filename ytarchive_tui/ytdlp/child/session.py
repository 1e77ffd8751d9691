"""Our `YoutubeDL`: few extractors, guarded transfers, and errors that wait until more is known."""

from __future__ import annotations

import functools
import os
import re
import sys
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import yt_dlp
import yt_dlp.extractor.youtube
from yt_dlp.networking import Request, Response
from yt_dlp.networking.exceptions import HTTPError
from yt_dlp.postprocessor import get_postprocessor
from yt_dlp.utils import ExtractorError

from ytarchive_tui.domain.models import JobOptions
from ytarchive_tui.ytdlp.child.component import Component, SourceChangedError, is_fragmented
from ytarchive_tui.ytdlp.child.ledger import Ledger
from ytarchive_tui.ytdlp.child.pace import keep_pace
from ytarchive_tui.ytdlp.child.reports import silence_reports
from ytarchive_tui.ytdlp.child.youtube import Youtube
from ytarchive_tui.ytdlp.options import (
    ExtractionConfig,
    base_params,
    job_params,
    overridden,
    postprocessors,
)

# yt-dlp's classes are taken as untyped: type stubs for them exist, but lag behind its releases.
_yt_dlp: Any = yt_dlp
_YoutubeDL: Any = _yt_dlp.YoutubeDL

keep_pace()
silence_reports()
_DOUBT = re.compile(r"formats may be missing|missing a URL|n challenge solving failed", re.IGNORECASE)

RESTARTS = 3
"""How often one file is begun anew because the source replaced it meanwhile."""


class Messages:
    """yt-dlp's logger: everything goes to stderr, the newest warnings are kept as evidence."""

    def __init__(self) -> None:
        self.warnings: deque[str] = deque(maxlen=30)
        self.silent = False

    @property
    def doubts(self) -> list[str]:
        """The warnings that say that the site has formats which it did not offer."""
        return [message for message in self.warnings if _DOUBT.search(message)]

    def debug(self, message: str) -> None:
        """Also receives yt-dlp's ordinary messages."""
        if not self.silent:
            print(message, file=sys.stderr)

    info = debug
    error = debug

    def warning(self, message: str, *, once: bool = False) -> None:
        """Say it and keep it."""
        self.warnings.append(message)
        self.debug(f"WARNING: {message}")


class Selection(NamedTuple):
    """An item whose formats are selected, in the child that goes on with its download."""

    video_id: str
    options: JobOptions
    info: dict[str, Any]
    extraction: tuple[int, int] | None
    """Its mark in staging; a newer one there has other addresses, since these may have been refused."""
    selected_at: float
    """Seconds since 1970: addresses grow old also while the machine sleeps and the monotonic clock stands."""


class Session(_YoutubeDL):  # type: ignore[misc]
    """One job's `YoutubeDL`; made without a job, so that a zygote can hold one ready."""

    def __init__(self, config: ExtractionConfig) -> None:
        self.config = config
        self.job: int | None = None
        """Whose it is since its first task."""
        self.activity = "extract"
        self.messages = Messages()
        self.withheld: list[ExtractorError] = []
        """Why a video has no formats, in the order found; see `Youtube.raise_no_formats`."""
        self.ledger: Ledger | None = None
        self.resumed_bytes = 0
        self.on_selected: Callable[[Mapping[str, Any]], None] | None = None
        """Called with the info once formats are selected, before the first byte of them."""
        self.before_request: Callable[[], None] | None = None
        """Called before each request; what it raises ends the work."""
        self.captions_in: frozenset[str] = frozenset()
        """Languages into which automatic captions are wished to be translated."""
        self.refusal: HTTPError | None = None
        """The newest answer with an error status."""
        self.selection: Selection | None = None
        """What the newest task selected; for one download."""
        self._component: Component | None = None
        self._selects: str | None = None
        """The format string that `format_selector` was built from."""
        if config.ca_file:
            # OpenSSL reads it when the first connection is made; yt-dlp has no option for it.
            os.environ["SSL_CERT_FILE"] = str(config.ca_file)
        user = _user_params() if config.use_ytdlp_config else None
        params = base_params(_default_params(), config, user)
        super().__init__({**params, "logger": self.messages}, auto_init=False)
        if user:
            ignored = ", ".join(overridden(_default_params(), user))
            self.messages.info(f"your yt-dlp.conf is used, except: {ignored or 'nothing'}")
        for extractor in _EXTRACTORS:
            self.add_info_extractor(extractor)
        # An instance: a class would be looked up again by its name, and be yt-dlp's own.
        self.add_info_extractor(Youtube())

    def prepare(self, options: JobOptions, staging: Path) -> None:
        """Take on a job's options; raises `SyntaxError` for a format string that makes no sense."""
        self.params.update(job_params(options, staging))
        self._parse_outtmpl()
        # A kept session has built it for the same job already.
        if self.params["format"] != self._selects:
            self.format_selector = self.build_format_selector(self.params["format"])
            self._selects = self.params["format"]

    def prepare_steps(self, options: JobOptions, *, has_chapters: bool) -> None:
        """Add what follows the download."""
        for step in postprocessors(options, has_chapters=has_chapters):
            arguments = {name: value for name, value in step.items() if name != "key"}
            self.add_post_processor(get_postprocessor(step["key"])(self, **arguments))

    def fetch(self, info: dict[str, Any]) -> None:
        """Download what was selected before, as yt-dlp goes on after it has selected."""
        chosen = self._copy_infodict(info)
        self.process_info(chosen)
        info["requested_downloads"] = [chosen]

    def process_info(self, info_dict: Any) -> Any:
        """As yt-dlp's, after telling what was selected."""
        if self.on_selected is not None:
            self.on_selected(info_dict)
        return super().process_info(info_dict)

    def _forceprint(self, key: str, info_dict: Any) -> Any:
        """Print nothing: yt-dlp's tables for it are a quarter of its work on a short video."""
        return info_dict

    def build_request_director(self, handlers: Any, preferences: Any = None) -> Any:
        """As yt-dlp's, but curl_cffi is left out when there is a CA file, which it does not read."""
        if self.config.ca_file:
            handlers = [handler for handler in handlers if handler.RH_KEY != "CurlCFFI"]
        return super().build_request_director(handlers, preferences)

    def urlopen(self, req: Any) -> Response:
        """As yt-dlp's; what is fetched for the media file is checked before a byte of it is used."""
        if self.before_request is not None:
            self.before_request()
        try:
            response: Response = super().urlopen(req)
        except HTTPError as error:
            # yt-dlp makes a mere warning of some refusals.
            self.refusal = error
            raise
        if self._component is not None:
            url = req.url if isinstance(req, Request) else str(req)
            try:
                self._component.check_answer(url, response)
            except BaseException:
                response.close()
                raise
        return response

    def dl(
        self, name: str, info: dict[str, Any], subtitle: bool = False, test: bool = False
    ) -> tuple[bool, bool]:
        """As yt-dlp's, but resumes only what is provably the same file and checks the size in the end."""
        if self.ledger is None or subtitle:
            return super().dl(name, info, subtitle, test)  # type: ignore[no-any-return]
        component = Component(self.ledger, Path(name), fragmented=is_fragmented(info))
        for _ in range(RESTARTS):
            kept = component.prepare(functools.partial(self._probe, info))
            self._component = component
            try:
                outcome: tuple[bool, bool] = super().dl(name, info, subtitle, test)
            except SourceChangedError as error:
                self.messages.warning(str(error))
                component.discard()
                continue
            finally:
                self._component = None
            component.finish(info.get("filesize"))
            self.resumed_bytes += kept
            return outcome
        raise SourceChangedError(f"{Path(name).name}: the source changes faster than it can be read")

    def _probe(self, info: Mapping[str, Any]) -> tuple[str, Response]:
        """The site's present answer for a file, without its body."""
        headers = dict(info.get("http_headers") or self._calc_headers(dict(info)))
        response = super().urlopen(Request(info["url"], headers={**headers, "Range": "bytes=0-0"}))
        response.close()
        return info["url"], response


def _other_extractors() -> list[type]:
    found = [
        candidate
        for name, candidate in vars(_yt_dlp.extractor.youtube).items()
        if name.startswith("Youtube") and name.endswith("IE") and name != "YoutubeIE"
    ]
    return found


_EXTRACTORS = _other_extractors()


@functools.cache
def _default_params() -> dict[str, Any]:
    """What the yt-dlp command uses when it is given nothing."""
    params: dict[str, Any] = _yt_dlp.parse_options([]).ydl_opts
    return params


def _user_params() -> dict[str, Any]:
    """What the user's own yt-dlp.conf leads to; raises `ValueError` when it has a mistake."""
    arguments, sys.argv = sys.argv, ["yt-dlp"]
    try:
        params: dict[str, Any] = _yt_dlp.parse_options(None).ydl_opts
    except SystemExit as error:
        raise ValueError("your yt-dlp.conf can't be used; run yt-dlp to see why") from error
    finally:
        sys.argv = arguments
    return params


_ready: list[Session] = []


def make_ready(config: ExtractionConfig) -> Session:
    """Build a session for the next caller of `session_for` that has the same settings."""
    session = Session(config)
    _ready[:] = [session]
    return session


def keep_ready(session: Session) -> None:
    """Have a session handed out once more: what was asked of an item serves its download."""
    _ready[:] = [session]


def session_for(config: ExtractionConfig, job: int | None) -> Session:
    """The session that was made ready, if it fits, else a new one; each is handed out once.

    A kept one remembers what the site said of its item, so it serves no other job: a pool's worker has many.
    """
    fits = _ready and _ready[0].config == config and _ready[0].job in (None, job)
    session = _ready.pop() if fits else Session(config)
    session.job = job
    return session

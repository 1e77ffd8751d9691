"""Threads that talk to the Data API, each with a service object of its own."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from ytarchive_tui.domain.models import Frozen

if TYPE_CHECKING:
    import httplib2

MOST_LINES = 4
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_CLOSING_S = 0.2


class ApiConfig(Frozen):
    """How the Data API is reached."""

    keys: tuple[str, ...]
    """The next one is used when the quota of one is spent."""
    endpoint: str | None = None
    """Base address; None for Google's own."""
    proxy: str | None = None
    ca_file: Path | None = None
    timeout_s: float = 20.0


class Answer(NamedTuple):
    """What a call brought."""

    body: dict[str, Any] | None
    """None: nothing changed since the answer whose ETag was given."""
    etag: str | None = None


class Call(NamedTuple):
    """One `list` call."""

    collection: str
    parameters: Mapping[str, Any]
    headers: Mapping[str, str]


class MalformedAnswerError(ValueError):
    """The answer is no JSON object; the client hands such a one on as text, without an error."""


class Lines:
    """At most four daemon threads, started when they are needed.

    A service object that two threads share answers with another call's data and says nothing
    (google-api-python-client 2.202: httplib2's connection is not safe to share). Daemons, because an
    API that hangs must not keep the program from ending.
    """

    def __init__(self, config: ApiConfig) -> None:
        self._config = config
        self._calls: SimpleQueue[tuple[Future[Answer], Call] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._under_way = 0

    async def ask(self, call: Call) -> Answer:
        """Make a call; raises `HttpError`, `OSError`, `ValueError` and the errors of httplib2."""
        self._under_way += 1
        try:
            if self._under_way > len(self._threads) < MOST_LINES:
                thread = threading.Thread(target=self._talk, name="youtube-api", daemon=True)
                thread.start()
                self._threads.append(thread)
            answer: Future[Answer] = Future()
            self._calls.put((answer, call))
            return await asyncio.wrap_future(answer)
        finally:
            self._under_way -= 1

    def close(self) -> None:
        """Let every thread hang up; one that waits for an answer is left behind."""
        for _ in self._threads:
            self._calls.put(None)
        for thread in self._threads:
            thread.join(_CLOSING_S)

    def _talk(self) -> None:
        http: httplib2.Http | None = None
        service: Any = None
        while (given := self._calls.get()) is not None:
            answer, call = given
            if not answer.set_running_or_notify_cancel():
                continue
            try:
                if http is None:
                    http = _connection(self._config)
                    service = _service(self._config, http)
                answer.set_result(_execute(service, call))
            except Exception as error:
                answer.set_exception(error)
            del answer, call, given
        if http is not None:
            http.close()


def _execute(service: Any, call: Call) -> Answer:
    from googleapiclient.errors import HttpError

    request = getattr(service, call.collection)().list(**call.parameters)
    request.headers.update(call.headers)
    heads: list[Mapping[str, str]] = []
    request.add_response_callback(heads.append)
    try:
        body = request.execute(num_retries=0)
    except HttpError as error:
        if error.status_code == 304:
            return Answer(None, call.headers.get("if-none-match"))
        raise
    if not isinstance(body, dict):
        raise MalformedAnswerError("the Data API's answer is not JSON")
    return Answer(body, heads[0].get("etag") or body.get("etag"))


def _connection(config: ApiConfig) -> httplib2.Http:
    import httplib2

    endpoint_host = urlsplit(config.endpoint or "").hostname
    proxy = None if endpoint_host in _LOOPBACK else config.proxy
    http = httplib2.Http(
        timeout=config.timeout_s,
        proxy_info=httplib2.proxy_info_from_url(proxy, method="https") if proxy else None,
        ca_certs=str(config.ca_file) if config.ca_file else None,
    )
    # The key is in a header: it goes to the endpoint and nowhere else.
    http.follow_redirects = False
    return http


def _service(config: ApiConfig, http: httplib2.Http) -> Any:
    # Imported here because it costs a quarter of a second and only users with a key need it.
    from googleapiclient.discovery import build

    options = {"api_endpoint": config.endpoint} if config.endpoint else None
    return build(
        "youtube",
        "v3",
        http=http,
        client_options=options,
        static_discovery=True,
        cache_discovery=False,
    )

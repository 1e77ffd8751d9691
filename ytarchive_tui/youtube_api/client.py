"""One service object a thread, built when it is first needed."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ytarchive_tui.domain.models import Frozen

if TYPE_CHECKING:
    import httplib2
    from googleapiclient._apis.youtube.v3 import YouTubeResource

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ApiConfig(Frozen):
    """How the Data API is reached."""

    key: str
    endpoint: str | None = None
    """Base address; None for Google's own."""
    proxy: str | None = None
    ca_file: Path | None = None
    timeout_s: float = 20.0


class YouTubeClient:
    """Builds the service lazily, off the event loop, and once for each thread that asks.

    A service object that two threads share answers with another call's data and says nothing
    (google-api-python-client 2.202: httplib2's connection is not safe to share).
    """

    def __init__(self, config: ApiConfig) -> None:
        self._config = config
        self._local = threading.local()
        self._connections: list[httplib2.Http] = []

    def close(self) -> None:
        """Close every thread's connection; no call may be under way."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def videos(self, ids: list[str], part: str) -> dict[str, Any]:
        """`videos.list` for at most 50 ids, one quota unit; raises `HttpError`, `OSError` or `ValueError`."""
        response: Any = self._service().videos().list(part=part, id=",".join(ids)).execute(num_retries=1)
        if not isinstance(response, dict):
            # The client hands on an answer that is no JSON as plain text, without an error.
            raise ValueError("the Data API's answer is not JSON")
        return response

    def _service(self) -> YouTubeResource:
        service: YouTubeResource | None = getattr(self._local, "service", None)
        if service is None:
            connection = _connection(self._config)
            self._connections.append(connection)
            service = self._local.service = _build(self._config, connection)
        return service


def _connection(config: ApiConfig) -> httplib2.Http:
    import httplib2

    endpoint_host = urlsplit(config.endpoint or "").hostname
    proxy = None if endpoint_host in _LOOPBACK else config.proxy
    return httplib2.Http(
        timeout=config.timeout_s,
        proxy_info=httplib2.proxy_info_from_url(proxy, method="https") if proxy else None,
        ca_certs=str(config.ca_file) if config.ca_file else None,
    )


def _build(config: ApiConfig, http: httplib2.Http) -> YouTubeResource:
    # Imported here because it costs a quarter of a second and only users with a key need it.
    from googleapiclient.discovery import build

    options = {"api_endpoint": config.endpoint} if config.endpoint else None
    return build(
        "youtube",
        "v3",
        developerKey=config.key,
        http=http,
        client_options=options,
        static_discovery=True,
        cache_discovery=False,
    )

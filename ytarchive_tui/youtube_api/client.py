"""One service object a thread and key, built when it is first needed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ytarchive_tui.domain.models import Frozen

if TYPE_CHECKING:
    import httplib2
    from googleapiclient._apis.youtube.v3 import YouTubeResource

_SPENT = "quotaExceeded"
_LONG_AGO = datetime.min.replace(tzinfo=UTC)
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class ApiConfig(Frozen):
    """How the Data API is reached."""

    keys: tuple[str, ...]
    """The next one is used when the quota of one is spent."""
    endpoint: str | None = None
    """Base address; None for Google's own."""
    proxy: str | None = None
    ca_file: Path | None = None
    timeout_s: float = 20.0


class QuotaSpentError(Exception):
    """No key has quota left today; carries the same facts as the answer that said so."""

    status_code = 403

    def __init__(self) -> None:
        super().__init__("the quota of every key is spent for today")
        self.error_details = [{"reason": _SPENT}]


class YouTubeClient:
    """Builds the service lazily, off the event loop, and once for each thread and key that asks.

    A key whose quota is spent rests until it is renewed; this is remembered while the process lives.

    A service object that two threads share answers with another call's data and says nothing
    (google-api-python-client 2.202: httplib2's connection is not safe to share).
    """

    def __init__(self, config: ApiConfig, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._config = config
        self._now = now
        self._rests_until: dict[str, datetime] = {}
        self._local = threading.local()
        self._connections: list[httplib2.Http] = []

    def close(self) -> None:
        """Close every thread's connection; no call may be under way."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()

    def videos(self, ids: list[str], part: str) -> dict[str, Any]:
        """`videos.list` for at most 50 ids, one quota unit.

        Raises `HttpError`, `OSError`, `ValueError`, and `QuotaSpentError` when no key is left to ask with.
        """
        for key in self._config.keys:
            if self._now() < self._rests_until.get(key, _LONG_AGO):
                continue
            try:
                return self._ask(key, ids, part)
            except Exception as error:
                if refusal(error) != _SPENT:
                    raise
                self._rests_until[key] = quota_renewed(self._now())
        raise QuotaSpentError

    def _ask(self, key: str, ids: list[str], part: str) -> dict[str, Any]:
        request = self._service(key).videos().list(part=part, id=",".join(ids))
        response: Any = request.execute(num_retries=1)
        if not isinstance(response, dict):
            # The client hands on an answer that is no JSON as plain text, without an error.
            raise ValueError("the Data API's answer is not JSON")
        return response

    def _service(self, key: str) -> YouTubeResource:
        services: dict[str, YouTubeResource] = self._local.__dict__.setdefault("services", {})
        if key not in services:
            connection = _connection(self._config)
            self._connections.append(connection)
            services[key] = _build(self._config, key, connection)
        return services[key]


def quota_renewed(now: datetime) -> datetime:
    """The next midnight Pacific time, when daily quotas begin anew.

    https://developers.google.com/youtube/v3/determine_quota_cost
    """
    try:
        pacific: timezone | ZoneInfo = ZoneInfo("America/Los_Angeles")
    except ZoneInfoNotFoundError:  # a machine without time zones: an hour late in summer
        pacific = timezone(timedelta(hours=-8))
    tomorrow = now.astimezone(pacific).date() + timedelta(days=1)
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=pacific).astimezone(UTC)


def refusal(error: Exception) -> str | None:
    """Why the API refused, in its own word; `HttpError` holds text instead where the answer had no list."""
    details = getattr(error, "error_details", None)
    return details[0].get("reason") if isinstance(details, list) and details else None


def _connection(config: ApiConfig) -> httplib2.Http:
    import httplib2

    endpoint_host = urlsplit(config.endpoint or "").hostname
    proxy = None if endpoint_host in _LOOPBACK else config.proxy
    return httplib2.Http(
        timeout=config.timeout_s,
        proxy_info=httplib2.proxy_info_from_url(proxy, method="https") if proxy else None,
        ca_certs=str(config.ca_file) if config.ca_file else None,
    )


def _build(config: ApiConfig, key: str, http: httplib2.Http) -> YouTubeResource:
    # Imported here because it costs a quarter of a second and only users with a key need it.
    from googleapiclient.discovery import build

    options = {"api_endpoint": config.endpoint} if config.endpoint else None
    return build(
        "youtube",
        "v3",
        developerKey=key,
        http=http,
        client_options=options,
        static_discovery=True,
        cache_discovery=False,
    )

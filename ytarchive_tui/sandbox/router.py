"""From a request to its answer and its record: bans, latency, the handler, the log."""

from __future__ import annotations

import asyncio
import logging
import time
from urllib.parse import urlencode

from .budget import BanKind
from .classify import RequestKind, kind_of, subject_of
from .hosts import is_youtube, refusal
from .http import HttpStream
from .model import Handler, Request, Response
from .request_log import RequestRecord
from .throttle import Line
from .transfer import Dropped, Transfer
from .world import World

_log = logging.getLogger(__name__)
_PLAIN = "text/plain; charset=utf-8"


class Router:
    """Answers requests for YouTube's hosts by a handler, as the knobs allow."""

    def __init__(self, world: World, handler: Handler) -> None:
        self._world = world
        self._handler = handler

    async def answer(self, request: Request, stream: HttpStream, line: Line) -> None:
        """Answer `request` and record how that ended.

        Dropped when the sandbox ends the connection, OSError when the client does.
        """
        arrived, begun = self._world.now(), time.monotonic()
        kind = kind_of(request)
        transfer = Transfer(request, Response())
        try:
            await asyncio.sleep(self._world.knobs.latency_ms / 1000)
            self._world.budget.spend(kind)
            transfer.response = await self._respond(request, kind)
            await transfer.send(stream, line)
        finally:
            subject, part = subject_of(request), transfer.part
            self._world.log.add(
                RequestRecord(
                    sequence=self._world.log.next_sequence(),
                    time=arrived.isoformat(),
                    kind=kind,
                    method=request.method,
                    host=request.host,
                    path=request.path,
                    query=_without_key(request) if kind is RequestKind.API else "",
                    video_id=subject.video_id,
                    list_id=subject.list_id,
                    itag=subject.itag,
                    range_start=part.start if part else None,
                    range_end=part.end if part else None,
                    status=transfer.status,
                    bytes_sent=transfer.bytes_sent,
                    connection=request.connection,
                    duration_s=round(time.monotonic() - begun, 6),
                    fault=transfer.fault,
                )
            )

    async def _respond(self, request: Request, kind: RequestKind) -> Response:
        knobs = self._world.knobs
        if knobs.offline:
            raise Dropped("offline")
        if request.method == "CONNECT" or not is_youtube(request.host):
            return Response(403, body=refusal(request.host).encode(), content_type=_PLAIN)
        if kind is not RequestKind.API and self._world.banned() is BanKind.TOO_MANY:
            retry_after = (("Retry-After", str(knobs.retry_after_s)),) if knobs.retry_after_s else ()
            return Response(429, retry_after, b"Too Many Requests")
        try:
            return await self._handler(request)
        except Exception:
            _log.exception("no answer for %s %s%s", request.method, request.host, request.path)
            return Response(500, body=b"The sandbox's handler failed; see its log.", content_type=_PLAIN)


def _without_key(request: Request) -> str:
    return urlencode({name: value for name, value in request.query.items() if name != "key"})

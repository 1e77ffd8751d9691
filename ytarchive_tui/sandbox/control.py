"""The control listener: knobs, clock, log and end of a running sandbox, as JSON over HTTP.

    GET PATCH PUT /knobs     read, change, or replace (what is not named goes to its default)
    POST /clock              {"advance_s": seconds}
    GET /log                 ?since=sequence&kind=kind
    DELETE /log
    GET /stats
    POST /shutdown

Every request carries the token in `X-Sandbox-Token`. Errors answer {"error": reason}.
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable
from dataclasses import asdict

from . import knobs
from .classify import RequestKind
from .model import Request, Response
from .world import World

TOKEN_HEADER = "X-Sandbox-Token"


class Control:
    """Answers control requests."""

    def __init__(self, world: World, token: str) -> None:
        self.stopped = False
        """Whether a client asked for the end of the sandbox."""
        self._world = world
        self._token = token.encode()
        self._routes: dict[tuple[str, str], Callable[[Request], object]] = {
            ("GET", "/knobs"): self._read_knobs,
            ("PATCH", "/knobs"): self._change_knobs,
            ("PUT", "/knobs"): self._replace_knobs,
            ("POST", "/clock"): self._advance_clock,
            ("GET", "/log"): self._read_log,
            ("DELETE", "/log"): self._clear_log,
            ("GET", "/stats"): self._read_stats,
            ("POST", "/shutdown"): self._stop,
        }

    def answer(self, request: Request) -> Response:
        """Do what `request` asks, if it carries the token."""
        given = request.headers.get(TOKEN_HEADER.lower(), "")
        if not hmac.compare_digest(given.encode(), self._token):
            return _json(401, {"error": f"the header {TOKEN_HEADER} is missing or wrong"})
        act = self._routes.get((request.method, request.path))
        if act is None:
            return _json(404, {"error": f"there is no {request.method} {request.path}"})
        try:
            return _json(200, act(request))
        except ValueError as error:
            return _json(400, {"error": str(error)})

    def _read_knobs(self, request: Request) -> object:
        return asdict(self._world.knobs)

    def _change_knobs(self, request: Request) -> object:
        knobs.change(self._world.knobs, _object(request))
        return asdict(self._world.knobs)

    def _replace_knobs(self, request: Request) -> object:
        knobs.replace(self._world.knobs, _object(request))
        return asdict(self._world.knobs)

    def _advance_clock(self, request: Request) -> object:
        seconds = _object(request).get("advance_s")
        if isinstance(seconds, bool) or not isinstance(seconds, int | float):
            raise ValueError("advance_s must be a number")
        self._world.clock.advance(seconds)
        return {"now": self._world.now().isoformat()}

    def _read_log(self, request: Request) -> object:
        since = int(request.query.get("since", "0"))
        kind = RequestKind(request.query["kind"]) if "kind" in request.query else None
        return [asdict(record) for record in self._world.log.since(since, kind)]

    def _clear_log(self, request: Request) -> object:
        self._world.log.clear()
        return {}

    def _read_stats(self, request: Request) -> object:
        return asdict(self._world.log.stats(len(self._world.connections)))

    def _stop(self, request: Request) -> object:
        self.stopped = True
        return {}


def _object(request: Request) -> dict[str, object]:
    value = json.loads(request.body)
    if not isinstance(value, dict):
        raise ValueError("the body must be a JSON object")
    return value


def _json(status: int, value: object) -> Response:
    return Response(status, body=json.dumps(value).encode(), content_type="application/json")

"""Speaks to the control listener of a running sandbox."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import ProxyHandler, Request, build_opener

from .addresses import Addresses
from .classify import RequestKind
from .control import TOKEN_HEADER
from .model import Knobs
from .request_log import RequestRecord, Stats

_TIMEOUT_S = 30.0


class ControlError(Exception):
    """The sandbox refused a control request; the text says why."""


class ControlClient:
    """Synchronous control of a sandbox.

    Each method raises ControlError when the sandbox refuses, OSError when it can't be reached.
    """

    def __init__(self, addresses: Addresses) -> None:
        self._addresses = addresses
        self._open = build_opener(ProxyHandler({})).open

    def knobs(self) -> Knobs:
        """Return the knobs as they are."""
        return Knobs(**self._call("GET", "/knobs"))

    def set(self, **knobs: object) -> Knobs:
        """Set the knobs named and leave the others; a dictionary replaces the one before."""
        return Knobs(**self._call("PATCH", "/knobs", knobs))

    def reset(self, **knobs: object) -> Knobs:
        """Set the knobs named, and every other one to its default."""
        return Knobs(**self._call("PUT", "/knobs", knobs))

    def log(self, kind: RequestKind | str | None = None, since: int = 0) -> list[RequestRecord]:
        """Return the records after sequence `since`, oldest first, of one kind if given."""
        query = urlencode({"since": since} | ({"kind": str(kind)} if kind else {}))
        return [
            RequestRecord(**record | {"kind": RequestKind(record["kind"])})
            for record in self._call("GET", f"/log?{query}")
        ]

    def clear_log(self) -> None:
        """Forget all records and totals."""
        self._call("DELETE", "/log")

    def stats(self) -> Stats:
        """Return the totals by kind."""
        return Stats(**self._call("GET", "/stats"))

    def advance(self, seconds: float) -> datetime:
        """Move the sandbox's clock forward and return its date."""
        return datetime.fromisoformat(self._call("POST", "/clock", {"advance_s": seconds})["now"])

    def shut_down(self) -> None:
        """Ask the sandbox to end."""
        self._call("POST", "/shutdown")

    def _call(self, method: str, path: str, body: object = None) -> Any:
        request = Request(
            self._addresses.control + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={TOKEN_HEADER: self._addresses.token, "Content-Type": "application/json"},
        )
        try:
            with self._open(request, timeout=_TIMEOUT_S) as response:
                return json.load(response)
        except HTTPError as error:
            raise ControlError(json.load(error)["error"]) from None

"""What all parts of one running sandbox share."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from .addresses import Addresses
from .budget import BanKind, RequestBudget
from .clock import Clock
from .model import Knobs
from .request_log import RequestLog


class World:
    """The state of one sandbox: its knobs, clock, request log and budget.

    `knobs` is one object for the whole life of the sandbox and is changed in place, so it may be kept;
    its values are read at each use. `state` is a private folder for what is made once and used again.
    """

    def __init__(self, state: Path, knobs: Knobs | None = None) -> None:
        self.state = state
        self.knobs = knobs if knobs is not None else Knobs()
        self.clock = Clock()
        self.log = RequestLog()
        self.budget = RequestBudget(self.knobs, self.clock)
        self.connections: set[int] = set()
        """Numbers of the open connections to the local YouTube."""
        self.addresses: Addresses | None = None
        """Set when the server listens."""

    def now(self) -> datetime:
        """Return the sandbox's date in UTC."""
        return self.clock.now()

    def banned(self) -> BanKind | None:
        """Tell what a client that spent its budget meets now, or None when it is welcome."""
        return self.budget.banned()

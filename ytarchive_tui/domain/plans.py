"""Recovery plans as they are told: the counted failures behind them, and what one can do about each."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from ytarchive_tui.domain.causes import Advice
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models.base import Frozen


class FixKind(StrEnum):
    """What one can do about a plan; the value is its word on the command line."""

    WAIT = "wait"
    TRY_ONE = "try-one"
    RETRY = "retry"
    QUALITY = "quality"
    ACCEPT = "accept"
    """Take files with flaws of their source as they are."""
    COOKIES = "cookies"
    """Cookies of another file or of a browser, from now on."""
    PROXY = "proxy"
    """Another way to the site, from now on."""
    SPACE = "space"
    """Give up the partial files of what failed, for the room that they take."""
    MEND = "mend"
    """Something outside of the queue: a setting, a disk, a program."""
    SNOOZE = "snooze"
    DISMISS = "dismiss"


class Facts(NamedTuple):
    """What tells the roots of one class apart; None where the class does not ask."""

    reason: str | None = None
    channel: str | None = None
    quality: str | None = None
    archive: str | None = None
    site: str | None = None


class Group(Frozen):
    """Failed jobs alike in class and facts, counted."""

    failure_class: FailureClass
    facts: Facts
    failed: int = 0
    blocked: int = 0
    waiting: int = 0
    from_metadata: int = 0
    """Of all these: those that begin at the metadata stage."""
    from_download: int = 0
    since: datetime
    """The first time that one of them failed like this."""
    latest: datetime
    """The newest failure."""
    newest: datetime | None = None
    """The newest failure that was the first of its kind for its job."""
    next_at: datetime | None = None
    """When the first of the waiting ones goes on."""


class Made(Frozen):
    """A plan that a person made from a choice of failed jobs, and how these stand now."""

    id: int
    title: str
    """In the person's words."""
    groups: tuple[Group, ...]
    """By class, without facts."""


class Around(Frozen):
    """What else is known: how the program reaches the site now."""

    cookies: bool = False
    proxy: bool = False


class SetAside(Frozen):
    """That someone does not want to see a plan."""

    at: datetime
    until: datetime | None = None
    """None: until something new fails."""


class Fix(Frozen):
    """One thing to do, with its price."""

    kind: FixKind
    title: str
    cost: str
    advice: Advice | None = None
    """For `mend`."""


class Plan(Frozen):
    """Failures that share one cause."""

    key: str
    """Names the plan for as long as its cause lasts: the class, and a few digits for its root."""
    failure_class: FailureClass
    title: str
    root: str
    """What the failures have in common besides their class; may be hostile, empty for none."""
    cause: str
    """What happened, in a sentence or two."""
    facts: tuple[Facts, ...]
    failed: int
    blocked: int
    waiting: int
    requests: int
    """What trying all of them again asks of the site, about."""
    since: datetime
    latest: datetime
    next_at: datetime | None
    next_step: str
    """What the program does without being told."""
    per_hour: int | None
    """How many to release in an hour; None: all at once."""
    fixes: tuple[Fix, ...]
    """The best first."""
    hidden: SetAside | None = None
    made: int | None = None
    """Number of a plan that a person made; its jobs are those that were chosen, of whatever class."""

    @property
    def jobs(self) -> int:
        """All of them."""
        return self.failed + self.blocked + self.waiting

    def fix(self, kind: FixKind) -> Fix | None:
        """The fix of that kind, if it is offered."""
        return next((fix for fix in self.fixes if fix.kind is kind), None)

"""What of a source is queued: by its rule, in an order, up to a limit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NamedTuple

from ytarchive_tui.domain.models import AtSource, ItemMetadata, ListedItem, Source
from ytarchive_tui.domain.rules import Facts, Judge, parse


class Order(StrEnum):
    """In which order a source's entries are queued."""

    NEWEST = "newest"
    OLDEST = "oldest"
    ENDANGERED = "endangered"


class Candidate(NamedTuple):
    """An entry that is to be put in order."""

    item_id: int
    position: int
    facts: Facts
    at_source: AtSource = AtSource.UNKNOWN
    beside_missing: bool = False
    """Whether something next to it in the list vanished."""

    @classmethod
    def of(cls, row: Mapping[str, Any], kind: str | None) -> Candidate:
        """From a row with the columns of an item, its position, and `beside_missing`."""
        published = None if row["published"] is None else datetime.fromtimestamp(row["published"], UTC).date()
        facts = Facts(row["title"], row["channel"], None, kind, row["duration_s"], published)
        return cls(row["id"], row["position"], facts, AtSource(row["at_source"]), bool(row["beside_missing"]))


class Selection(NamedTuple):
    """What of a source is wanted."""

    rule: Judge | None = None
    order: Order = Order.NEWEST
    most: int | None = None

    @classmethod
    def of(cls, rule: str | None, order: str, most: int | None) -> Selection:
        """From what is stored; raises `BadRule`."""
        return cls(parse(rule) if rule else None, Order(order), most)

    @property
    def as_listed(self) -> bool:
        """Whether entries can be queued as they come, before the whole list is known."""
        return self.order is Order.NEWEST and self.most is None

    def admits(self, facts: Facts) -> bool | None:
        """Whether the rule wants the entry; None when that is not known yet."""
        return True if self.rule is None else self.rule(facts)

    def pick(self, candidates: Sequence[Candidate]) -> list[int]:
        """The items to queue, in order, of all entries in list order."""
        wanted = [each for each in candidates if self.admits(each.facts) is not False]
        if self.order is Order.OLDEST:
            wanted.reverse()
        elif self.order is Order.ENDANGERED:
            wanted.sort(key=_safety)
        return [each.item_id for each in wanted[: self.most]]


def _safety(each: Candidate) -> tuple[bool, bool, bool, int]:
    """Small for what may vanish soon: unlisted, beside something that vanished, a recording, old."""
    return (
        each.at_source is not AtSource.UNLISTED,
        not each.beside_missing,
        each.facts.kind != "live",
        -each.position,
    )


def kind_of(address: str) -> str | None:
    """The kind of video that a channel's tab holds."""
    return {"videos": "video", "shorts": "short", "streams": "live"}.get(address.rpartition("/")[2])


def facts_of(entry: ListedItem, kind: str | None) -> Facts:
    """What a list tells of an entry."""
    return Facts(entry.title, entry.channel, entry.video_id, kind, entry.duration_s)


def leaves_out(source: Source | None, told: ItemMetadata) -> bool:
    """Whether the rule of an item's source decides against it, now that all is told; raises `BadRule`."""
    if source is None or source.rule is None:
        return False
    published = told.published_at.date() if told.published_at else None
    kind = kind_of(source.address)
    facts = Facts(told.title, told.channel, told.video_id, kind, told.duration_s, published)
    return parse(source.rule)(facts) is False

"""The columns of the recovery plans."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from ytarchive_tui.domain.plans import Plan
from ytarchive_tui.tui.glyphs import Glyphs
from ytarchive_tui.tui.widgets.columns import Column, Piece
from ytarchive_tui.tui.wording import cells, moment


def plan_id(plan: Plan) -> int:
    """A number for the table that stays with the plan's key."""
    return int(sha256(plan.key.encode()).hexdigest()[:15], 16)


class PlanColumns:
    """Makes the columns."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._glyphs = glyphs

    def columns(self) -> tuple[Column[Plan], ...]:
        """In their order on screen."""
        return (
            Column("status", "", self._status, width=1, keep=9),
            Column(
                "jobs",
                "Items",
                lambda plan, _: [(f"{plan.jobs:,}", "text")],
                width=7,
                keep=9,
                justify="right",
            ),
            Column("title", "What went wrong", self._title, width=30, share=3, keep=9),
            Column("since", "Since", lambda plan, _: [(moment(plan.since), "dim")], width=12, keep=3),
            Column("next", "Next", self._next, width=20, share=1, most=44, keep=8),
        )

    def _status(self, plan: Plan, width: int) -> Sequence[Piece]:
        status, look = _stand(plan)
        return [(self._glyphs.of_status(status), look)]

    def _title(self, plan: Plan, width: int) -> Sequence[Piece]:
        return [(cells(plan.title), "dim" if plan.hidden else "text")]

    def _next(self, plan: Plan, width: int) -> Sequence[Piece]:
        if plan.hidden is not None:
            until = plan.hidden.until
            return [(f"snoozed until {moment(until)}" if until else "dismissed", "dim")]
        status, look = _stand(plan)
        if status == "waiting":
            return [(f"next try at {moment(plan.next_at)}", look)]
        return [("needs you" if status == "blocked" else "has failed", look)]


def _stand(plan: Plan) -> tuple[str, str]:
    """The status that says most of a plan, and its look."""
    if plan.blocked:
        return "blocked", "accent"
    if plan.waiting:
        return "waiting", "warn"
    return "failed", "bad"

"""The pane beside the plans: what happened, what comes by itself, what one can do, and the evidence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ytarchive_tui.domain.plans import FixKind, Plan
from ytarchive_tui.domain.text import plain
from ytarchive_tui.tui.widgets.fix_list import FixList
from ytarchive_tui.tui.wording import cells, count, moment

if TYPE_CHECKING:
    from ytarchive_tui.db.recovery import Example, Step, StepOutcome
    from ytarchive_tui.services.recovery import Details

_Piece = tuple[str, str]
_MESSAGE = 160
_DONE = {
    "try-one": "tried on one", "retry": "let all be tried again", "quality": "took another quality",
    "accept": "accepted as they are", "space": "gave up partial files",
    "cookies": "used other cookies", "proxy": "used another proxy",
    "dismiss": "dismissed", "snooze": "snoozed",
}  # fmt: skip


class PlanPane(VerticalScroll, can_focus=False):
    """Scrolls by itself; its title is the plan's."""

    DEFAULT_CSS = """
    PlanPane {
        background: $surface;
        padding: 0 1;
        border-top: solid $foreground 25%;
        border-title-color: $foreground;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        scrollbar-size-vertical: 1;
        Horizontal { height: auto; }
        .label { width: 17; color: $text-muted; }
        .said { width: 1fr; height: auto; }
        FixList { width: 1fr; }
        #evidence { height: auto; }
    }
    """

    def __init__(self, key_of: Callable[[FixKind], str]) -> None:
        super().__init__()
        self._key_of = key_of

    def compose(self) -> ComposeResult:
        """Three answers, then the evidence."""
        for label, name in (("What happened", "happened"), ("What comes next", "next")):
            with Horizontal():
                yield Static(label, classes="label", markup=False)
                yield Static("", classes="said", id=name, markup=False)
        with Horizontal():
            yield Static("What you can do", classes="label", markup=False)
            yield FixList(self._key_of)
        yield Static("", id="evidence", markup=False)

    @property
    def fixes(self) -> FixList:
        """The list to choose from."""
        return self.query_one(FixList)

    def show_plan(self, plan: Plan | None) -> None:
        """What the plan itself says; comes at once."""
        # As `Content`: a title given as text would be read as markup.
        self.border_title = Content("" if plan is None else f" {cells(plan.title)} ")
        self.border_subtitle = "" if plan is None else f" {plan.key} "
        self.query_one("#happened", Static).update(Content("" if plan is None else cells(plan.cause)))
        self.query_one("#next", Static).update(Content("" if plan is None else _next(plan)))
        self.fixes.show(() if plan is None else plan.fixes)

    def show_details(self, details: Details | None) -> None:
        """What had to be looked up; comes a little later."""
        text = Content("") if details is None else Content.assemble(*_evidence(details))
        self.query_one("#evidence", Static).update(text)


def _next(plan: Plan) -> str:
    return f"at {moment(plan.next_at)}: {plan.next_step}" if plan.next_at else plan.next_step


def _evidence(details: Details) -> Iterator[_Piece]:
    if details.steps:
        yield "\nWhat was done\n", "bold"
        for step, outcome in details.steps:
            yield f"{moment(step.at)}  ", "dim"
            several = step.fix == FixKind.TRY_ONE and step.jobs > 1
            yield f"tried on {step.jobs}" if several else _DONE.get(step.fix, step.fix), ""
            yield f"{_went(step, outcome)}\n", "$text-muted"
    plan = details.plan
    yield (
        f"\n{count(plan.jobs, 'item')}, first at {moment(plan.since)}, last at {moment(plan.latest)}\n",
        "bold",
    )
    said = ""
    for example in details.newest:
        yield from _example(example, said)
        said = _said(example)
    if details.first is not None and all(details.first.job_id != each.job_id for each in details.newest):
        yield "the first of them\n", "dim"
        yield from _example(details.first, said)


def _example(example: Example, before: str) -> Iterator[_Piece]:
    """When and which; what was said only where it differs from the line before."""
    yield f"{moment(example.at)}  ", "dim"
    yield f"{cells(example.title or example.url)}\n", ""
    if (said := _said(example)) != before:
        yield f"       {said}\n", "$text-muted"


def _said(example: Example) -> str:
    status = f"HTTP {example.http_status}" if example.http_status else ""
    said = f"«{plain(cells(example.message), _MESSAGE)}»" if example.message else cells(example.reason)
    return " · ".join(filter(None, (status, said)))


def _went(step: Step, outcome: StepOutcome) -> str:
    """How far a step is, in words."""
    if step.fix in (FixKind.DISMISS, FixKind.SNOOZE, FixKind.COOKIES, FixKind.PROXY, FixKind.SPACE):
        return ""
    if step.fix == FixKind.TRY_ONE and step.jobs == 1:
        name = cells(outcome.job or "")
        if outcome.done:
            return f": «{name}» is archived"
        if outcome.again:
            return f": «{name}» failed again, {cells(outcome.reason or '')}"
        return f": «{name}» waits its turn" if outcome.to_come else f": «{name}» is under way"
    parts = [
        f"{number:,} {word}"
        for number, word in (
            (outcome.done, "archived"), (outcome.under_way, "under way"), (outcome.again, "failed again"),
            (outcome.to_come, "to come"),
        ) if number
    ]  # fmt: skip
    return f": {', '.join(parts)}" if parts else ""

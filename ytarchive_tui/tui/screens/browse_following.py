"""Following lists: what Browse and the dialog of followed lists have in common."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from textual.app import App

from ytarchive_tui.db.sources import SourceRow
from ytarchive_tui.db.times import utcnow
from ytarchive_tui.domain.models import Scan
from ytarchive_tui.domain.schedule import BadSchedule, parse_schedule
from ytarchive_tui.services import source_words
from ytarchive_tui.services.sources import SourcesService, local_zone
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.waiting import Work
from ytarchive_tui.tui.widgets.note_line import NoteLine
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.wording import cells, moment

_SHOWN = 3
"""Runs that are told while one types."""
_HINT = "6h, 2d, daily, weekly, or cron: 30 2 * * *"
_HELP = "every so often (45m, 6h, 2d, daily, weekly) or cron: minute hour day month weekday"

Wish = Callable[[SourcesService, SourceRow], Awaitable[str]]
"""Does something about a source; what there is to tell of it."""


class Place(Protocol):
    """The screen or dialog from which lists are followed."""

    bridge: Bridge

    @property
    def app(self) -> App[object]:
        """The program."""

    @property
    def note(self) -> NoteLine:
        """Shows what a text being typed means."""

    def ask(self, prompt: Prompt) -> None:
        """Show a line to type into."""

    def later(self, work: Work, *, group: str = "default", latest: bool = False) -> None:
        """Do it in a worker."""


class Following:
    """The verbs for one source (none: nothing is done); all of them work in a remote too."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def follow(self, source_id: int | None, text: str = "") -> None:
        """Ask for a schedule, and tell what it means as one types."""
        if source_id is None:
            return
        self._explain(text)

        def done(typed: str) -> None:
            try:
                schedule = parse_schedule(typed, zone=local_zone())
            except BadSchedule:
                self.follow(source_id, typed)
                return
            self._say("")

            async def follow(service: SourcesService, source: SourceRow) -> str:
                first = await service.follow(source.id, schedule)
                return f"followed, {source_words.when(schedule)}; next at {moment(first)}"

            self._wish(source_id, follow)

        self._place.ask(
            Prompt("follow", text, hint=_HINT, typed=self._explain, done=done, left=lambda: self._say(""))
        )

    def unfollow(self, source_id: int | None) -> None:
        """End its schedule."""

        async def unfollow(service: SourcesService, source: SourceRow) -> str:
            ended = await service.unfollow(source)
            return "not followed any more; what it brought stays" if ended else "it was not followed"

        self._wish(source_id, unfollow)

    def run_now(self, source_id: int | None) -> None:
        """Read it for the archive now."""

        async def run(service: SourcesService, source: SourceRow) -> str:
            begun = await service.refresh(source)
            if begun is None:
                why = f": {cells(source.reason)}" if source.reason else ""
                return f"it is being read already, or needs you{why}"
            return "queued: " + ("its newest pages" if begun is Scan.DELTA else "the whole list")

        self._wish(source_id, run)

    def changes(self, source_id: int | None) -> None:
        """Show its timeline."""
        from ytarchive_tui.tui.screens.browse_changes import ChangesDialog

        if source_id is not None:
            self._place.app.push_screen(ChangesDialog(self._place.bridge, source_id))

    def _explain(self, text: str) -> None:
        try:
            self._say(explained(text) if text.strip() else _HELP)
        except BadSchedule as bad:
            self._say(str(bad), "$text-warning")

    def _say(self, text: str, style: str = "$text-primary") -> None:
        note = self._place.note
        note.show([(f" {text}", style)] if text else [])
        note.display = bool(text)

    def _wish(self, source_id: int | None, wish: Wish) -> None:
        async def doing() -> None:
            service = (await self._place.bridge.runtime()).sources
            told = await wish(service, await service.find(str(source_id)))
            self._place.app.notify(told, markup=False)

        if source_id is not None:
            self._place.later(doing)


def explained(text: str) -> str:
    """`every 6 hours, next 14:10, 20:10, …`; raises `BadSchedule`."""
    schedule, now = parse_schedule(text, zone=local_zone()), utcnow()
    times = ", ".join(moment(each) for each in source_words.occurrences(schedule, now, _SHOWN))
    about = "about " if schedule.jitter_s else ""
    return f"{source_words.when(schedule)}: {about}{times}, …"

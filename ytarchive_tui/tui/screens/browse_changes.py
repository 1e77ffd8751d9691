"""The timeline of one list: what was new, renamed, missing or gone, the newest first."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ytarchive_tui.db.sources import SourceRow
from ytarchive_tui.services import source_words
from ytarchive_tui.services.sources import Happened
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.waiting import later
from ytarchive_tui.tui.widgets.source_columns import title_of
from ytarchive_tui.tui.wording import cells, count, moment

_LINES = 500
_STYLES = {
    "new": "$text-success", "back": "$text-success", "missing": "$text-warning", "gone": "$text-error",
    "renamed": "$text-primary", "at source": "$text-warning", "read": "$text-muted", "looked": "$text-muted",
}  # fmt: skip
_WHEN, _WHAT = 13, 15


class ChangesDialog(Steady, ModalScreen[None]):
    """One text that scrolls."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("escape,q,c,enter", "dismiss", "Close"),
        ("j", "scroll(1)", ""),
        ("k", "scroll(-1)", ""),
    ]

    def __init__(self, bridge: Bridge, source_id: int) -> None:
        super().__init__()
        self._bridge = bridge
        self._source_id = source_id

    def compose(self) -> ComposeResult:
        """Empty until it was read."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title = "Changes"
            box.border_subtitle = "esc closes"
            yield Static("", markup=False)

    def on_mount(self) -> None:
        """Read it beside the keys."""
        later(self, self._read)

    def action_scroll(self, by: int) -> None:
        """Vim's motions, besides the arrows."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)

    async def _read(self) -> None:
        service = (await self._bridge.runtime()).sources
        source = await service.find(str(self._source_id))
        happened = await service.timeline(source, _LINES)
        self.query_one(VerticalScroll).border_title = Content(title_of(source))
        self.query_one(Static).update(_text(source, happened))


def _text(source: SourceRow, happened: list[Happened]) -> Content:
    parts: list[tuple[str, str] | str] = [f"{_standing(source)}\n\n"]
    for each in happened:
        what, text = source_words.line(each)
        parts += [
            (f"{moment(each.entry.at):<{_WHEN}}", "$text-muted"),
            (f"{what:<{_WHAT}}", _STYLES.get(what, "")),
            f"{cells(text)}\n",
        ]
    if not happened:
        parts.append(("It was not read for the archive yet; n does it now, w follows it.", "$text-muted"))
    return Content.assemble(*parts)


def _standing(source: SourceRow) -> str:
    """How it stands, in one or two sentences."""
    facts = [
        f"{count(source.entries, 'entry', 'entries')}, {source.have:,} archived, {source.missing:,} missing",
        f"read {moment(source.refreshed_at)}" if source.refreshed_at else "not read yet",
    ]
    if source.schedule is not None:
        facts.append(f"{source_words.when(source.schedule)}, next {moment(source.run_at)}")
    if source.doubted:
        facts.append("something changed further down: the next reading is a whole one")
    return "; ".join(facts)

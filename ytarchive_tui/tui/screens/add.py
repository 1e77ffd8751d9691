"""`a`: addresses, one or a whole file of them, each explained while one types."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Select, Static, TextArea

from ytarchive_tui.db.known import Known
from ytarchive_tui.domain.addresses import Recognised
from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.submitting import KINDS, Line, is_archived, read, submissions
from ytarchive_tui.tui.submitting import QUALITIES as QUALITIES
from ytarchive_tui.tui.waiting import later
from ytarchive_tui.tui.wording import cells, count, fit, size

_PAUSE_S = 0.15
AT_ONCE = 20_000
"""Characters of a text that is read at every key."""
EXPLAINED = 200
"""Lines that are shown one by one; the sum counts all of them."""


class AddressArea(TextArea):
    """Leaves Enter and Tab to the dialog."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("enter", "tab", "shift+tab"):
            # Textual calls this method of every base class, one after the other, unless told not to.
            event.prevent_default()


class AddDialog(Acting, Steady, ModalScreen[None]):
    """Adds what is understood, and says of every line why it is or is not."""

    ACTIONS_OF = "add"
    BINDINGS = bindings(ACTIONS["add"])
    CSS_PATH = "add.tcss"

    def __init__(self, bridge: Bridge, settings: Settings, text: str = "") -> None:
        super().__init__()
        self._bridge = bridge
        self._archive = settings.archive
        self._text = text.strip()
        self._lines: Sequence[Line] = ()
        self._archived: frozenset[tuple[str, str]] = frozenset()
        self._known: Mapping[str, Known] = {}

    def compose(self) -> ComposeResult:
        """Text, quality, destination, and what the text means."""
        usual = self._archive.quality
        names = list(dict.fromkeys((usual, *QUALITIES)))
        with Vertical(id="box", classes="dialog") as box:
            box.border_title = "Add"
            yield AddressArea(self._text, soft_wrap=False, tab_behavior="focus",
                               placeholder="Paste addresses, ids or @handles, one a line")  # fmt: skip
            with Horizontal(id="row"):
                yield Static("Quality", markup=False)
                yield Select([(name, name) for name in names], value=usual, allow_blank=False, compact=True)
                yield Static("", id="free", markup=False)
            yield Static("", id="to", markup=False)
            with VerticalScroll(id="lines", can_focus=False):
                yield Static("", id="explained", markup=False)
            yield Static(
                Content.assemble(
                    ("enter", "bold $text-accent"), " add   ", ("^j", "bold $text-accent"), " new line   ",
                    ("tab", "bold $text-accent"), " quality   ", ("esc", "bold $text-accent"), " leave",
                ),
                id="keys", markup=False,
            )  # fmt: skip

    def on_mount(self) -> None:
        """The cursor stands behind what was pasted."""
        area = self.query_one(AddressArea)
        area.move_cursor(area.document.end)
        area.focus()
        # Where it scrolled to was reckoned before it had a width.
        self.call_after_refresh(self._show_beginnings)
        self._read()
        later(self, self._look_into_the_archive)

    def _show_beginnings(self) -> None:
        """Lines are seen from their first character on, if the cursor's fits."""
        area = self.query_one(AddressArea)
        if area.cursor_location[1] < area.scrollable_content_region.width:
            area.scroll_to(x=0, animate=False)

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._read()

    def _read(self) -> None:
        text = self.query_one(AddressArea).text
        if len(text) <= AT_ONCE:
            self._take(read(text))
        else:
            later(self, lambda: self._read_behind(text), group="read", latest=True)

    async def _read_behind(self, text: str) -> None:
        """A large file would keep the next keys waiting."""
        await asyncio.sleep(_PAUSE_S)
        self._take(await asyncio.to_thread(read, text))

    def _take(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._explain()
        self._show_destination()
        later(self, self._look_up, group="known", latest=True)

    async def _look_into_the_archive(self) -> None:
        queue = await self._bridge.queue()
        self._archived = await queue.archived(self._archive.root)
        self._explain()

    async def _look_up(self) -> None:
        """What is known of the lines that are shown one by one; a typing hand is let finish."""
        await asyncio.sleep(_PAUSE_S)
        found = [line.found for line in self._lines[:EXPLAINED] if line.found is not None]
        queue = await self._bridge.queue()
        self._known = await queue.known(
            self._archive.root,
            [each.address for each in found if each.video_id is None],
            [each.video_id for each in found if each.video_id is not None],
        )
        self._explain()

    def _show_destination(self) -> None:
        free = self._bridge.pulse.disk_free
        self.query_one("#free", Static).update("" if free is None else f"{size(free)} free")
        parts = [(f"into {cells(str(self._archive.root))}", ""), ("/Channel/date title [id]", "dim")]
        self.query_one("#to", Static).update(Content.assemble(*parts))

    def _explain(self) -> None:
        parts: list[tuple[str, str] | str] = []
        if len(self._lines) > 1:
            parts += [(f"{self._sum()}\n", "bold")]
        for line in self._lines[:EXPLAINED]:
            parts += self._explained(line)
        if len(self._lines) > EXPLAINED:
            parts.append((f"… and {len(self._lines) - EXPLAINED:,} more lines", "dim"))
        if not self._lines:
            parts.append(("A video, a playlist, a channel or one of its tabs; never fetched twice.", "dim"))
        self.query_one("#explained", Static).update(Content.assemble(*parts))

    def _sum(self) -> str:
        kinds = Counter(line.found.kind for line in self._lines if line.found and not line.repeated)
        parts = [count(number, KINDS[kind]) for kind, number in kinds.items()]
        archived = sum(is_archived(line, self._archived) for line in self._lines if not line.repeated)
        for number, words in (
            (archived, "in the archive already"),
            (sum(line.repeated for line in self._lines), "named twice"),
            (sum(line.found is None for line in self._lines), "not understood"),
        ):
            if number:
                parts.append(f"{number:,} {words}")
        return " · ".join(parts)

    def _explained(self, line: Line) -> list[tuple[str, str] | str]:
        glyphs = shell(self).glyphs
        if line.found is None:
            return [
                (f"{glyphs.of_status('failed')} ", "$text-error"),
                plain(line.text, 60),
                (f"  {line.problem}\n", "$text-error"),
            ]
        if line.repeated:
            note, look = "the same as above", "dim"
        elif is_archived(line, self._archived):
            note, look = "in the archive already", "$text-warning"
        else:
            note, look = self._known_of(line.found), "dim"
        address = line.found.address.removeprefix("https://www.")
        return [
            (f"{glyphs.of_status('done')} ", "$text-success"),
            (f"{KINDS[line.found.kind]:<12}", "bold"),
            plain(address, 70),
            (f"  {note}\n", look),
        ]

    def _known_of(self, found: Recognised) -> str:
        """Title, number of entries, a job that is on its way, and what recognising it told."""
        known = self._known.get(found.video_id or found.address)
        if known is None:
            return found.note or ""
        parts = [
            f"«{fit(cells(known.title), 40).rstrip()}»" if known.title else "",
            count(known.entries, "entry", "entries") + " known" if known.entries else "",
            f"in the queue already ({known.status})" if known.status and known.status != "done" else "",
            found.note or "",
        ]
        return ", ".join(filter(None, parts))

    def can_accept(self) -> bool:
        return not isinstance(self.focused, Select)

    def do_accept(self) -> None:
        """Hand over what is understood; stay when there is nothing."""
        lines = read(self.query_one(AddressArea).text)
        wanted = submissions(lines, self._archive, str(self.query_one(Select).value))
        if not wanted:
            self.notify("there is no address to add yet", severity="warning")
            return
        bridge, app, bad = self._bridge, self.app, sum(line.found is None for line in lines)

        async def submit() -> None:
            try:
                made = await (await bridge.queue()).submit(wanted)
            except Exception as error:
                app.notify(plain(str(error), 300), severity="error", title="Nothing was added")
                return
            archived = sum(each.already_archived for each in made)
            told = [f"{count(len(made) - archived, 'address', 'addresses')} added"]
            if archived:
                told.append(f"{archived:,} in the archive already")
            if bad:
                told.append(f"{bad:,} not understood")
            app.notify(", ".join(told))

        later(app, submit)
        self.dismiss()

    def do_newline(self) -> None:
        """Another line, where the cursor stands."""
        self.query_one(AddressArea).insert("\n")

    def do_leave(self) -> None:
        """Nothing is added."""
        self.dismiss()

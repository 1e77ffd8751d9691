"""`a`: addresses, one or a whole file of them, each explained while one types."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Select, Static, TextArea

from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.submitting import KINDS, Line, is_archived, read, submissions
from ytarchive_tui.tui.waiting import later
from ytarchive_tui.tui.wording import cells, count

QUALITIES = ("best", "2160p", "1440p", "1080p", "720p", "480p", "360p", "audio")
EXPLAINED = 200
"""Lines that are shown one by one; the sum counts all of them."""


class AddressArea(TextArea):
    """Leaves Enter and Tab to the dialog."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key in ("enter", "tab", "shift+tab"):
            # Textual calls this method of every base class, one after the other, unless told not to.
            event.prevent_default()


class AddDialog(Acting, ModalScreen[None]):
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
                yield Static(Content(f"into {cells(str(self._archive.root))}"), id="to", markup=False)
            with VerticalScroll(id="lines", can_focus=False):
                yield Static("", id="explained", markup=False)
            yield Static(
                Content.assemble(
                    ("enter", "bold $accent"), " add   ", ("^j", "bold $accent"), " new line   ",
                    ("tab", "bold $accent"), " quality   ", ("esc", "bold $accent"), " leave",
                ),
                id="keys", markup=False,
            )  # fmt: skip

    def on_mount(self) -> None:
        """The cursor stands behind what was pasted."""
        area = self.query_one(AddressArea)
        area.move_cursor(area.document.end)
        area.focus()
        self._read()
        later(self, self._look_into_the_archive)

    @on(TextArea.Changed)
    def _changed(self) -> None:
        self._read()

    def _read(self) -> None:
        self._lines = read(self.query_one(AddressArea).text)
        self._explain()

    async def _look_into_the_archive(self) -> None:
        queue = await self._bridge.queue()
        self._archived = await queue.archived(self._archive.root)
        self._explain()

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
                (f"{glyphs.of_status('failed')} ", "$error"),
                plain(line.text, 60),
                (f"  {line.problem}\n", "$error"),
            ]
        if line.repeated:
            note, look = "the same as above", "dim"
        elif is_archived(line, self._archived):
            note, look = "in the archive already", "$warning"
        else:
            note, look = line.found.note or "", "dim"
        address = line.found.address.removeprefix("https://www.")
        return [
            (f"{glyphs.of_status('done')} ", "$success"),
            (f"{KINDS[line.found.kind]:<12}", "bold"),
            plain(address, 70),
            (f"  {note}\n", look),
        ]

    def can_accept(self) -> bool:
        return not isinstance(self.focused, Select)

    def do_accept(self) -> None:
        """Hand over what is understood; stay when there is nothing."""
        wanted = submissions(self._lines, self._archive, str(self.query_one(Select).value))
        if not wanted:
            self.notify("there is no address to add yet", severity="warning")
            return
        bridge, app, bad = self._bridge, self.app, sum(line.found is None for line in self._lines)

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

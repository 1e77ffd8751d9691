"""The dialog that queues what was chosen in Browse: at which quality, how long and about how large."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Select, Static

from ytarchive_tui.db.browser_pages import BrowserPages
from ytarchive_tui.db.browser_rows import Sums
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.browser import Rate, estimate, weigh
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.submitting import QUALITIES, job_options
from ytarchive_tui.tui.waiting import later
from ytarchive_tui.tui.widgets.browse_lines import weight_words
from ytarchive_tui.tui.wording import cells, count, size


class QueueChosenDialog(Acting, Steady, ModalScreen[str | None]):
    """Returns the quality at which the items were queued; None when they were not."""

    ACTIONS_OF = "chosen"
    BINDINGS = bindings(ACTIONS["chosen"])
    CSS_PATH = "queue_chosen.tcss"

    def __init__(
        self,
        bridge: Bridge,
        settings: Settings,
        pages: BrowserPages,
        source_id: int,
        item_ids: Sequence[int],
        quality: str,
    ) -> None:
        """`quality` is the one that is proposed."""
        super().__init__()
        self._bridge = bridge
        self._archive = settings.archive
        self._pages = pages
        self._source_id = source_id
        self._items = item_ids
        self._quality = quality

    def compose(self) -> ComposeResult:
        """How many, at which quality, and what that means."""
        names = dict.fromkeys((self._archive.quality, self._quality, *QUALITIES))
        choices = [(name, name) for name in names]
        with Vertical(id="box", classes="dialog") as box:
            box.border_title = f"Queue {count(len(self._items), 'entry', 'entries')}"
            with Horizontal(id="row"):
                yield Static("Quality", markup=False)
                yield Select(choices, value=self._quality, allow_blank=False, compact=True)
            yield Static("", id="explained", markup=False)
            yield Static(
                Content.assemble(
                    ("enter", "bold $text-accent"), " queue   ",
                    ("space", "bold $text-accent"), " other quality   ",
                    ("esc", "bold $text-accent"), " leave",
                ),
                id="keys", markup=False,
            )  # fmt: skip

    def on_mount(self) -> None:
        """Weigh it at the usual quality."""
        self._weigh()

    @on(Select.Changed)
    def _weigh(self) -> None:
        later(self, self._explain, group="weigh", latest=True)

    async def _explain(self) -> None:
        quality = str(self.query_one(Select).value)
        sums, rate = await weigh(self._pages, self._items, self._archive.root, quality)
        self.query_one("#explained", Static).update(Content.assemble(*self._words(sums, rate, quality)))

    def _words(self, sums: Sums, rate: Rate, quality: str) -> list[tuple[str, str]]:
        free = self._bridge.pulse.disk_free
        parts = [
            (f"{count(sums.wanted, 'video')} to fetch: ", "bold"),
            (f"{weight_words(sums, rate)}\n", "bold" if sums.wanted else "$text-warning"),
        ]
        if sums.wanted:
            by = f"as {count(rate.measured, 'item')} of that quality" if rate.measured else "by rule of thumb"
            parts.append((f"the size is reckoned {by}\n", "$text-muted"))
        if sums.unknown and sums.wanted:
            parts.append((f"{sums.unknown:,} of them are of unknown length\n", "$text-muted"))
        for number, words in ((sums.have, "in the archive already"), (sums.queued, "on their way already")):
            if number:
                parts.append((f"{number:,} {words}\n", "$text-warning"))
        parts.append((f"into {cells(str(self._archive.root))}", "$text-muted"))
        if free is not None:
            full = estimate(sums, rate) > free
            parts.append((f", {size(free)} free", "bold $text-error" if full else "$text-muted"))
        return parts

    def can_accept(self) -> bool:
        return not self.query_one(Select).expanded

    can_leave = can_accept
    """While qualities are listed, Enter and Escape are theirs."""

    def do_accept(self) -> None:
        """Hand the items over; the screen behind hears of it at once."""
        quality = str(self.query_one(Select).value)
        bridge, app, source_id, items = self._bridge, self.app, self._source_id, self._items
        options = job_options(self._archive, quality)

        async def queue() -> None:
            try:
                made = await (await bridge.runtime()).browser.select(source_id, items, options)
            except Exception as error:
                app.notify(plain(str(error), 300), severity="error", title="Nothing was queued")
                return
            told = f"{count(made.queued, 'video')} queued"
            app.notify(told + (f", {made.already:,} had or queued already" if made.already else ""))

        later(app, queue)
        self.dismiss(quality)

    def do_leave(self) -> None:
        """Nothing is queued."""
        self.dismiss(None)

"""What one does on the Queue screen to the engine as a whole: hold it, and how much it does at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from ytarchive_tui.db.wishes import Wishes
from ytarchive_tui.services.queue_changes import QueueChanges
from ytarchive_tui.settings.values import parse_size
from ytarchive_tui.tui.screens.base import BaseScreen
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.wording import count, size

LEAST_BPS = 1024
MOST_DOWNLOADS = 32


class EngineVerbs(BaseScreen):
    """Wishes: whichever process owns the engine obeys within a second."""

    @property
    def on_hold(self) -> bool:
        """Whether everything is held."""
        wishes = self.bridge.pulse.wishes
        return wishes is not None and wishes.on_hold

    def can_pause_all(self) -> bool:
        figures = self.bridge.pulse.figures
        return self.on_hold or (figures is not None and figures.open > 0)

    def do_pause_all(self) -> None:
        """Hold everything, or let it go on."""
        on = not self.on_hold
        # At once, so that a second press means the opposite.
        self.bridge.pulse.wishes = (self.bridge.pulse.wishes or Wishes()).model_copy(update={"on_hold": on})
        told = "everything is on hold; what ran keeps what it has" if on else "everything goes on"
        self._wish(lambda changes: changes.hold(on), told)

    def can_downloads(self) -> bool:
        return not self.typing

    can_limit = can_downloads

    def do_downloads(self) -> None:
        usual = shell(self).settings.engine.downloads
        wishes = self.bridge.pulse.wishes
        now = wishes.downloads if wishes and wishes.downloads else usual
        sign = f"Downloads at a time (1 to {MOST_DOWNLOADS}; empty: {usual} as in the settings)"
        self.ask(Prompt(sign, str(now), done=self._set_downloads))

    def _set_downloads(self, text: str) -> None:
        wanted = text.strip()
        if wanted and not (wanted.isdecimal() and 1 <= int(wanted) <= MOST_DOWNLOADS):
            self.notify(f"that should be a number from 1 to {MOST_DOWNLOADS}", severity="warning")
            return
        number = int(wanted) if wanted else None
        told = count(number or shell(self).settings.engine.downloads, "download")
        self._wish(lambda changes: changes.set_downloads(number), f"{told} at a time from now on")

    def do_limit(self) -> None:
        wishes = self.bridge.pulse.wishes
        now = None if wishes is None else wishes.limit_bps
        sign = "Speed of each (500k, 2M; 0: no limit; empty: as in the settings)"
        self.ask(Prompt(sign, "" if now is None else _as_typed(now), done=self._set_limit))

    def _set_limit(self, text: str) -> None:
        try:
            bps = parse_size(text) if text.strip() else None
        except ValueError as error:
            self.notify(f"that {error}", severity="warning")
            return
        if bps and bps < LEAST_BPS:
            self.notify("that should be at least 1k, or 0 for no limit", severity="warning")
            return
        told = "no speed limit" if bps == 0 else "the speed limit of the settings"
        told = f"each download at {size(bps)}/s at most" if bps else told
        self._wish(lambda changes: changes.set_limit(bps), f"{told}, from now on")

    async def heed_wishes(self) -> None:
        """Show at once what is wished now."""
        self.bridge.pulse.wishes = await (await self.bridge.queue()).wishes()
        self.told_beat()

    def _wish(self, change: Callable[[QueueChanges], Awaitable[None]], told: str) -> None:
        async def work() -> None:
            await change((await self.bridge.queue()).changes)
            await self.heed_wishes()
            self.notify(f"{told}; u undoes it")

        self.later(work)


def _as_typed(bps: int) -> str:
    """`2M` rather than 2097152."""
    for unit, factor in (("M", 1024**2), ("k", 1024)):
        if bps and bps % factor == 0:
            return f"{bps // factor}{unit}"
    return str(bps)

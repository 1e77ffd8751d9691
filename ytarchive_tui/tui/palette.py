"""The palette's source: every action that can be done here and now, by its title or its name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from ytarchive_tui.tui.actions import every_action
from ytarchive_tui.tui.steady import Steady

if TYPE_CHECKING:
    from ytarchive_tui.tui.app import YtarchiveApp


PALETTE = "--command-palette"
"""The name by which Textual knows it."""


class Palette(Steady, CommandPalette):
    """Textual's palette."""


class ActionProvider(Provider):
    """Finds actions; what is found is done by its home."""

    async def discover(self) -> Hits:
        """All of them, before anything was typed."""
        app = cast("YtarchiveApp", self.app)
        for home, action in app.all_actions():
            yield DiscoveryHit(
                self._shown(Content(action.title), action.name),
                partial(home.action_do, action.verb),
                text=action.title,
                help=self._help(action.help, app.key_of(action)),
            )

    async def search(self, query: str) -> Hits:
        """Those whose title or name matches; what can't be done here and now says where or why not."""
        app = cast("YtarchiveApp", self.app)
        matcher = self.matcher(query)
        here = {action.name: home for home, action in app.all_actions()}
        for action in every_action():
            score = max(matcher.match(action.title), matcher.match(action.name))
            if score <= 0:
                continue
            home = here.get(action.name)
            known = f" Key: {key}" if (key := app.key_of(action)) else ""
            yield Hit(
                score if home else score / 2,
                self._shown(matcher.highlight(action.title), action.name),
                partial(home.action_do, action.verb) if home else partial(app.lead_to, action),
                text=action.title,
                help=f"{action.help}{known}" if home else f"{app.where(action)}{known}",
            )

    @staticmethod
    def _shown(title: Content, name: str) -> Content:
        return Content.assemble(title, (f"  {name}", "dim"))

    @staticmethod
    def _help(sentence: str, key: str) -> str:
        return f"{sentence} Key: {key}" if key else sentence

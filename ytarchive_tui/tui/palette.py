"""The palette's source: every action that can be done here and now, by its title or its name."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

if TYPE_CHECKING:
    from ytarchive_tui.tui.app import YtarchiveApp


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
        """Those whose title or name matches."""
        app = cast("YtarchiveApp", self.app)
        matcher = self.matcher(query)
        for home, action in app.all_actions():
            score = max(matcher.match(action.title), matcher.match(action.name))
            if score > 0:
                yield Hit(
                    score,
                    self._shown(matcher.highlight(action.title), action.name),
                    partial(home.action_do, action.verb),
                    text=action.title,
                    help=self._help(action.help, app.key_of(action)),
                )

    @staticmethod
    def _shown(title: Content, name: str) -> Content:
        return Content.assemble(title, (f"  {name}", "dim"))

    @staticmethod
    def _help(sentence: str, key: str) -> str:
        return f"{sentence} Key: {key}" if key else sentence

"""What every screen and dialog needs to outlive a window whose size changes quickly."""

from __future__ import annotations

from typing import Any, cast

from textual import events
from textual.screen import Screen


class Steady:
    """Mix in before Textual's class: a size that is no longer the terminal's is passed over.

    Textual's screen (8.2) lays itself out for each size that it is told, and tells itself that size once
    more. Two sizes on their way at the same time are then told in turns for ever, and the loop, which gets
    no time between two messages, hears neither keys nor signals. The newest size always comes.
    """

    async def _on_resize(self, event: events.Resize) -> None:
        """Before Textual's own."""
        if event.size != cast(Screen[Any], self).app.size:
            event.prevent_default()

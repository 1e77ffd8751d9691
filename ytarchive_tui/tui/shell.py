"""What screens, dialogs and widgets may ask of the app."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from textual.message_pump import MessagePump

from ytarchive_tui.settings.model import Settings
from ytarchive_tui.tui.acting import Doer

if TYPE_CHECKING:
    from ytarchive_tui.services.pictures import Pictures
    from ytarchive_tui.tui.actions import Action
    from ytarchive_tui.tui.glyphs import Glyphs


class Shell(Doer, Protocol):
    """The app, seen from below."""

    settings: Settings
    ascii: bool
    glyphs: Glyphs

    @property
    def shows_pictures(self) -> bool:
        """Whether thumbnails are wanted, and the terminal has the colours for them."""

    @property
    def pictures(self) -> Pictures:
        """Makes thumbnails that fit into cells."""

    def key_of(self, action: Action) -> str:
        """The first key of an action as people write it; empty when it has none."""

    def keys_of(self, action: Action) -> list[str]:
        """All keys of an action as people write them."""

    def go_to(self, name: str) -> None:
        """Show the screen of that tab."""

    def edit_settings(self) -> None:
        """Open the settings file in the user's editor, and go by what it says then."""

    def offer(self, text: str) -> None:
        """Open the dialog for adding, with this text in it."""


def shell(widget: MessagePump) -> Shell:
    """The app that the widget belongs to."""
    return cast(Shell, widget.app)

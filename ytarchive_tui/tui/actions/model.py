"""What an action is, and how its one name becomes a key, a palette entry and a word at the prompt."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from textual.binding import Binding, BindingType

UNBOUND = "f35"
"""Stands for «no key»: the keymap replaces the keys of bindings only, so every action has a binding."""


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a user can do.

    `queue.pause-all` is done by `do_pause_all` of whatever has `ACTIONS_OF = "queue"`; an optional
    `can_pause_all` says whether it is of use now. Both are plain functions that return at once.
    """

    name: str
    """Where it is at home, a dot, and a verb: `queue.pause`; `app` is everywhere."""
    title: str
    """For the palette and the help: an imperative in a few words."""
    keys: str
    """Default keys in Textual's names, with commas between; empty for none."""
    help: str
    """One sentence."""
    footer: str = ""
    """A word for the footer; empty keeps it out of there."""
    at_once: bool = False
    """Done before the next key is handed on: for what opens a line to type into, or another screen. Not for
    what is about the row under the cursor: a key that moves it may still be on its way. Of the app and of
    dialogs, `can_<verb>` must say no where the key is meant for a text; screens see to that themselves."""

    @property
    def home(self) -> str:
        """The screen, dialog or widget that does it."""
        return self.name.partition(".")[0]

    @property
    def verb(self) -> str:
        """The end of the name, as in `do_<verb>`."""
        return self.name.partition(".")[2].replace("-", "_")


def bindings(actions: Iterable[Action], *, priority: bool = False) -> list[BindingType]:
    """The `BINDINGS` of an actions' home; the keymap finds them by the action's name."""
    return [
        Binding(
            action.keys or UNBOUND,
            f"do('{action.verb}')",
            action.title,
            tooltip=action.help,
            id=action.name,
            priority=priority or action.at_once,
        )
        for action in actions
    ]

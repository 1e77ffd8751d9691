"""How a screen, a dialog, a widget or the app does its actions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar, Protocol

from ytarchive_tui.tui.actions import ACTIONS, Action


class Doer(Protocol):
    """Who has actions and can do them."""

    def actions(self) -> Iterable[Action]:
        """Its actions, whether or not they are of use now."""

    def can(self, verb: str) -> bool:
        """Whether the action is of use now."""

    def action_do(self, verb: str) -> None:
        """Do it."""


class Acting:
    """Mix in before the Textual class, set `ACTIONS_OF`, and write `do_<verb>` (and `can_<verb>`).

    `BINDINGS = bindings(ACTIONS["queue"])` gives them their keys. Neither method may wait for
    anything: start a worker for that.
    """

    ACTIONS_OF: ClassVar[str]

    def actions(self) -> Iterable[Action]:
        """Its actions, whether or not they are of use now."""
        return ACTIONS[self.ACTIONS_OF]

    def can(self, verb: str) -> bool:
        """Whether the action is of use now: keys that are not are neither shown nor heard."""
        judge = getattr(self, f"can_{verb}", None)
        return judge is None or bool(judge())

    def action_do(self, verb: str) -> None:
        """Textual's side of every binding."""
        getattr(self, f"do_{verb}")()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Textual asks here before it offers or runs a binding."""
        if action == "do":
            return self.can(str(parameters[0]))
        return True

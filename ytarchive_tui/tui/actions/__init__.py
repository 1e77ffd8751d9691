"""The one list of actions: a name here serves the key, the palette, the `:` prompt, the help and the keymap.

A further screen brings a module of its own beside these and one entry in `ACTIONS`.
"""

from __future__ import annotations

from ytarchive_tui.tui.actions.browse import BROWSE, CHOSEN, TREE
from ytarchive_tui.tui.actions.everywhere import APP, TABLE
from ytarchive_tui.tui.actions.library import FACETS, LIBRARY
from ytarchive_tui.tui.actions.logs import LOGS
from ytarchive_tui.tui.actions.model import Action, bindings
from ytarchive_tui.tui.actions.queue import ADD, QUEUE
from ytarchive_tui.tui.actions.recovery import RECOVERY

ACTIONS: dict[str, tuple[Action, ...]] = {
    "app": APP,
    "table": TABLE,
    "queue": QUEUE,
    "add": ADD,
    "browse": BROWSE,
    "tree": TREE,
    "chosen": CHOSEN,
    "library": LIBRARY,
    "facets": FACETS,
    "recovery": RECOVERY,
    "logs": LOGS,
}
"""By home, in the order in which help and footer show them."""


def action_named(name: str) -> Action | None:
    """The action of that full name."""
    home = name.partition(".")[0]
    return next((action for action in ACTIONS.get(home, ()) if action.name == name), None)


__all__ = ["ACTIONS", "Action", "action_named", "bindings"]

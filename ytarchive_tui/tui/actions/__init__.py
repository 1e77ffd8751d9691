"""The one list of actions: a name here serves the key, the palette, the `:` prompt, the help and the keymap.

A further screen brings a module of its own beside these and one entry in `ACTIONS`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

from ytarchive_tui.tui.actions.browse import BROWSE, CHOSEN, SOURCES, TREE
from ytarchive_tui.tui.actions.everywhere import APP, SETTINGS, TABLE, THEME
from ytarchive_tui.tui.actions.library import DELETE, FACETS, LIBRARY
from ytarchive_tui.tui.actions.logs import LOGS
from ytarchive_tui.tui.actions.model import Action, bindings
from ytarchive_tui.tui.actions.queue import ADD, QUEUE
from ytarchive_tui.tui.actions.recovery import RECOVERY

ACTIONS: dict[str, tuple[Action, ...]] = {
    "app": APP,
    "table": TABLE,
    "settings": SETTINGS,
    "theme": THEME,
    "queue": QUEUE,
    "add": ADD,
    "browse": BROWSE,
    "tree": TREE,
    "sources": SOURCES,
    "chosen": CHOSEN,
    "library": LIBRARY,
    "facets": FACETS,
    "delete": DELETE,
    "recovery": RECOVERY,
    "logs": LOGS,
}
"""By home, in the order in which help and footer show them."""


DIALOGS = frozenset({"add", "chosen", "delete", "settings", "sources", "theme"})


def action_named(name: str) -> Action | None:
    """The action of that full name."""
    home = name.partition(".")[0]
    return next((action for action in ACTIONS.get(home, ()) if action.name == name), None)


@cache
def at_once(home: str) -> frozenset[str]:
    """The verbs of a home that are done before the next key is handed on."""
    return frozenset(action.verb for action in ACTIONS[home] if action.at_once)


def every_action() -> Iterator[Action]:
    """All of them, but for what only a dialog that is open can do."""
    for home, actions in ACTIONS.items():
        if home not in DIALOGS:
            yield from actions


__all__ = ["ACTIONS", "Action", "action_named", "at_once", "bindings", "every_action"]

"""The user's keymap: which of its entries can be used, and what is wrong with the others."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Mapping
from typing import NamedTuple

from textual.keys import KEY_TO_UNICODE_NAME, Keys

from ytarchive_tui.domain.text import plain
from ytarchive_tui.tui.actions import ACTIONS, action_named
from ytarchive_tui.tui.actions.model import UNBOUND

_NAMED = frozenset(key.value for key in Keys)
_MODIFIERS = ("ctrl", "shift", "alt", "super", "hyper", "meta")


class Keymap(NamedTuple):
    """Keys by an action's name, as Textual wants them, and complaints in whole sentences."""

    keys: Mapping[str, str]
    complaints: tuple[str, ...]


def read_keymap(asked: Mapping[str, str]) -> Keymap:
    """Judge `[screen.keys]`; an entry that can't be used leaves the action its own keys."""
    keys: dict[str, str] = {}
    complaints: list[str] = []
    names = [action.name for actions in ACTIONS.values() for action in actions]
    for name, text in asked.items():
        wanted = [key.strip() for key in text.split(",") if key.strip()]
        if action_named(name) is None:
            close = difflib.get_close_matches(name, names, n=1)
            meant = f"; did you mean {close[0]}?" if close else "; ? and ctrl+p show their names"
            complaints.append(f"there is no action «{plain(name, 40)}»{meant}")
        elif bad := [key for key in wanted if not is_key(key)]:
            complaints.append(
                f"{name}: «{plain(bad[0], 20)}» is no key; write p, P, f6, ctrl+p, space, slash"
            )
        else:
            keys[name] = ",".join(wanted) or UNBOUND
    return Keymap(keys, (*complaints, *_clashes(keys)))


def is_key(name: str) -> bool:
    """Whether Textual knows a key of that name: `p`, `?`, `f6`, `ctrl+p`, `question_mark`, …"""
    *modifiers, key = name.split("+") if len(name) > 1 else [name]
    if any(modifier not in _MODIFIERS for modifier in modifiers) or not key:
        return False
    return len(key) == 1 or key in _NAMED or name in _NAMED or _is_character(key)


def _is_character(key: str) -> bool:
    named = KEY_TO_UNICODE_NAME.get(key, key.upper().replace("_", " "))
    if key in ("plus", "minus", "slash", "backslash", "underscore", "at"):
        return True
    try:
        unicodedata.lookup(named)
    except KeyError:
        return False
    return True


def _clashes(keys: Mapping[str, str]) -> list[str]:
    """Keys that the user gave to an action while another one of the same place has them."""
    found = []
    for actions in ACTIONS.values():
        of: dict[str, str] = {}
        for action in sorted(actions, key=lambda each: each.name in keys):
            for key in keys.get(action.name, action.keys).split(","):
                if key and key != UNBOUND and action.name in keys and key in of:
                    found.append(
                        f"{key} is for {action.name} and for {of[key]}; give one of them another key"
                    )
                of[key] = action.name
    return found

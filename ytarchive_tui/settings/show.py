"""Settings as text, for `config show`."""

from __future__ import annotations

from enum import Enum
from typing import Any, NamedTuple

from pydantic import SecretStr

from ytarchive_tui.settings.load import Loaded
from ytarchive_tui.settings.redact import redact


class Shown(NamedTuple):
    """One setting, its value without secrets, and where it came from."""

    name: str
    value: str
    origin: str


def shown(loaded: Loaded) -> list[Shown]:
    """Every setting in the order of the documentation."""
    rows = []
    for name, origin in loaded.origins.items():
        group, _, field = name.partition(".")
        value = getattr(getattr(loaded.settings, group), field)
        rows.append(Shown(name, redact(_text(value), loaded.settings.secrets()), origin))
    return rows


def _text(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return str(value).lower()
        case Enum():
            return str(value.value)
        case SecretStr():
            return str(value)
        case tuple():
            return ", ".join(_text(part) for part in value) or "-"
        case float():
            return f"{value:g}"
        case _:
            return str(value)

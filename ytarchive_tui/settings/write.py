"""Changes to the settings file that leave every other line of it as its owner wrote it."""

from __future__ import annotations

import json
import os
import re
import tomllib
from enum import Enum
from pathlib import Path
from typing import Any

from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.settings.model import GROUPS, Settings
from ytarchive_tui.settings.paths import make_private_folder

_TABLE = re.compile(r"^\s*\[([^\[\]]+)\]")
_KEY = re.compile(r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*=""")


def set_text(file: Path, name: str, value: str) -> None:
    """Give the setting `group.field` that text in the file, which is made when absent (0600).

    The file is replaced whole or not at all; where it is a link, what it leads to. Raises `UsageError` when
    it is not valid TOML, or writes the group in a way that can't be changed line by line, and `OSError`.
    """
    file = file.resolve()
    before = file.read_text(encoding="utf-8-sig") if file.exists() else ""
    group, _, field = name.partition(".")
    after = _changed(before, group, field, json.dumps(value, ensure_ascii=False))
    try:
        wanted = tomllib.loads(before)
        wanted.setdefault(group, {})[field] = value
        understood = tomllib.loads(after) == wanted
    except (tomllib.TOMLDecodeError, AttributeError, TypeError):
        understood = False
    if not understood:
        raise UsageError(
            f'{file} can\'t be changed by itself; write {field} = "{value}" below [{group}] in it'
        )
    _replace(file, after)


def line_of(text: str, name: str) -> int | None:
    """The line, from 1, on which `group.field` is set; None when it stands on no line of its own."""
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TABLE.match(line):
            table = found[1].strip()
        elif found := _KEY.match(line):
            full = ".".join(filter(None, (table, re.sub(r"""["'\s]""", "", found[1]))))
            if full == name:
                return number
    return None


def template(file: Path) -> None:
    """Write a file that sets nothing and names everything, with the defaults; raises `OSError`."""
    make_private_folder(file.parent)
    usual = Settings()
    lines = ["# Settings of ytarchive-tui: take the # away before what you change.", ""]
    for group, model in GROUPS.items():
        if group != next(iter(GROUPS)):
            lines.append("")
        lines.append(f"[{group}]")
        for field in model.model_fields:
            if isinstance(value := getattr(getattr(usual, group), field), dict):
                continue
            lines.append(f"# {field} = {_toml(value)}")
    lines += ["", "[screen.keys]", '# "queue.pause" = "p,f6"', ""]
    _replace(file, "\n".join(lines))


def _changed(text: str, group: str, field: str, value: str) -> str:
    lines = text.splitlines(keepends=True)
    if number := line_of(text, f"{group}.{field}"):
        begin = _KEY.match(lines[number - 1])
        assert begin is not None
        lines[number - 1] = f"{begin[0]} {value}\n"
        return "".join(lines)
    for number, line in enumerate(lines, 1):
        if (found := _TABLE.match(line)) and found[1].strip() == group:
            lines[number - 1] = line if line.endswith("\n") else f"{line}\n"
            lines.insert(number, f"{field} = {value}\n")
            return "".join(lines)
    gap = "" if not text else "\n" if text.endswith("\n") else "\n\n"
    return f"{text}{gap}[{group}]\n{field} = {value}\n"


def _replace(file: Path, text: str) -> None:
    make_private_folder(file.parent)
    mode = file.stat().st_mode & 0o777 if file.exists() else 0o600
    draft = file.with_name(f"{file.name}.new")
    with os.fdopen(
        os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8"
    ) as out:
        os.fchmod(out.fileno(), mode)
        out.write(text)
        out.flush()
        os.fsync(out.fileno())
    os.replace(draft, file)


def _toml(value: Any) -> str:
    match value:
        case None:
            return '""'
        case bool():
            return str(value).lower()
        case Enum():
            return json.dumps(value.value)
        case int() | float():
            return f"{value}"
        case tuple():
            return f"[{', '.join(_toml(part) for part in value)}]"
        case _:
            return json.dumps(str(value), ensure_ascii=False)

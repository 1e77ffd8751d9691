"""Settings from the command line, the environment, a TOML file and the defaults, in this order.

The layers are merged here and not by pydantic-settings: that package skips a misspelt variable,
stops at the first value it can't parse, and doubles the time of the import.
"""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.model import GROUPS, NAMES, SECRET_NAMES, Settings
from ytarchive_tui.settings.paths import PATH_VARIABLES, default_config_file
from ytarchive_tui.settings.redact import remember

PREFIX = "YTARCHIVE_"
DEFAULT = "default"


@dataclass(frozen=True)
class Loaded:
    """Settings, and where each came from."""

    settings: Settings
    origins: Mapping[str, str]
    """By `group.field`: `command line`, `environment NAME`, `file PATH` or `default`."""
    config_file: Path | None
    """The file that was read; None when there is none."""


@dataclass(frozen=True)
class _Entry:
    name: str
    """`group.field` as it was written, known or not."""
    value: Any
    origin: str


def load(cli: Mapping[str, Any], env: Mapping[str, str], config_file: Path | None = None) -> Loaded:
    """Read, merge and check all layers.

    `cli` goes by `group.field`, None is «not given»; `config_file` is the one the user named, else
    the usual one is read if it exists. Raises `UsageError` with one line for each problem.
    """
    file = config_file or default_config_file(env)
    entries = _from_file(file, must_exist=file != default_config_file({}))
    read = file if file.exists() else None
    merged: dict[str, _Entry] = {}
    problems: list[str] = []
    for entry in (*entries, *_from_environment(env), *_from_cli(cli)):
        if entry.name in NAMES:
            merged[entry.name] = entry
        else:
            problems.append(_unknown(entry))
    data: dict[str, dict[str, Any]] = {}
    for name, entry in merged.items():
        group, _, field = name.partition(".")
        data.setdefault(group, {})[field] = entry.value
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        problems += [_refused(detail, merged) for detail in error.errors(include_url=False)]
    if problems:
        raise UsageError("\n".join(problems))
    remember(settings.secrets())
    origins = {name: merged[name].origin if name in merged else DEFAULT for name in NAMES}
    return Loaded(settings, origins, read)


def _from_file(file: Path, *, must_exist: bool) -> list[_Entry]:
    origin = f"file {file}"
    try:
        tables = tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        if must_exist:
            raise UsageError(f"{origin}: does not exist") from None
        return []
    except OSError as error:
        raise UsageError(f"{origin}: can't be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{origin}: is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{origin}: is not valid TOML: {error}") from None
    return list(_flattened(tables, origin))


def _flattened(tables: Mapping[str, Any], origin: str) -> Iterator[_Entry]:
    for group, table in tables.items():
        if isinstance(table, dict):
            yield from (_Entry(f"{group}.{field}", value, origin) for field, value in table.items())
        else:
            yield _Entry(group, table, origin)


def _from_environment(env: Mapping[str, str]) -> Iterator[_Entry]:
    """Variables with our prefix; an empty one counts as not set."""
    for variable, value in sorted(env.items()):
        if variable.startswith(PREFIX) and variable not in PATH_VARIABLES and value:
            name = variable.removeprefix(PREFIX).lower().replace("__", ".", 1)
            yield _Entry(name, value, f"environment {variable}")


def _from_cli(cli: Mapping[str, Any]) -> Iterator[_Entry]:
    for name, value in cli.items():
        if value is not None:
            yield _Entry(name, value, "command line")


def _unknown(entry: _Entry) -> str:
    group, _, field = entry.name.partition(".")
    close = difflib.get_close_matches(entry.name, NAMES, n=1)
    if group in GROUPS and not field:
        allowed = f"is a group: write it as a table, [{group}]"
    elif close:
        allowed = f"is not a setting; did you mean {close[0]}?"
    elif group in GROUPS:
        allowed = f"is not a setting; {group} has {', '.join(GROUPS[group].model_fields)}"
    else:
        allowed = f"is not a setting; the groups are {', '.join(GROUPS)}"
    return f"{entry.origin}: {plain(entry.name, 80)} {allowed}"


def _refused(detail: ErrorDetails, merged: Mapping[str, _Entry]) -> str:
    name = ".".join(str(part) for part in detail["loc"][:2])
    entry = merged[name]
    # A value of the wrong kind altogether is shown whole, one bad element of a list alone.
    shown = "(not shown)" if name in SECRET_NAMES else plain(repr(detail["input"]), 80)
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    return f"{entry.origin}: {name} = {shown}: {message}"

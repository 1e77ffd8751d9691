"""The settings in force, the file that they can be changed in, and when a change takes effect."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, NamedTuple

from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.settings.load import Loaded
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.show import shown
from ytarchive_tui.settings.write import line_of, set_text, template

Effect = Literal["now", "next added", "next start"]

_NOW = frozenset({"screen.theme", "screen.keys", "screen.thumbnails"})
_NEXT_ADDED = frozenset(
    f"archive.{field}"
    for field in ("root", "quality", "container", "subtitles", "auto_captions", "thumbnail", "embed_chapters")
)
THEME = "screen.theme"


class Line(NamedTuple):
    """One setting as a screen shows it."""

    name: str
    value: str
    origin: str
    """`default`, `file`, `command line`, or `environment NAME`."""
    effect: Effect
    in_force: str | None
    """The value that the running program goes by, where that is another one."""


class Change(NamedTuple):
    """A setting that was changed while the program runs."""

    name: str
    before: str
    after: str
    effect: Effect


class Problem(NamedTuple):
    """What can't be used, and where it stands in the file, if it does."""

    line: int | None
    text: str


class SettingsRefusedError(Exception):
    """The file can't be used as it is; what was in force stays."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        super().__init__("\n".join(each.text for each in problems))
        self.problems = problems


class SettingsFile:
    """Reads the settings again when asked to; `reload` gives them as at the start, or raises `UsageError`."""

    def __init__(self, loaded: Loaded, path: Path, reload: Callable[[], Loaded]) -> None:
        self.path = path
        self._started = self._loaded = loaded
        self._reload = reload

    @property
    def settings(self) -> Settings:
        """As last read without complaint."""
        return self._loaded.settings

    def lines(self) -> list[Line]:
        """Every setting, in the order of the documentation."""
        running = {row.name: row.value for row in shown(self._started)}
        return [
            Line(
                row.name,
                row.value,
                "file" if row.origin.startswith("file ") else row.origin,
                effect := effect_of(row.name),
                running[row.name] if effect == "next start" and running[row.name] != row.value else None,
            )
            for row in shown(self._loaded)
        ]

    def make(self) -> None:
        """Write a file that names every setting and sets none, unless there is one; raises `OSError`."""
        if not self.path.exists():
            template(self.path)

    def read_again(self) -> tuple[Change, ...]:
        """Take over what the file says now; raises `SettingsRefusedError`, and then nothing has changed."""
        try:
            loaded = self._reload()
        except UsageError as error:
            raise SettingsRefusedError(self._problems(str(error))) from error
        before = {row.name: row.value for row in shown(self._loaded)}
        self._loaded = loaded
        return tuple(
            Change(row.name, before[row.name], row.value, effect_of(row.name))
            for row in shown(loaded)
            if row.value != before[row.name]
        )

    def keep_theme(self, theme: str) -> str | None:
        """Write the theme's name to the file; a sentence when something else decides at the next start.

        Raises `UsageError` and `OSError`.
        """
        origin = self._loaded.origins[THEME]
        if origin.startswith(("environment ", "command line")):
            return f"the {origin} decides on the theme at the next start"
        set_text(self.path, THEME, theme)
        self.read_again()
        return None

    def _problems(self, text: str) -> tuple[Problem, ...]:
        try:
            content = self.path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError):
            content = ""
        return tuple(self._problem(line, content) for line in text.splitlines())

    def _problem(self, text: str, content: str) -> Problem:
        told = text.removeprefix(f"file {self.path}: ")
        if told == text:
            return Problem(None, text)
        if syntax := re.search(r" \(at line (\d+), column \d+\)", told):
            return Problem(int(syntax[1]), told.replace(syntax[0], ""))
        return Problem(line_of(content, told.split(" ", 1)[0]), told)


def effect_of(name: str) -> Effect:
    """When another value of that setting takes effect in the program that runs."""
    return "now" if name in _NOW else "next added" if name in _NEXT_ADDED else "next start"


def editor(env: Mapping[str, str], found: Callable[[str], str | None]) -> str | None:
    """The command of the user's editor; None when none is known. `found` is `shutil.which`."""
    named = env.get("VISUAL") or env.get("EDITOR")
    return named or next((name for name in ("nano", "vim", "vi", "emacs") if found(name)), None)

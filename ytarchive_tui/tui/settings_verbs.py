"""What the app has to do with its settings: keys and theme from them, and the ways to change them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from textual.app import App

from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.services.settings import SettingsFile, SettingsRefusedError
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.tui.keymap import read_keymap
from ytarchive_tui.tui.waiting import later


class SettingsVerbs(App[None]):
    """The app's side of settings, themes and keymap; `app` adds everything else."""

    settings: Settings

    def __init__(self, file: SettingsFile | None) -> None:
        """`file`: where the settings can be looked at and changed."""
        super().__init__()
        self.is_lent = False
        """Whether another program has the terminal just now."""
        self._file = file
        self._keys: Mapping[str, str] = {}

    def do_theme(self) -> None:
        """Try the themes; the one that is taken is kept in the settings file."""
        from ytarchive_tui.tui.screens.theme import ThemeDialog

        self.push_screen(ThemeDialog(self.available_themes, self.theme), self._keep_theme)

    def _keep_theme(self, theme: str | None) -> None:
        if theme is None or self._file is None:
            return
        try:
            told = self._file.keep_theme(theme)
        except (UsageError, SettingsRefusedError, OSError) as error:
            told = f"the theme could not be kept: {error}"
        if told:
            self.notify(told, severity="warning")

    def can_settings(self) -> bool:
        return self._file is not None and self._hears_keys()

    can_edit_settings = can_settings

    def do_settings(self) -> None:
        """Every setting with its origin."""
        from ytarchive_tui.tui.screens.settings import SettingsScreen

        if self._file is not None:
            self.push_screen(SettingsScreen(self._file))

    def do_edit_settings(self) -> None:
        """The settings file in the user's editor."""
        self.edit_settings()

    def edit_settings(self) -> None:
        """Open the editor, then go by what the file says; what is wrong with it is shown line by line."""
        later(self, self._edit_settings, group="settings")

    async def _edit_settings(self) -> None:
        from ytarchive_tui.tui.editing import edit, take_over
        from ytarchive_tui.tui.screens.settings import SettingsScreen

        if self._file is None or self.is_lent or not await edit(self, self._file):
            return
        problems = take_over(self, self._file)
        if isinstance(self.screen, SettingsScreen):
            self.screen.show(problems)
        elif problems:
            self.push_screen(SettingsScreen(self._file, problems))

    def go_by(self, settings: Settings) -> None:
        """Other settings from now on, as far as they can change while the program runs."""
        complaints: list[str] = []
        if settings.screen.theme != self.settings.screen.theme:
            complaints += self._choose_theme(settings.screen.theme)
        self.settings = settings
        complaints += self._set_keys()
        self._complain(complaints)

    def _hears_keys(self) -> bool:
        """Whether a key is meant for an action, and not for a text."""
        raise NotImplementedError

    def _complain(self, complaints: Iterable[str]) -> None:
        for complaint in complaints:
            self.notify(complaint, title="Settings", severity="warning", timeout=10)

    def _choose_theme(self, name: str) -> Iterator[str]:
        known = name in self.available_themes
        self.theme = name if known else "archive"
        if not known:
            yield f"there is no theme «{name}»; choose one with :theme"

    def _set_keys(self) -> Iterable[str]:
        self._keys, complaints = read_keymap(self.settings.screen.keys)
        self.set_keymap(dict(self._keys))
        return complaints

"""The full-screen program: modes, keys, themes and manners; what it shows is the screens' business."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.command import Provider
from textual.filter import LineFilter
from textual.notifications import SeverityLevel

from ytarchive_tui.settings.model import Settings
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, Action, action_named, bindings
from ytarchive_tui.tui.actions.model import UNBOUND
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.glyphs import ASCII, UNICODE
from ytarchive_tui.tui.neutral import Neutral
from ytarchive_tui.tui.palette import ActionProvider
from ytarchive_tui.tui.registry import tabs
from ytarchive_tui.tui.screens.base import BaseScreen
from ytarchive_tui.tui.themes import OWN
from ytarchive_tui.tui.widgets.prompt import Prompt

_KEY_SIGNS = {
    "space": "␣", "enter": "⏎", "escape": "esc", "question_mark": "?", "slash": "/", "colon": ":",
    "less_than_sign": "<", "greater_than_sign": ">", "plus": "+", "minus": "-", "asterisk": "*", "down": "↓",
    "up": "↑", "pagedown": "PgDn", "pageup": "PgUp", "home": "Home", "end": "End", "shift+enter": "⇧⏎",
}  # fmt: skip
_ASCII_SIGNS = {"space": "space", "enter": "enter", "down": "down", "up": "up", "shift+enter": "shift-enter"}


class YtarchiveApp(Acting, App[None]):
    """The shell around the screens; `bridge` leads to the engine."""

    ACTIONS_OF = "app"
    TITLE = "ytarchive"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(ACTIONS["app"]),
        *((tab.key, f"go('{tab.name}')", tab.title) for tab in tabs()),
    ]
    COMMANDS: ClassVar[set[type[Provider]]] = {ActionProvider}  # type: ignore[assignment]
    # Textual declares both as variables of the instance.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "f34"

    def __init__(
        self, settings: Settings, bridge: Bridge, *, ascii_only: bool = False, note: str = ""
    ) -> None:
        super().__init__()
        self.settings = settings
        self.bridge = bridge
        self.ascii = settings.screen.ascii or ascii_only
        """Whether only ASCII is drawn; see `glyphs`."""
        self.glyphs = ASCII if self.ascii else UNICODE
        self._note = note
        self._neutral = Neutral()
        self._keys = dict(settings.screen.keys)
        for theme in OWN:
            self.register_theme(theme)
        for tab in tabs():
            self.add_mode(tab.name, lambda tab=tab: tab.load()(bridge))  # type: ignore[misc]

    def on_mount(self) -> None:
        """Show the first screen; the engine is opened behind it."""
        complaints = [*self._choose_theme(self.settings.screen.theme), *self._set_keys()]
        self.bridge.on_change = self._jobs_changed
        self.bridge.on_beat = self._beat
        self.switch_mode(tabs()[0].name)
        self.call_after_refresh(self.bridge.start)
        self.call_after_refresh(self._greet, complaints)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Text from outside is made harmless before anything else is done to a line."""
        return [self._neutral, *super().get_line_filters()]

    def notify(
        self, message: str, *, title: str = "", severity: SeverityLevel = "information",
        timeout: float | None = None, markup: bool = False,
    ) -> None:  # fmt: skip
        """A toast; never markup unless it is asked for, because titles hold brackets."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=markup)

    @property
    def base(self) -> BaseScreen | None:
        """The screen behind the tab, below any dialog; None while the program starts or ends."""
        stack = self._screen_stacks.get(self.current_mode) if self.is_running else None
        found = stack[0] if stack else None
        return found if isinstance(found, BaseScreen) else None

    def all_actions(self) -> Iterable[tuple[Acting, Action]]:
        """What can be done here and now, with who does it: for palette and prompt."""
        homes: list[Acting] = [self]
        if self.base is not None:
            homes.insert(0, self.base)
            focused = self.base.focused
            if isinstance(focused, Acting):
                homes.insert(1, focused)
        for home in homes:
            yield from ((home, action) for action in home.actions() if home.can(action.verb))

    def key_of(self, action: Action) -> str:
        """The first key of an action as people write it; empty when it has none."""
        keys = self.keys_of(action)
        return keys[0] if keys else ""

    def keys_of(self, action: Action) -> list[str]:
        """All keys of an action as people write them."""
        signs = _KEY_SIGNS | (_ASCII_SIGNS if self.ascii else {})
        names = self._keys.get(action.name, action.keys).split(",")
        return [signs.get(name, name.replace("ctrl+", "^")) for each in names if (name := each.strip())]

    def offer(self, text: str) -> None:
        """Open the dialog for adding, with this text in it."""
        from ytarchive_tui.tui.screens.add import AddDialog

        if text.strip():
            self.push_screen(AddDialog(self.bridge, self.settings, text))

    def go_to(self, name: str) -> None:
        """Show the screen of that tab."""
        if self.screen is self.base and name != self.current_mode:
            self.switch_mode(name)

    def action_go(self, name: str) -> None:
        """Textual's side of the digit keys."""
        self.go_to(name)

    def do_help(self) -> None:
        """Keys of what has focus."""
        from ytarchive_tui.tui.screens.help import HelpDialog

        self.push_screen(HelpDialog(self.base))

    def do_palette(self) -> None:
        """Textual's palette, over our actions."""
        self.action_command_palette()

    def can_prompt(self) -> bool:
        return self.base is not None and self.screen is self.base and not self.base.typing

    def do_prompt(self) -> None:
        """An action by its name."""
        if self.base is not None:
            names = sorted(action.name for _, action in self.all_actions())
            self.base.ask(Prompt(":", hint="an action's name", words=names, done=self._do_named))

    def do_theme(self) -> None:
        """Textual's theme chooser."""
        self.search_themes()

    def do_suspend(self) -> None:
        """Back to the shell until `fg`."""
        self.action_suspend_process()

    def do_quit(self) -> None:
        """At once when nothing runs, else after a question."""
        if not self.bridge.has_work:
            self.exit()
            return
        from ytarchive_tui.tui.screens.leave import LeaveDialog

        running = self.bridge.pulse.figures.running if self.bridge.pulse.figures else 0
        self.push_screen(LeaveDialog(running), lambda leave: self.exit() if leave else None)

    async def action_quit(self) -> None:
        """Textual's own quit is ours."""
        self.do_quit()

    def _do_named(self, text: str) -> None:
        wanted = text.strip().lower()
        for home, action in self.all_actions():
            if wanted in (action.name, action.name.partition(".")[2]):
                home.action_do(action.verb)
                return
        if not wanted:
            return
        known = action_named(wanted)
        self.notify(f"«{wanted}» is of no use here now" if known else f"there is no action «{wanted}»",
                    severity="warning")  # fmt: skip

    def _greet(self, complaints: Sequence[str]) -> None:
        """Toasts belong to a screen, so they wait for the first one."""
        if self._note:
            self.notify(self._note, timeout=12)
        for complaint in complaints:
            self.notify(complaint, title="Settings", severity="warning", timeout=10)

    def _choose_theme(self, name: str) -> Iterator[str]:
        known = name in self.available_themes
        self.theme = name if known else "archive"
        if not known:
            yield f"there is no theme «{name}»; choose one with :theme"

    def _set_keys(self) -> Iterator[str]:
        unknown = [name for name in self._keys if action_named(name) is None]
        self.set_keymap({name: keys or UNBOUND for name, keys in self._keys.items() if name not in unknown})
        if unknown:
            yield f"no such action: {', '.join(unknown)}"

    def _jobs_changed(self) -> None:
        if self.base is not None:
            self.base.jobs_changed()

    def _beat(self) -> None:
        if self.base is not None and self.base.is_mounted:
            self.base.told_beat()

    def _fatal_error(self) -> None:
        """As Textual's, without local variables: they hold keys and addresses."""
        import rich
        from rich.segment import Segments
        from rich.traceback import Traceback

        shown = Traceback(show_locals=False, width=None, suppress=[rich])
        self._exit_renderables.append(Segments(self.console.render(shown, self.console.options)))
        self._close_messages_no_wait()

"""The full-screen program: modes, keys, themes and manners; what it shows is the screens' business."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import BindingType
from textual.color import Color
from textual.command import Provider
from textual.css.query import NoMatches
from textual.driver import Driver
from textual.filter import LineFilter
from textual.notifications import SeverityLevel
from textual.widget import AwaitMount

from ytarchive_tui.services.settings import SettingsFile
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.redact import redact_error
from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import ACTIONS, Action, action_named, bindings, every_action
from ytarchive_tui.tui.actions.model import UNBOUND
from ytarchive_tui.tui.bridge import Bridge, EngineState
from ytarchive_tui.tui.glyphs import ASCII, UNICODE
from ytarchive_tui.tui.neutral import Neutral
from ytarchive_tui.tui.palette import PALETTE, ActionProvider, Palette
from ytarchive_tui.tui.registry import tabs
from ytarchive_tui.tui.screens.base import BaseScreen
from ytarchive_tui.tui.settings_verbs import SettingsVerbs
from ytarchive_tui.tui.themes import OWN, readable
from ytarchive_tui.tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from ytarchive_tui.services.pictures import Pictures

_KEY_SIGNS = {
    "space": "␣", "enter": "⏎", "escape": "esc", "question_mark": "?", "slash": "/", "colon": ":",
    "less_than_sign": "<", "greater_than_sign": ">", "plus": "+", "minus": "-", "asterisk": "*", "down": "↓",
    "comma": ",", "up": "↑", "pagedown": "PgDn", "pageup": "PgUp", "home": "Home", "end": "End",
    "shift+enter": "⇧⏎",
}  # fmt: skip
_TABS = frozenset(tab.name for tab in tabs())
_ASCII_SIGNS = {"space": "space", "enter": "enter", "down": "down", "up": "up", "shift+enter": "shift-enter"}


class YtarchiveApp(Acting, SettingsVerbs):
    """The shell around the screens; `bridge` leads to the engine."""

    ACTIONS_OF = "app"
    TITLE = "ytarchive"
    CSS_PATH = "app.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(ACTIONS["app"]),
    ]
    COMMANDS: ClassVar[set[type[Provider]]] = {ActionProvider}  # type: ignore[assignment]
    # Textual declares both as variables of the instance.
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (150, "-wide")]  # noqa: RUF012
    VERTICAL_BREAKPOINTS = [(0, "-low"), (30, "-high")]  # noqa: RUF012
    ENABLE_COMMAND_PALETTE = True
    COMMAND_PALETTE_BINDING = "f34"

    def __init__(
        self, settings: Settings, bridge: Bridge, *, ascii_only: bool = False, utf8: bool = True,
        note: str = "", file: SettingsFile | None = None,
    ) -> None:  # fmt: skip
        """`utf8`: whether the terminal reads UTF-8; if not, titles are shown in ASCII as well."""
        self._readable: dict[str, dict[str, str]] = {}
        super().__init__(file)
        self.settings = settings
        self.bridge = bridge
        self.ascii = settings.screen.ascii or ascii_only or not utf8
        """Whether only ASCII is drawn; see `glyphs`."""
        self.glyphs = ASCII if self.ascii else UNICODE
        self._note = note
        self._arriving: AwaitMount | None = None
        self._neutral = Neutral(drawn_in_ascii=self.ascii, ascii_only=not utf8)
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

    def get_driver_class(self) -> type[Driver]:
        """Ours wherever Textual would take its own for terminals."""
        from textual.drivers.linux_driver import LinuxDriver

        from ytarchive_tui.tui.driver import TerminalDriver

        usual = super().get_driver_class()
        return TerminalDriver if usual is LinuxDriver else usual

    def get_css_variables(self) -> dict[str, str]:
        """The theme's, with colours of text that can be read on its grounds."""
        if self.current_theme.name not in self._readable:
            self._readable = {self.current_theme.name: readable(super().get_css_variables())}
        self.theme_variables = dict(self._readable[self.current_theme.name])
        return self.theme_variables

    @property
    def shows_pictures(self) -> bool:
        """Whether thumbnails are wanted, and the terminal has the colours for them."""
        colours = self.console.color_system in ("256", "truecolor")
        return self.settings.screen.thumbnails and colours and not self.ascii and not self.no_color

    @cached_property
    def pictures(self) -> Pictures:
        """Makes thumbnails that fit into cells."""
        from ytarchive_tui.services.pictures import Pictures, find_ffmpeg

        return Pictures(lambda: find_ffmpeg(self.settings.tools))

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
        return [
            signs.get(name, name.replace("ctrl+", "^"))
            for each in names
            if (name := each.strip()) and name != UNBOUND
        ]

    def offer(self, text: str) -> None:
        """Open the dialog for adding, with this text in it."""
        from ytarchive_tui.tui.screens.add import AddDialog

        if text.strip():
            self.push_screen(AddDialog(self.bridge, self.settings, text))

    def go_to(self, name: str) -> None:
        """Show the screen of that tab."""
        if self.screen is self.base and name != self.current_mode:
            self._arriving = self.switch_mode(name)

    async def on_event(self, event: events.Event) -> None:
        """Keys wait for the screen that an earlier one asked for: it is what they are meant for."""
        if isinstance(event, events.Key) and self._arriving is not None:
            arriving, self._arriving = self._arriving, None
            await arriving
        await super().on_event(event)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Where one types, or in a dialog, the keys of the tabs are keys like any other."""
        if action == "do" and parameters[0] in _TABS:
            return self._hears_keys() and self.screen is self.base
        return super().check_action(action, parameters)

    def do_queue(self) -> None:
        self.go_to("queue")

    def do_browse(self) -> None:
        self.go_to("browse")

    def do_library(self) -> None:
        self.go_to("library")

    def do_recovery(self) -> None:
        self.go_to("recovery")

    def do_logs(self) -> None:
        self.go_to("logs")

    def can_help_here(self) -> bool:
        return self.is_running and self.screen.id != "help"

    def do_help(self) -> None:
        """Keys of what has focus."""
        from ytarchive_tui.tui.screens.help import HelpDialog

        self.push_screen(HelpDialog(self.screen))

    def do_palette(self) -> None:
        """Textual's palette, over our actions."""
        if self.screen.id != PALETTE:
            self.push_screen(Palette(id=PALETTE))

    def do_help_here(self) -> None:
        """The same by a key that is no character."""
        self.do_help()

    def can_prompt(self) -> bool:
        return self._hears_keys() and self.screen is self.base

    def _hears_keys(self) -> bool:
        return self.base is not None and not self.base.typing

    def do_prompt(self) -> None:
        """An action by its name."""
        if self.base is not None:
            names = sorted(action.name for action in every_action())
            self.base.ask(Prompt(":", hint="an action's name", words=names, done=self._do_named))

    def do_suspend(self) -> None:
        """Back to the shell until `fg`."""
        self.action_suspend_process()

    def can_take_over(self) -> bool:
        return self.bridge.pulse.state is EngineState.ALONE

    def do_take_over(self) -> None:
        """Run the engine here."""
        self.bridge.take_over()

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

    def action_help_quit(self) -> None:
        """Ctrl-C, where no text is selected for it to copy."""
        self.do_quit()

    def where(self, action: Action) -> str:
        """Why an action can't be done here and now."""
        tab = next((tab for tab in tabs() if tab.name == action.home), None)
        if tab is None or tab.name == self.current_mode:
            return f"Of no use here now: {action.help}"
        return f"Goes to {tab.title}, where it can be done: {action.help}"

    def lead_to(self, action: Action) -> None:
        """Go to where the action can be done, or say that it can't be done now."""
        if action.home != self.current_mode and any(tab.name == action.home for tab in tabs()):
            self.go_to(action.home)
            key = self.key_of(action)
            self.notify(f"«{action.title}» is done here" + (f" with {key}" if key else f", :{action.name}"))
        else:
            self.notify(f"«{action.title}» is of no use here now", severity="warning")

    def _do_named(self, text: str) -> None:
        wanted = text.strip().lower()
        for home, action in self.all_actions():
            if wanted in (action.name, action.name.partition(".")[2]):
                home.action_do(action.verb)
                return
        if not wanted:
            return
        if known := action_named(wanted):
            self.lead_to(known)
        else:
            self.notify(f"there is no action «{wanted}»", severity="warning")

    def _greet(self, complaints: Sequence[str]) -> None:
        """Toasts belong to a screen, so they wait for the first one."""
        if self._note:
            self.notify(self._note, timeout=12)
        self._complain(complaints)

    def _jobs_changed(self) -> None:
        if self.base is not None:
            self.base.jobs_changed()

    def _beat(self) -> None:
        if self.base is not None and self.base.is_mounted:
            self.base.told_beat()

    def _handle_exception(self, error: Exception) -> None:
        """As Textual's; a dialog that opens while the program leaves stays empty, which is no fault."""
        if self._exit and isinstance(error, NoMatches):
            self.log.error(error)
        else:
            super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """As Textual's, harmless to the terminal, without secrets: local variables are full of them."""
        import rich
        from rich.segment import Segments
        from rich.traceback import Traceback

        kind, error, where = sys.exc_info()
        assert kind is not None and error is not None
        trace = Traceback.extract(kind, error, where, show_locals=False)
        for stack in trace.stacks:
            stack.exc_value = redact_error(stack.exc_value)
        shown = Traceback(trace, show_locals=False, width=None, suppress=[rich])
        lines = self.console.render_lines(shown, new_lines=True)
        told = (self._neutral.apply(line[:-1], Color(0, 0, 0)) + line[-1:] for line in lines)
        self._exit_renderables.append(Segments([segment for line in told for segment in line]))
        self._close_messages_no_wait()

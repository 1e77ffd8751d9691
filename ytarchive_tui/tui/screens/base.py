"""What the screens have in common: the lines at top and bottom, the prompt, and how they hear of changes."""

from __future__ import annotations

from textual import events
from textual.app import ComposeResult
from textual.screen import Screen
from textual.widgets import Input, TextArea

from ytarchive_tui.tui.acting import Acting
from ytarchive_tui.tui.actions import at_once
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.waiting import Work, later
from ytarchive_tui.tui.widgets.key_line import KeyLine
from ytarchive_tui.tui.widgets.prompt import Prompt, PromptLine
from ytarchive_tui.tui.widgets.top_line import TopLine


class BaseScreen(Acting, Steady, Screen[None]):
    """A screen behind a tab; gets the bridge and nothing else.

    Write `body`, and as needed `jobs_changed`, `beat`, `do_<verb>`. Anything that waits goes through
    `later`. Only view state lives here: filter, order, cursor.
    """

    AUTO_FOCUS = "VirtualTable"

    def __init__(self, bridge: Bridge) -> None:
        super().__init__()
        self.bridge = bridge

    def compose(self) -> ComposeResult:
        """Top line, body, prompt and keys."""
        yield TopLine(self.bridge.pulse, self.ACTIONS_OF)
        yield from self.body()
        yield PromptLine()
        yield KeyLine(self)

    def body(self) -> ComposeResult:
        """Everything between the lines."""
        raise NotImplementedError

    def jobs_changed(self) -> None:
        """Jobs changed, or the screen is shown again: ask the services anew, in a worker."""

    def beat(self) -> None:
        """Called once a second while the screen is shown."""

    def on_screen_resume(self) -> None:
        """Nothing was heard while another screen was in front."""
        self.jobs_changed()
        self.told_beat()

    def told_beat(self) -> None:
        """The pulse has new figures."""
        self.query_one(TopLine).refresh()
        self.query_one(KeyLine).refresh()
        self.beat()

    def later(self, work: Work, *, group: str = "default", latest: bool = False) -> None:
        """Do what has to wait, in a worker; see `waiting.later`."""
        later(self, work, group=group, latest=latest)

    def keys_changed(self) -> None:
        """Call when `can_<verb>` may answer differently, so that the footer shows it."""
        self.query_one(KeyLine).refresh()

    def ask(self, prompt: Prompt) -> None:
        """Show a line to type into, above the keys; it has the keys at once."""
        self.query_one(PromptLine).open(prompt)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """What is done at once is asked for before the text that one types gets the key."""
        if action == "do" and self.typing and parameters[0] in at_once(self.ACTIONS_OF):
            return False
        return super().check_action(action, parameters)

    @property
    def prompting(self) -> bool:
        """Whether that line is open."""
        return self.query_one(PromptLine).display

    @property
    def typing(self) -> bool:
        """Whether keys are meant for a text."""
        return isinstance(self.focused, Input | TextArea)

    def on_paste(self, event: events.Paste) -> None:
        """Addresses pasted outside an input are offered for adding."""
        event.stop()
        shell(self).offer(event.text)

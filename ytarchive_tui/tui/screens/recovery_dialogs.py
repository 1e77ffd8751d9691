"""What is asked and told before something is done about a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from ytarchive_tui.domain.causes import Advice
from ytarchive_tui.domain.plans import FixKind
from ytarchive_tui.domain.recovery import span
from ytarchive_tui.tui.steady import Steady
from ytarchive_tui.tui.wording import cells, count

if TYPE_CHECKING:
    from ytarchive_tui.services.recovery import Preview


class PreviewDialog(Steady, ModalScreen[bool]):
    """What would be done; answers True to do it. `faster(steps)` gives another."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("enter,y", "answer(True)", "Do it"), ("escape,n,q", "answer(False)", "Leave"),
        ("plus,equals_sign", "pace(1)", "Faster"), ("minus", "pace(-1)", "Slower"),
    ]  # fmt: skip

    def __init__(self, preview: Preview, faster: Callable[[int], Preview] | None = None) -> None:
        super().__init__()
        self._preview = preview
        self._faster = faster

    def compose(self) -> ComposeResult:
        """One text."""
        with VerticalScroll(classes="dialog") as box:
            box.border_title = Content(self._preview.fix.title)
            yield Static(self._text(), markup=False)

    def action_answer(self, do_it: bool) -> None:
        """Close with the answer."""
        self.dismiss(do_it)

    def action_pace(self, by: int) -> None:
        """Another pace, where there is one to choose."""
        if self._faster is not None:
            self._preview = self._faster(by)
            self.query_one(Static).update(self._text())

    def _text(self) -> Content:
        preview = self._preview
        asks = f"about {preview.requests:,} requests" if preview.requests else "nothing"
        parts: list[tuple[str, str] | str] = [
            (f"{count(preview.jobs, 'item')}", "bold"),
            f" of {preview.plan.jobs:,}: {cells(preview.plan.title)}\n",
            f"Asked of the site: {asks}, and the media.\n",
        ]  # fmt: skip
        trial = preview.fix.kind is FixKind.TRY_ONE
        if self._faster is not None and not trial:
            pace = "all at once"
            if preview.per_hour is not None:
                pace = f"{preview.per_hour:,} an hour, the last {span(preview.takes_s)} from now"
            parts.append(f"Pace: {pace}\n")
        parts.append("\n")
        for example in preview.sample:
            parts += [f"  {cells(example.title or example.url)}\n"]
        if preview.jobs > len(preview.sample):
            parts.append((f"  and {preview.jobs - len(preview.sample):,} more\n", "$text-muted"))
        parts += ["\n", ("enter", "bold $text-accent"), " do it     ", ("esc", "bold $text-accent"), " leave"]
        if self._faster is not None:
            parts += ["     ", ("+ -", "bold $text-accent"), " more, fewer" if trial else " faster, slower"]
        return Content.assemble(*parts)

    @property
    def preview(self) -> Preview:
        """As it was left."""
        return self._preview


class AdviceDialog(Steady, ModalScreen[None]):
    """What to do outside of the program, step by step."""

    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter,q", "dismiss", "Close")]

    def __init__(self, advice: Advice) -> None:
        super().__init__()
        self._advice = advice

    def compose(self) -> ComposeResult:
        """Numbered steps."""
        steps = [f"{n}. {step}" for n, step in enumerate(self._advice.steps, 1)]
        with VerticalScroll(classes="dialog") as box:
            box.border_title = Content(self._advice.title)
            box.border_subtitle = "esc closes"
            yield Static(Content("\n\n".join(steps)), markup=False)

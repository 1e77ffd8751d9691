"""The Logs: the program's log as it is written, and what one line leads to."""

from __future__ import annotations

import asyncio
import os
from functools import partial
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.containers import Container, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.log_filter import LEVELS, LogFilter, LogLine
from ytarchive_tui.services.log_lines import POLL_S, LogReader, LogView
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.tui.actions import ACTIONS, bindings
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.jumps import show_in_queue
from ytarchive_tui.tui.screens.base import BaseScreen
from ytarchive_tui.tui.widgets.log_table import LogTable
from ytarchive_tui.tui.widgets.note_line import NoteLine
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.wording import cells, count

_SHOWN_FROM = LEVELS[:4]
_LEVEL_STYLES = {"warning": "$text-warning", "error": "$text-error", "critical": "$text-error"}


class LogsScreen(BaseScreen):
    """View state: what is searched and filtered for; the reader's thread does the work."""

    ACTIONS_OF = "logs"
    AUTO_FOCUS = "LogTable"
    BINDINGS = bindings(ACTIONS["logs"])
    CSS_PATH = "logs.tcss"

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._folder = log_folder(bridge.database)
        self._reader = LogReader(self._folder)
        self.table = LogTable(self._reader)
        self._filter = ""
        self._least = LEVELS[0]
        self._found = ""
        self._updating = False

    def body(self) -> ComposeResult:
        """The lines, the whole of one of them, and what narrows the view."""
        with Container(id="main"):
            yield self.table
            with VerticalScroll(id="line"):
                yield Static("", markup=False)
        with Container(id="empty"):
            yield Static(self._empty_text(), markup=False)
        yield NoteLine()

    def on_mount(self) -> None:
        """Read from now on."""
        self._narrow()
        self._reader.start()
        self.set_interval(POLL_S, self._look)

    async def on_unmount(self) -> None:
        """End the reader's thread."""
        await asyncio.to_thread(self._reader.close)

    async def _look(self) -> None:
        """A hidden screen reads nothing; a slow disk delays the next look, not the keys."""
        if self._updating or not self.is_current or not self.query("#line Static"):
            return
        if self._reader.view is not self.table.view:
            self._updating = True
            self.later(self._update, group="update")

    async def _update(self) -> None:
        try:
            await self.table.update()
        finally:
            self._updating = False
        self.note()

    def note(self) -> None:
        """How many lines, and what narrows them."""
        table, view = self.table, self.table.view
        self.set_class(not view.total and view.complete and not self._narrowed, "-empty")
        left: list[tuple[str, str]] = [(f" {count(view.total, 'line')}", "bold")]
        left.append(("" if view.complete else " so far", ""))
        if self._filter:
            left.append((f"  filter: {cells(self._filter)} ", "bold $text-primary"))
        if self._least != LEVELS[0]:
            left.append((f"  {self._least} and worse ", "bold $text-warning"))
        if self._found:
            left.append((f"  search: {cells(self._found)} ", "bold $text-accent"))
        right = (
            (" following ", "bold $text-success")
            if table.following
            else (" holding still, f follows ", "bold $text-warning")
        )
        self.query_one(NoteLine).show(left, [right])
        self.keys_changed()

    @on(LogTable.Moved)
    def _moved(self) -> None:
        line = self.table.current
        if line is not None:
            self.query_one("#line Static", Static).update(Content.assemble(*_pieces(line)))
        self.note()

    @property
    def _narrowed(self) -> bool:
        return bool(self._filter) or self._least != LEVELS[0]

    def _narrow(self) -> None:
        self._reader.narrow(LogFilter(self._filter, self._least))

    def show_only(self, text: str) -> None:
        """Filter for that; an empty text shows all."""
        if text != self._filter:
            self._filter = text
            self._narrow()
            self.note()

    # Actions

    def do_follow(self) -> None:
        if self.table.following:
            self.table.following = False
            self.note()
        else:
            self.table.do_bottom()

    def do_filter(self) -> None:
        before = self._filter

        def left() -> None:
            self.show_only(before)
            self.table.focus()

        hint = "words, level:warning, source:worker, job:12, -word"
        prompt = Prompt("/", before, hint=hint, typed=self.show_only, done=lambda _: self._back(), left=left)
        self.ask(prompt)

    def _back(self) -> None:
        self.table.focus()

    def do_level(self) -> None:
        self._least = _SHOWN_FROM[(_SHOWN_FROM.index(self._least) + 1) % len(_SHOWN_FROM)]
        self._narrow()
        self.note()

    def can_of_job(self) -> bool:
        return self._filter.startswith("job:") or self.can_job()

    def do_of_job(self) -> None:
        line = self.table.current
        if self._filter.startswith("job:"):
            self.show_only("")
        elif line is not None:
            self.show_only(f"job:{line.job}")

    def do_search(self) -> None:
        self.ask(Prompt("search", self._found, hint="n and N go on", done=self._search_for, left=self._back))

    def _search_for(self, text: str) -> None:
        self._back()
        self._found = self.table.found = text.strip()
        self.table.refresh()
        self.note()
        if self._found:
            self._find(self.table.place, forward=False)

    def can_next(self) -> bool:
        return bool(self._found)

    can_previous = can_next

    def do_next(self) -> None:
        self._find(self.table.place + 1, forward=True)

    def do_previous(self) -> None:
        self._find(self.table.place - 1, forward=False)

    def _find(self, start: int, *, forward: bool) -> None:
        view, text = self.table.view, self._found

        async def find() -> None:
            number = await asyncio.to_thread(self._reader.find, view, text, start, forward=forward)
            if number is None:
                self.notify(
                    f"no {'newer' if forward else 'older'} line has «{plain(text, 60)}»", severity="warning"
                )
            else:
                self.table.go_to(number)

        self.later(find, group="find", latest=True)

    def can_job(self) -> bool:
        line = self.table.current
        return line is not None and line.job is not None

    def do_job(self) -> None:
        line = self.table.current
        if line is not None and line.job is not None:
            self.later(partial(show_in_queue, self.app, line.job))

    def do_details(self) -> None:
        self.toggle_class("-closed")

    def can_copy(self) -> bool:
        return self.table.current is not None

    def do_copy(self) -> None:
        line = self.table.current
        if line is not None:
            self.app.copy_to_clipboard(line.raw)
            self.notify("line copied")

    def can_export(self) -> bool:
        return self.table.view.total > 0

    def do_export(self) -> None:
        name = Path.home() / "ytarchive-log.jsonl"
        self.ask(Prompt("export to", str(name), hint="a new file", done=self._export, left=self._back))

    def _export(self, text: str) -> None:
        self._back()
        if not text.strip():
            return
        target, view = Path(text.strip()).expanduser().absolute(), self.table.view

        async def write() -> None:
            written = await asyncio.to_thread(_write, self._reader, view, target)
            self.notify(plain(str(target), 300), title=f"{count(written, 'line')} written")

        self.later(write, group="export")

    def can_leave(self) -> bool:
        return bool(self._found or self._narrowed or self.focused is not self.table)

    def do_leave(self) -> None:
        if self.focused is not self.table:
            self._back()
        elif self._found:
            self._found = self.table.found = ""
            self.table.refresh()
        else:
            self._least = LEVELS[0]
            self._filter = ""
            self._narrow()
        self.note()

    def _empty_text(self) -> Content:
        return Content.assemble(
            ("Nothing has been logged yet\n\n", "bold"),
            "Lines appear here as soon as something is done.\n\n",
            (" 1 ", "bold $text-accent"), "  to the queue, where ",
            ("a", "bold $text-accent"), " adds videos\n",
            (" ? ", "bold $text-accent"), "  all keys of this screen\n\n",
            (f"They are kept in {self._folder}", "$text-muted"),
        )  # fmt: skip


def log_folder(database: Path) -> Path:
    """Where the engine that uses that database writes its log."""
    usual = Paths.usual(os.environ)
    return usual.log_dir if usual.database == database else database.parent.parent / "log"


def _pieces(line: LogLine) -> list[tuple[str, str]]:
    facts = [f"job {line.job}"] if line.job is not None else []
    facts += [f"{name} {cells(value)}" for name, value in line.facts]
    style = _LEVEL_STYLES.get(line.level, "")
    return [
        (f"{line.at}  ", "$text-muted"), (f"{line.level} ", f"bold {style}"), (f"{line.source}  ", ""),
        (f"{' · '.join(facts)}\n", "$text-muted"), (f"{cells(line.text)}\n", style),
        *((f"{cells(each)}\n", "$text-muted") for each in line.trace),
    ]  # fmt: skip


def _write(reader: LogReader, view: LogView, target: Path) -> int:
    """The lines of a view as the log has them, into a new file; how many."""
    written = 0
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "wb") as file:
        for _, raw in reader.raw(view, range(view.total)):
            file.write(raw + b"\n")
            written += 1
    return written

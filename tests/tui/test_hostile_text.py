"""Hostile titles, reasons and log lines through every screen of the real program on a real terminal."""

from __future__ import annotations

import re
import signal
import time
from pathlib import Path

import pytest
from tui.hostile import MARK, PIECES, fill
from tui.terminal import Terminal, arguments
from tui.wire import take_apart

from ytarchive_tui.tui.neutral import MOST_MARKS

_MARK = re.compile(r"t([0-9]{6})(?![0-9])")
PAGE_DOWN = "\x1b[6~"
PAGE_UP = "\x1b[5~"
PASTED = "\x1b[200~{}\x1b[201~"
PATIENCE_S = 10.0
"""On a crowded machine the rows of a page come late, and a page that is left before they come is not seen."""


class Reader:
    """Reads what the program draws while it draws it: a hundred thousand titles are too much to keep."""

    def __init__(self, it: Terminal) -> None:
        self.it = it
        self._at = 0
        self.foreign: list[str] = []
        self.seen: set[int] = set()
        self.copied = 0
        self.drawn = 0
        """Characters."""

    def look(self) -> None:
        """Up to the last whole sequence."""
        news = self.it.raw(self._at)
        whole = news[: news.rfind(b"\x1b[")] if b"\x1b[" in news[1:] else b""
        wire = take_apart(whole, self.it.size)
        self._at += len(whole)
        self.drawn += len(wire.text)
        self.foreign += wire.foreign
        self.copied += wire.copied
        self.seen |= {int(number) for number in _MARK.findall(wire.text)}
        # What two strokes draw may stand side by side here, and the second begin with the marks of a letter
        # that was there already.
        assert not re.search(rf"\u0301{{{2 * MOST_MARKS + 1}}}", wire.text)

    def copies(self, key: str) -> bool:
        """Whether the key puts something on the clipboard."""
        self.it.press(key)
        self.it.pause(0.5)
        self.look()
        return self.copied > 0

    def page_through(self, number: int) -> int:
        """Page down until all marks were drawn, or until no more come; how many were."""
        self.seen = set()
        self.it.press("g")
        self._drawn_more(1)
        self.it.pause(1)
        self.look()
        page, rest, pages = len(self.seen), 0, 0
        while len(self.seen) < number and rest < 3:
            self.it.press(PAGE_DOWN)
            pages += 1
            # Two pages may have a row in common, and headings and dialogs take a few lines.
            came = self._drawn_more(min(page - 5, number - len(self.seen)))
            rest = 0 if came else rest + 1
            # What was drawn first stands in other places as well, and tells only roughly how long a page is.
            page = came if pages > 3 and came > 5 else page
        for back in range(pages + 5):
            if len(self.seen) >= number:
                break
            # A page was left before the last of its rows came.
            print(f"page {back + 1} back for {number - len(self.seen)}", flush=True)
            self.it.press(PAGE_UP)
            self.it.pause(PATIENCE_S)
            self.look()
        assert self.foreign == []
        missing = sorted(set(range(number)) - self.seen)[:20]
        print(
            f"{len(self.seen):,} of {number:,}; {self.drawn:,} characters so far; not: {missing}", flush=True
        )
        return len(self.seen)

    def _drawn_more(self, wanted: int) -> int:
        """How many marks came: rows are fetched, and drawn in several strokes, after the table has moved."""
        began = known = len(self.seen)
        news_at = time.monotonic()
        while time.monotonic() < news_at + (0.3 if known - began >= wanted else PATIENCE_S):
            self.it.pause(0.1)
            self.look()
            if len(self.seen) > known:
                news_at, known = time.monotonic(), len(self.seen)
        return known - began


@pytest.mark.parametrize(
    ("number", "lines"),
    [
        pytest.param(400, 110, id="short", marks=[pytest.mark.ci, pytest.mark.timeout(300)]),
        pytest.param(100_000, 400, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3 * 3600)]),
    ],
)
async def test_nothing_hostile_reaches_the_terminal_from_any_screen(
    tmp_path: Path, number: int, lines: int
) -> None:
    await fill(tmp_path, number)
    with Terminal(*arguments(tmp_path), home=tmp_path, size=(130, lines)) as it:
        reader = Reader(it)
        it.wait_for(MARK.format(0), since=0, seconds=90)
        told = {"queue": reader.page_through(number)}
        it.press_for("\r?", "This screen")
        it.press_for("q", "Queue")
        # Its footer is drawn once it hears keys again.
        it.pause(2)
        it.press_for("2", f"{number:,} have")
        it.press("\x1b[C")
        told["browse"] = reader.page_through(number)
        began = it.now
        it.press("3")
        it.until(lambda: _MARK.search(it.wire(began).text), 60, "the library")
        told["library"] = reader.page_through(number)
        it.press_for("4", "What happened")
        for _ in range(10):
            it.press("j")
            it.pause(0.2)
        began = it.now
        it.press("5")
        # While the file is looked through the view grows, and its rows come when there is time.
        it.until(lambda: re.search(r"[0-9] lines(?! so far)", it.wire(began).text), 300, "all lines")
        told["logs"] = reader.page_through(number)
        assert reader.copied == 0
        it.until(lambda: reader.copies("y"), 20, "the one thing that is copied by wish")
        # What is typed comes back in notes, toasts, dialogs and the palette.
        body = "".join(piece for piece in PIECES if "\x1b" not in piece)
        for opening, closing in (("\x06", "\r"), (":", "\r"), (":", "\x1b"), ("\x10", "\x1b"), ("", "\x1b")):
            it.press(opening)
            it.pause(0.5)
            it.press(PASTED.format(body))
            it.pause(0.5)
            it.press(closing)
            it.pause(0.5)
        assert it.end(signal.SIGTERM, 60) == 130, it.last()
        reader.look()
        assert reader.foreign == []
        assert it.raw(0).count(b"\x1b[?1049l") == 1 and not it.wire(max(0, it.now - 3000)).left_on
        assert b"Traceback" not in it.raw(max(0, it.now - 50_000))
        assert told == dict.fromkeys(told, number)

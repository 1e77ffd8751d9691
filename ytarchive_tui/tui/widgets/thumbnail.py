"""A picture in half blocks: the upper half of a cell is its text, the lower half its ground."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from ytarchive_tui.services.pictures import Picture
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.waiting import later

USUAL, WIDE = (32, 18), (48, 28)
"""Pixels across and down: as many cells, and half as many lines."""
_HALF = "▀"


class Thumbnail(Widget):
    """Takes no room until it has something to show; where it stands is in `app.tcss`."""

    def __init__(self) -> None:
        super().__init__()
        self._file: Path | None = None
        self._picture: Picture | None = None

    def show(self, file: Path | None) -> None:
        """The picture in that file, once it is made; nothing where the terminal has no colours for it."""
        self._file = file if shell(self).shows_pictures else None
        later(self, self._make, group="picture", latest=True)

    def on_resize(self) -> None:
        """Another place has room for another size."""
        later(self, self._make, group="picture", latest=True)

    async def _make(self) -> None:
        file = self._file
        room = WIDE if self.screen.has_class("-wide") else USUAL
        picture = None if file is None else await shell(self).pictures.small(file, *room)
        if picture != self._picture:
            self._picture = picture
            self.set_class(picture is not None, "-shown")
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Two rows of pixels."""
        picture, base = self._picture, self.rich_style
        width = self.size.width
        if picture is None or y * 2 >= picture.height:
            return Strip.blank(width, base)
        cells = [
            Segment(_HALF, Style(color=above, bgcolor=below or base.bgcolor))
            for above, below in _pairs(picture, y * 2)
        ]
        return Strip(cells).adjust_cell_length(width, base)


def _pairs(picture: Picture, y: int) -> Iterator[tuple[Color, Color | None]]:
    """The colours of two rows, one above the other; below the last row there is nothing."""
    row = picture.width * 3
    for start in range(y * row, (y + 1) * row, 3):
        above, below = picture.pixels[start : start + 3], picture.pixels[start + row : start + row + 3]
        yield Color.from_rgb(*above), Color.from_rgb(*below) if below else None

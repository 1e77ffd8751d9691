"""Columns of a virtual table: who gets how many cells, and who gives way when there are few."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Generic, Literal, NamedTuple, TypeVar

Row = TypeVar("Row")
Piece = tuple[str, str]
"""Text and the name of its look: `text`, `dim`, `accent`, `good`, `warn`, `bad`, `info`, `bar`, `rest`."""


class Column(NamedTuple, Generic[Row]):
    """One column; `pieces` may be given any width and need not fill it: the table cuts and pads."""

    name: str
    title: str
    pieces: Callable[[Row, int], Sequence[Piece]]
    width: int
    """Cells; for a flexible column the fewest it can do with."""
    share: int = 0
    """Flexible columns divide what is left in these proportions; 0 is a fixed width."""
    most: int | None = None
    """A flexible column takes no more cells than this."""
    keep: int = 0
    """Columns with the smallest number are dropped first when there is no room."""
    justify: Literal["left", "right"] = "left"


class Placed(NamedTuple, Generic[Row]):
    """A column with the cells it got."""

    column: Column[Row]
    width: int


def place(columns: Sequence[Column[Row]], width: int, gap: int = 1) -> list[Placed[Row]]:
    """Columns that fit into `width` cells, in their order, with `gap` cells between them."""
    shown = list(columns)
    while len(shown) > 1 and sum(each.width for each in shown) + gap * (len(shown) - 1) > width:
        shown.remove(min(reversed(shown), key=lambda each: each.keep))
    widths = {each.name: each.width for each in shown}
    left = width - sum(widths.values()) - gap * (len(shown) - 1)
    flexible = [each for each in shown if each.share]
    while left > 0 and flexible:
        shares = sum(each.share for each in flexible)
        given = 0
        for each in flexible:
            room = (each.most or width) - widths[each.name]
            extra = min(max(left * each.share // shares, 1), room, left - given)
            widths[each.name] += extra
            given += extra
        flexible = [each for each in flexible if widths[each.name] < (each.most or width)]
        left -= given
        if not given:
            break
    return [Placed(each, widths[each.name]) for each in shown]

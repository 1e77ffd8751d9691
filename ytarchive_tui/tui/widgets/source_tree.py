"""Channels with their tabs and playlists, as a table of lines that fold."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence

from textual.message import Message

from ytarchive_tui.db.browser_rows import Node
from ytarchive_tui.tui.actions import ACTIONS, Action, bindings
from ytarchive_tui.tui.glyphs import Glyphs
from ytarchive_tui.tui.widgets.columns import Column, Piece
from ytarchive_tui.tui.widgets.virtual_table import VirtualTable
from ytarchive_tui.tui.wording import cells

_LOOKS = {"running": "info", "queued": "dim", "waiting": "warn", "blocked": "accent", "failed": "bad"}
_TAB_TITLES = {"videos": "Videos", "shorts": "Shorts", "streams": "Live", "playlists": "Playlists"}


class SourceTree(VirtualTable[Node]):
    """Shows the nodes it is given; tells what is wanted, and folds nothing itself."""

    ACTIONS_OF = "tree"
    BINDINGS = bindings(ACTIONS["tree"])

    class Moved(VirtualTable.Moved):
        """The cursor is on another source."""

    class Opened(VirtualTable.Opened):
        """The source under the cursor is to be read."""

    class Turned(Message):
        """Mark all entries of the source under the cursor, or none if all are marked."""

    class Folded(Message):
        """What lies below the source under the cursor is to be shown or hidden."""

    def __init__(self, glyphs: Glyphs) -> None:
        self._known: dict[int, Node] = {}
        self._signs = glyphs
        self.frame = 0
        """Turns the spinners."""
        super().__init__(
            (
                Column("box", "", self._box, width=1, keep=9),
                Column("title", "Lists", self._title, width=10, share=1, keep=9),
                Column("entries", "", self._entries, width=7, keep=8, justify="right"),
            ),
            self._fetched,
            lambda node: node.id,
            is_live=lambda node: node.status == "running",
            id="tree",
        )  # fmt: skip

    def show_nodes(self, nodes: Sequence[Node], go_to: int | None = None) -> None:
        """Swap the tree in; the cursor stays with its source, or goes to another one."""
        stay = go_to if go_to is not None else self.current_id
        self._known = {node.id: node for node in nodes}
        self.show(array("Q", (node.id for node in nodes)))
        if stay is not None and stay != self.current_id:
            self.follow(stay)

    @property
    def node(self) -> Node | None:
        """The source under the cursor."""
        return self._known.get(self.current_id) if self.current_id is not None else None

    def actions(self) -> Iterable[Action]:
        """Its own, and a table's."""
        return (*ACTIONS["tree"], *ACTIONS["table"])

    def can_range(self) -> bool:
        return False

    def can_mark_all(self) -> bool:
        return False

    def do_mark(self) -> None:
        self.post_message(self.Turned())

    def do_enter(self) -> None:
        if self.node is not None:
            self.post_message(self.Opened())

    def do_unfold(self) -> None:
        node = self.node
        if node is None:
            return
        if node.parent and not node.opened:
            self.post_message(self.Folded())
        else:
            self.screen.focus_next(VirtualTable)

    def do_fold(self) -> None:
        """Fold; what has nothing to fold leads to the line it lies below."""
        node = self.node
        if node is None:
            return
        if node.opened:
            self.post_message(self.Folded())
            return
        for index in range(self.cursor - 1, -1, -1):
            if self._known[self.ids[index]].depth < node.depth:
                self.move_to(index)
                break

    async def _fetched(self, ids: Sequence[int]) -> Sequence[Node]:
        return [self._known[each] for each in ids if each in self._known]

    def _box(self, node: Node, width: int) -> Sequence[Piece]:
        return [(self._signs.boxes[node.marked], "accent" if node.marked else "dim")]

    def _title(self, node: Node, width: int) -> Sequence[Piece]:
        fold = (self._signs.unfolded if node.opened else self._signs.folded) if node.parent else " "
        look = "text" if node.listed_at or node.entries or node.status == "running" else "dim"
        return [("  " * node.depth + fold + " ", "dim"), (name_of(node), look)]

    def _entries(self, node: Node, width: int) -> Sequence[Piece]:
        number = node.entries or node.told or 0
        text = f"{number:,}" if number else ""
        if node.status in _LOOKS:
            sign = (self._signs.of_status(node.status, self.frame), _LOOKS[node.status])
            return [(text + " " if text else "", "dim"), sign]
        if node.next_at is not None:
            return [(text + " " if text else "", "dim"), (self._signs.of_status("waiting"), "good")]
        return [(text, "dim")]


def short_name(address: str) -> str:
    """`@handle`, `@handle Videos` or a list's id."""
    short = cells(address).removeprefix("https://www.youtube.com/")
    page, _, tab = short.rpartition("/")
    return f"{page} {_TAB_TITLES[tab]}" if tab in _TAB_TITLES else short.removeprefix("playlist?list=")


def name_of(node: Node) -> str:
    """What a source is called on screen; a tab stands below its channel."""
    if node.kind == "tab":
        tab = node.address.rpartition("/")[2]
        return _TAB_TITLES.get(tab, cells(tab)) if node.depth else short_name(node.address)
    return cells(node.title or "").strip() or short_name(node.address)

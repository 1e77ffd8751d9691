"""`X` on the Queue screen: the files of what is done are deleted, once that was typed out."""

from __future__ import annotations

from collections.abc import Sequence

from ytarchive_tui.services.library_changes import LibraryChanges
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.screens.delete import DeleteDialog
from ytarchive_tui.tui.screens.queue_verbs import QueueVerbs
from ytarchive_tui.tui.wording import count


class Deleting(QueueVerbs):
    """As in the Library: the same question, and nothing goes while a job works on it."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self._library = LibraryChanges(bridge.database)

    async def on_unmount(self) -> None:
        """Close the connection, if there was need of one."""
        await self._library.close()

    def can_delete(self) -> bool:
        return self._has("done")

    def do_delete(self) -> None:
        jobs = self.table.chosen

        async def look() -> None:
            copies = await (await self.bridge.queue()).copies(jobs)
            seen = await self._library.preview_deletion(copies) if copies else None
            if seen is None or not seen.copies:
                self.notify("there is nothing in the archive that could be deleted now", severity="warning")
                return
            self.app.push_screen(DeleteDialog(seen), lambda sure: self._delete(copies) if sure else None)

        self.later(look, group="delete", latest=True)

    def _delete(self, copies: Sequence[int]) -> None:
        self.table.unmark()

        async def delete() -> None:
            done = await self._library.delete(copies)
            left = f", {done.left:,} kept: a job works on them" if done.left else ""
            self.notify(f"{count(done.copies, 'item')} deleted{left}")
            self.jobs_changed()

        self.later(delete, group="deleting")

"""What one does to jobs on the Queue screen; everything waits in workers, the keys never do."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ytarchive_tui.db.control import Where
from ytarchive_tui.db.pages import QueueRow
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models import Container, JobOptions
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.queue_changes import QueueChanges
from ytarchive_tui.settings.values import Quality
from ytarchive_tui.tui.jumps import show_log_of
from ytarchive_tui.tui.launch import open_folder
from ytarchive_tui.tui.screens.queue_engine import EngineVerbs
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.submitting import QUALITIES
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.widgets.virtual_table import VirtualTable
from ytarchive_tui.tui.wording import count

_QUALITY: TypeAdapter[str] = TypeAdapter(Quality)
_ENDED = frozenset({"done", "failed", "cancelled"})
_RETRIED = frozenset({"failed", "blocked", "cancelled", "waiting"})


class QueueVerbs(EngineVerbs):
    """The verbs alone; `queue` adds what is shown."""

    moved_job: int | None = None
    """A job that the cursor is to go along with, once the new order is there."""

    @property
    def table(self) -> VirtualTable[QueueRow]:
        """The table of jobs."""
        return self.query_one(VirtualTable)

    # Which of them are of use now: judged by the row under the cursor, or true while rows are marked.

    def _has(self, *statuses: str) -> bool:
        if self.table.marks:
            return True
        row = self.table.current
        return row is not None and row.status in statuses

    def can_pause(self) -> bool:
        return self._has("queued", "waiting", "running", "paused")

    def can_retry(self) -> bool:
        return self._has(*_RETRIED)

    def can_retry_class(self) -> bool:
        row = self.table.current
        return row is not None and row.failure_class is not None and row.status in ("failed", "blocked")

    def can_cancel(self) -> bool:
        return self._has("queued", "waiting", "running", "paused", "blocked")

    def can_remove(self) -> bool:
        return self._has(*_ENDED)

    def can_undo(self) -> bool:
        queue = self.bridge.ready_queue
        return queue is not None and queue.changes.can_undo

    def _can_move(self) -> bool:
        return self._has("queued", "waiting", "running", "paused", "blocked")

    can_move_down = can_move_up = can_front = can_back = can_raise = can_lower = _can_move

    def can_profile(self) -> bool:
        return not self.typing and self._has("queued", "waiting", "paused", "blocked", "failed", "cancelled")

    def can_details(self) -> bool:
        return self.table.current_id is not None

    can_copy = can_log = can_details

    def can_open(self) -> bool:
        return self.table.current_id is not None

    # Doing them

    def do_add(self) -> None:
        from ytarchive_tui.tui.screens.add import AddDialog

        self.app.push_screen(AddDialog(self.bridge, shell(self).settings))

    def do_pause(self) -> None:
        """Pause; resume instead when everything chosen is paused."""
        rows = [self.table.row(row_id) for row_id in self.table.chosen]
        known = [row for row in rows if row is not None and row.status not in _ENDED]
        if known and all(row.status == "paused" or row.pause_requested for row in known):
            self._change("resumed", lambda changes, ids: changes.resume(ids))
        else:
            self._change("paused", lambda changes, ids: changes.pause(ids))

    def do_retry(self) -> None:
        self._change("queued again", lambda changes, ids: changes.retry(ids))

    def do_retry_class(self) -> None:
        row = self.table.current
        if row is None or row.failure_class is None:
            return
        failure_class = FailureClass(row.failure_class)

        async def change() -> None:
            changed = await (await self.bridge.queue()).changes.retry_class(failure_class)
            self._tell(f"of class {failure_class.value} queued again", changed)

        self.later(change)

    def do_cancel(self) -> None:
        self._change("cancelled", lambda changes, ids: changes.cancel(ids))

    def do_remove(self) -> None:
        ids = self.table.chosen

        async def work() -> None:
            removed = await (await self.bridge.queue()).changes.remove(ids)
            if removed and self.table.marks:
                self.table.unmark()
            if len(ids) > 1 or not removed:
                self._tell("removed from the list", removed)
            if left := len(ids) - removed:
                self.notify(f"{count(left, 'job')} not over yet: {'it stays' if left == 1 else 'they stay'}")

        if ids:
            self.later(work)

    def do_log(self) -> None:
        job_id = self.table.current_id
        if job_id is not None:
            self.later(lambda: show_log_of(self.app, job_id))

    def do_profile(self) -> None:
        ids = self.table.chosen
        if ids:
            sign = f"Profile of {count(len(ids), 'job')}"
            words = (*QUALITIES, *Container)
            hint = "1080p, best, audio, a format string; mp4, mkv"
            self.ask(Prompt(sign, hint=hint, words=words, done=lambda text: self._set_profile(ids, text)))

    def _set_profile(self, ids: list[int], text: str) -> None:
        containers = [word for word in text.split() if word in tuple(Container)]
        quality = " ".join(word for word in text.split() if word not in containers) or None
        container = Container(containers[-1]) if containers else None

        async def change() -> None:
            if quality is not None and (wrong := await self._complaint(quality)):
                self.notify(f"quality «{plain(quality, 60)}»: {plain(wrong, 200)}", severity="warning")
                return
            changes = (await self.bridge.queue()).changes
            changed = await changes.change_profile(ids, quality, container)
            self._tell(f"changed to {plain(text.strip(), 60)}", changed)
            if changed < len(ids):
                self.notify("what runs, is done or has that profile stays as it is")

        if quality or container:
            self.later(change)

    async def _complaint(self, quality: str) -> str | None:
        """What is wrong with a quality; None when nothing is."""
        try:
            _QUALITY.validate_python(quality)
        except ValidationError as error:
            return error.errors()[0]["msg"].removeprefix("Value error, ")
        archive = shell(self).settings.archive.root
        return await (await self.bridge.runtime()).check_options(JobOptions(archive=archive, quality=quality))

    def do_undo(self) -> None:
        async def undo() -> None:
            step = await (await self.bridge.queue()).changes.undo()
            if step is None:
                self.notify("there is nothing left to undo", severity="warning")
            else:
                self.notify(
                    f"undid the {step.word}" + (f" of {count(step.jobs, 'job')}" if step.jobs else "")
                )
                await self.heed_wishes()
            self.keys_changed()

        self.later(undo)

    def do_move_down(self) -> None:
        self._move("down")

    def do_move_up(self) -> None:
        self._move("up")

    def do_front(self) -> None:
        self._move("front")

    def do_back(self) -> None:
        self._move("back")

    def do_raise(self) -> None:
        self._change("", lambda changes, ids: changes.change_priority(ids, 1))

    def do_lower(self) -> None:
        self._change("", lambda changes, ids: changes.change_priority(ids, -1))

    def do_open(self) -> None:
        job_id = self.table.current_id

        async def find() -> None:
            details = await (await self.bridge.queue()).details(job_id) if job_id is not None else None
            if details is None:
                return
            folder: Path = details.row.archive
            if details.kept is not None:
                folder = details.kept.archive / details.kept.folder
            if not await open_folder(folder):
                self.app.copy_to_clipboard(str(folder))
                self.notify(plain(str(folder), 300), title="No file browser; the path is copied")

        self.later(find)

    def do_copy(self) -> None:
        rows = [self.table.row(row_id) for row_id in self.table.chosen]
        addresses = [row.url for row in rows if row is not None]
        self.app.copy_to_clipboard("\n".join(addresses))
        self.notify(f"{count(len(addresses), 'address', 'addresses')} copied")

    def _move(self, where: Where) -> None:
        at = self.table.current_id
        self._change("", lambda changes, ids: changes.move(ids, where), then=at)

    def _change(
        self,
        done: str,
        change: Callable[[QueueChanges, list[int]], Awaitable[int]],
        *,
        then: int | None = None,
    ) -> None:
        """Do it to what is chosen; say how many when it was more than the row one looks at."""
        ids = self.table.chosen
        several = len(ids) > 1

        async def work() -> None:
            changed = await change((await self.bridge.queue()).changes, ids)
            if then is not None:
                self.moved_job = then
            if done and (several or not changed):
                self._tell(done, changed)
            self.keys_changed()

        if ids:
            self.later(work)

    def _tell(self, done: str, changed: int) -> None:
        if changed:
            self.notify(f"{count(changed, 'job')} {done}; u undoes it")
        else:
            self.notify(f"nothing was {done}", severity="warning")
        self.keys_changed()

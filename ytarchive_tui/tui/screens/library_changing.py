"""What changes the archive from the Library screen: fetch again, another quality, delete, relink."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.values import Quality
from ytarchive_tui.tui.screens.add import QUALITIES
from ytarchive_tui.tui.screens.delete import DeleteDialog
from ytarchive_tui.tui.screens.library_verbs import LibraryVerbs
from ytarchive_tui.tui.shell import shell
from ytarchive_tui.tui.submitting import job_options
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.wording import count

_QUALITY: TypeAdapter[str] = TypeAdapter(Quality)


class LibraryChanging(LibraryVerbs):
    """These verbs alone."""

    @property
    def _chooses_copies(self) -> bool:
        return self.table.current_id is not None

    def can_again(self) -> bool:
        return self._chooses_copies

    can_upgrade = can_relink = can_delete = can_again

    def do_again(self) -> None:
        self._fetch(self.table.chosen, None)

    def do_upgrade(self) -> None:
        ids = self.table.chosen
        hint = "best, 2160p … 144p, audio, or a format string of yt-dlp"
        self.ask(
            Prompt("fetch at", "best", hint=hint, words=QUALITIES, left=self._back,
                   done=lambda text: self._upgrade(ids, text))
        )  # fmt: skip

    def _upgrade(self, ids: Sequence[int], text: str) -> None:
        self._back()
        try:
            self._fetch(ids, _QUALITY.validate_python(text.strip()))
        except ValidationError as error:
            told = error.errors()[0]["msg"].removeprefix("Value error, ")
            self.notify(f"{plain(text, 60)}: {told}", severity="warning", title="Nothing is fetched")

    def _fetch(self, ids: Sequence[int], quality: str | None) -> None:
        usual = job_options(shell(self).settings.archive, quality or "best")

        async def fetch() -> None:
            made = await self.library.changes.fetch_again(ids, usual, quality)
            told = f"{count(made.queued, 'item')} queued; the old copy stays until the new one is stored"
            if made.active:
                told += f"; {made.active:,} on the way already"
            self.notify(told, severity="information" if made.queued else "warning")
            self.table.unmark()

        self.later(fetch)

    def do_relink(self) -> None:
        row = self.table.current
        ids = self.table.chosen
        if row is not None:
            hint = "the folder in which the archive lies now; Enter alone looks for folders moved in it"
            self.ask(
                Prompt("archive is at", row.archive, hint=hint, left=self._back,
                       done=lambda text: self._relink(ids, text))
            )  # fmt: skip

    def _relink(self, ids: Sequence[int], text: str) -> None:
        self._back()
        if not text.strip():
            return
        root = Path(text.strip())

        async def relink() -> None:
            done = await self.library.changes.relink(ids, root)
            parts = [f"{count(done.moved, 'copy', 'copies')} follow the archive" if done.moved else ""]
            parts += [f"{done.found:,} found in another folder" if done.found else ""]
            parts += [f"{done.missing:,} not found" if done.missing else ""]
            told = ", ".join(filter(None, parts)) or "everything is where it should be"
            self.notify(told, severity="warning" if done.missing else "information")
            self.jobs_changed()

        self.later(relink, group="relink")

    def do_delete(self) -> None:
        ids = self.table.chosen

        async def look() -> None:
            seen = await self.library.changes.preview_deletion(ids)
            if not seen.copies:
                self.notify("a job works on it; cancel that first", severity="warning")
                return
            self.app.push_screen(DeleteDialog(seen), lambda sure: self._delete(ids) if sure else None)

        self.later(look, group="delete", latest=True)

    def _delete(self, ids: Sequence[int]) -> None:
        self.table.unmark()

        async def delete() -> None:
            try:
                done = await self.library.changes.delete(ids, lambda n: self._deleting(n, len(ids)))
            finally:
                self.doing = ""
                self.note()
                self.jobs_changed()
            left = f", {done.left:,} kept: a job works on them" if done.left else ""
            self.notify(f"{count(done.copies, 'item')} deleted{left}")

        self.later(delete, group="deleting")

    def _deleting(self, n: int, of: int) -> None:
        self.doing = f"deleting {n:,} of {of:,}"
        self.note()

"""What one does to archived items on the Library screen; everything waits in workers, the keys never do."""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from ytarchive_tui.db.library_rows import LibraryRow
from ytarchive_tui.domain.models import FileRole
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.library import LibraryService, Verified, Verifying
from ytarchive_tui.services.library_export import export
from ytarchive_tui.tui.bridge import Bridge
from ytarchive_tui.tui.launch import open_folder
from ytarchive_tui.tui.screens.base import BaseScreen
from ytarchive_tui.tui.widgets.prompt import Prompt
from ytarchive_tui.tui.widgets.virtual_table import VirtualTable
from ytarchive_tui.tui.wording import count

_MANY = 10_000
"""More than this many addresses are no use in a clipboard."""


class LibraryVerbs(BaseScreen):
    """The verbs alone; `library` adds what is shown."""

    verifying: Verifying | None = None
    """How far a verification is; None while there is none."""
    doing = ""
    """What else is under way, in words."""

    def __init__(self, bridge: Bridge) -> None:
        super().__init__(bridge)
        self.library = LibraryService(bridge.database)

    @property
    def table(self) -> VirtualTable[LibraryRow]:
        """The table of copies."""
        return self.query_one(VirtualTable)

    def note(self) -> None:
        """Say in the line below the table what is going on."""
        raise NotImplementedError

    def _chooses(self) -> bool:
        return self.table.current_id is not None

    can_open = can_reveal = can_copy = can_copy_path = can_details = _chooses

    def can_verify(self) -> bool:
        return self.verifying is None and self._chooses()

    def can_stop(self) -> bool:
        return self.verifying is not None

    def can_export(self) -> bool:
        return bool(self.table.ids)

    def do_open(self) -> None:
        self._launch(media=True)

    def do_reveal(self) -> None:
        self._launch(media=False)

    def do_copy(self) -> None:
        self._copy("address", "addresses")

    def do_copy_path(self) -> None:
        self._copy("path", "paths")

    def do_verify(self) -> None:
        ids = self.table.chosen
        if ids:
            self.verifying = Verifying(0, len(ids), "", 0, 0)
            self.note()
            self.later(lambda: self._verify(ids), group="verify")

    def do_stop(self) -> None:
        self.library.stop_verifying()
        self.notify("stopping after the copy that is being read")

    def do_export(self) -> None:
        ids = array("Q", self.table.chosen) if self.table.marks else self.table.ids
        name = Path.home() / f"library-{datetime.now(UTC).astimezone():%Y-%m-%d-%H%M}.csv"
        hint = "a new .csv, .json, or .txt (ids for yt-dlp)"
        self.ask(
            Prompt(
                "export to", str(name), hint=hint, done=lambda text: self._export(ids, text), left=self._back
            )
        )

    def _back(self) -> None:
        self.table.focus()

    def _launch(self, *, media: bool) -> None:
        copy_id = self.table.current_id

        async def launch() -> None:
            details = None if copy_id is None else await self.library.details(copy_id)
            if details is None:
                return
            folder = details.copy.archive / details.copy.folder
            names = [file.name for file in details.copy.manifest.files if file.role is FileRole.MEDIA]
            path = folder / names[0] if media and names else folder
            if not path.exists():
                self.notify(plain(str(path), 300), title="It is not there; verify it (V)", severity="error")
            elif not await open_folder(path):
                self.app.copy_to_clipboard(str(path))
                self.notify(plain(str(path), 300), title="No desktop to open it with; the path is copied")

        self.later(launch)

    def _copy(self, one: str, many: str) -> None:
        ids = self.table.chosen[:_MANY]

        async def copy() -> None:
            rows = {row.id: row for row in await self.library.pages.rows(ids)}
            found = [rows[copy_id] for copy_id in ids if copy_id in rows]
            texts = [row.url if one == "address" else str(Path(row.archive, row.folder)) for row in found]
            self.app.copy_to_clipboard("\n".join(texts))
            self.notify(f"{count(len(texts), one, many)} copied")

        self.later(copy)

    async def _verify(self, ids: Sequence[int]) -> None:
        def told(verifying: Verifying) -> None:
            self.verifying = verifying
            self.table.refetch()
            self.note()

        try:
            self._tell(await self.library.verify(ids, told))
        finally:
            self.verifying = None
            self.note()
            self.jobs_changed()

    def _tell(self, found: Verified) -> None:
        bad = found.changed + found.missing
        parts = [f"{found.whole:,} whole" if found.whole or not bad else ""]
        parts += [f"{found.changed:,} changed" if found.changed else ""]
        parts += [f"{found.missing:,} missing" if found.missing else ""]
        title = "Stopped" if found.stopped else "Verified"
        self.notify(", ".join(filter(None, parts)), title=title, severity="error" if bad else "information")

    def _export(self, ids: Sequence[int], text: str) -> None:
        self._back()
        if not text.strip():
            return
        target = Path(text.strip()).expanduser().absolute()

        async def write() -> None:
            written = await export(self.library.pages, ids, target)
            self.notify(plain(str(target), 300), title=f"{count(written, 'item')} written")

        self.later(write, group="export")

"""What of parallel downloads and speed holds at this moment: a person's wish, else the settings."""

from __future__ import annotations

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.wishes import wishes
from ytarchive_tui.settings.model import Settings


class Dials:
    """Asked by the engine whenever it matters, so that a wish of any process is obeyed."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._engine = settings.engine
        self._limit = settings.network.limit_bytes_per_s

    async def downloads(self) -> int:
        """Parallel downloads."""
        return (await wishes(self._db)).downloads or self._engine.downloads

    async def lookups(self) -> int:
        """Parallel look-ups of metadata."""
        # Half as many as downloads, or the line stays half empty until all downloads have begun.
        return max(self._engine.metadata_workers, await self.downloads() // 2)

    async def limit_bps(self) -> int | None:
        """The wish for the speed of each download, 0 for none; None: nothing but the settings' limit."""
        return (await wishes(self._db)).limit_bps

    async def each_bps(self) -> int | None:
        """The limit of each download, wished or set, 0 or None for none."""
        wished = await self.limit_bps()
        return self._limit if wished is None else wished

    async def running(self) -> int:
        """Downloads that run just now."""
        rows = await self._db.fetch(
            "SELECT n FROM counters WHERE kind = 'item' AND stage = 'download' AND status = 'running'"
        )
        return int(rows[0]["n"]) if rows else 0

"""How much of the line downloads may take, for front ends: limits, caps, and until when they are held."""

from __future__ import annotations

from datetime import datetime

from ytarchive_tui.db.bandwidth import allowed
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain.bandwidth import Cap
from ytarchive_tui.domain.models import Frozen


class Line(Frozen):
    """What holds for downloads at this moment."""

    held_until: datetime | None = None
    """Downloads wait until then; None: they may go on."""
    held_s: float | None = None
    """Seconds until then."""
    reason: str = ""
    total_bps: int | None = None
    """Limit of all downloads together; None: none."""
    caps: tuple[Cap, ...] = ()

    def why(self) -> str | None:
        """Why a download waits and when it goes on; None while it does not have to."""
        if self.held_until is None:
            return None
        local = self.held_until.astimezone()
        days = (local.date() - datetime.now().astimezone().date()).days
        # The midnight that ends today is told without its date, as any other time of the next hours.
        far = days > 1 or (days == 1 and (local.hour, local.minute) != (0, 0))
        return f"{self.reason}: goes on {'on ' + f'{local:%a %d %b} ' if far else ''}at {local:%H:%M}"

    def short(self) -> str | None:
        """The same in three words."""
        if self.held_until is None:
            return None
        return f"downloads from {self.held_until.astimezone():%H:%M}"

    def warning(self) -> str | None:
        """That a cap is nearly used up; None when none is, and when one is reached."""
        near = [cap for cap in self.caps if cap.near and not cap.reached]
        return near[0].sentence() if near and self.held_until is None else None


class BandwidthService:
    """Reads what the engine stores, so it serves beside an engine of this or of another process."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def line(self) -> Line:
        """One small read. What an engine that has ended left behind counts until its time has come."""
        now = from_us(self._db.now())
        stored = await allowed(self._db)
        until = stored.held_until if stored.held_until and stored.held_until > now else None
        caps = tuple(cap for cap in stored.caps if cap.renewed_at > now)
        return Line(
            held_until=until,
            held_s=None if until is None else (until - now).total_seconds(),
            reason=stored.reason if until else "",
            total_bps=stored.total_bps,
            caps=caps,
        )

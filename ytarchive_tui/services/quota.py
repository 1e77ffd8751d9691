"""The Data API's quota, for people: what is spent, what rests, and what can still be done today."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.quota import StoredLedger
from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain.models import Frozen
from ytarchive_tui.domain.pacific import quota_day, quota_renewed
from ytarchive_tui.domain.quota import WARN_AT, Enough, KeyStanding, enough_for, fingerprint
from ytarchive_tui.domain.text import plain

_NEWS = timedelta(minutes=5)


class Detour(NamedTuple):
    """The API is not asked for a while."""

    reason: str
    until: datetime

    @property
    def sentence(self) -> str:
        """One line for people."""
        back = self.until.astimezone()
        return f"without the Data API until {back:%H:%M}: {self.reason}, yt-dlp tells the metadata"


class QuotaReport(Frozen):
    """How the keys stand in the current Pacific day."""

    day: str
    renewed_at: datetime
    keys: tuple[KeyStanding, ...]
    reserve: int = 0
    """Units of each key that only what a person asks for may spend."""
    broken: Detour | None = None
    """The API itself gives no answers; it is asked again soon."""

    @property
    def spent(self) -> int:
        """Units of all keys together."""
        return sum(key.spent for key in self.keys)

    @property
    def left(self) -> int:
        """Units that may still be spent, the reserve included."""
        return sum(key.left for key in self.keys)

    @property
    def enough_for(self) -> tuple[Enough, ...]:
        """What can still be done today."""
        return enough_for(self.keys)

    @property
    def detour(self) -> Detour | None:
        """Why the work in the background goes on without the API; None while it does not."""
        if not self.keys or any(key.left > self.reserve for key in self.keys):
            return None
        until = min(key.resting_until or self.renewed_at for key in self.keys)
        refused = [key for key in self.keys if key.cause not in (None, "quotaExceeded")]
        if not refused:
            return Detour("its quota is spent", until)
        return Detour(f"its keys rest ({plain(refused[0].why or '', 100)})", until)

    @property
    def sentence(self) -> str | None:
        """One line about the work in the background; None while there is nothing to say."""
        if not self.keys:
            return None
        if detour := self.detour or self.broken:
            return detour.sentence
        limit = sum(key.limit for key in self.keys)
        if limit - self.left >= WARN_AT * limit:
            return f"Data API: {self.left:,} of {limit:,} units left today"
        return None

    @property
    def wordings(self) -> tuple[str, ...]:
        """The sentence, and a short one for a narrow screen."""
        if (sentence := self.sentence) is None:
            return ()
        detour = self.detour or self.broken
        return (
            sentence,
            f"no Data API until {detour.until.astimezone():%H:%M}" if detour else "API quota low",
        )


class QuotaService:
    """Reads the account; `keys` are the keys themselves, of which only fingerprints are kept here."""

    def __init__(self, db: Database, keys: Collection[str], *, limit: int, reserve: int = 0) -> None:
        self._db = db
        self._reserve = reserve
        self._keys = [fingerprint(key) for key in keys]
        self._ledger = StoredLedger(db, limit=limit)

    async def report(self) -> QuotaReport:
        """How all keys stand now."""
        now = from_us(self._db.now())
        broken = await self._ledger.broken()
        return QuotaReport(
            day=quota_day(now).isoformat(),
            renewed_at=quota_renewed(now),
            keys=await self._ledger.standings(self._keys),
            reserve=self._reserve,
            broken=Detour(plain(broken[1], 100), broken[0]) if broken else None,
        )

    async def wordings(self) -> tuple[str, ...]:
        """What a status line may say, the longest first; nothing while all is well, or without a key."""
        return (await self.report()).wordings if self._keys else ()

    async def detour(self) -> Detour | None:
        """Why the work in the background goes on without the API, if it does for long enough to be news."""
        found = (await self.report()).detour if self._keys else None
        return found if found and found.until - from_us(self._db.now()) > _NEWS else None

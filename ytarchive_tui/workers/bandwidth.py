"""Keeps downloads within the limits of the line: counts what comes, and holds them while nothing may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, tzinfo

from ytarchive_tui.domain.bandwidth import Allowance, BandwidthRules, Cap, allowance, day_of, share
from ytarchive_tui.domain.ports import BandwidthMemory

log = logging.getLogger(__name__)

LOOK_S = 1.0
"""Longest time until a window, a cap or another day is obeyed."""
STORE_EVERY_S = 5.0
"""A kill forgets at most what came in this time."""
STOPPED = "stopped here for the moment, goes on from what it has"


class Bandwidth:
    """Works like a worker; one for all downloads of an engine. `open` it before they begin."""

    name = "bandwidth"

    def __init__(
        self,
        memory: BandwidthMemory,
        rules: BandwidthRules,
        each_bps: Callable[[], Awaitable[int | None]],
        downloads: Callable[[], Awaitable[int]],
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        zone: tzinfo | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        """`each_bps`: the limit of each download, 0 or None for none; `downloads`: how many run just now."""
        self._memory = memory
        self._rules = rules
        self._each_bps = each_bps
        self._downloads = downloads
        self._clock = clock
        self._zone = zone
        self._look_s = look_s
        self._used: dict[date, int] = {}
        self._unsaved: dict[date, int] = {}
        self._saving = asyncio.Lock()
        self._now = self._kept = Allowance()
        self._warned: set[tuple[str, datetime]] = set()
        self._draining = False

    async def open(self) -> None:
        """Remember what earlier runs used, and look what holds now."""
        self._used = dict(await self._memory.used())
        await self.look()
        # Whatever the run before left there.
        self._kept = self._now
        await self._memory.keep(self._now)

    async def close(self) -> None:
        """Store what came since the last time."""
        await self._save()
        await self._keep()

    def drain(self) -> None:
        """End soon: what is allowed stays as it is."""
        self._draining = True

    async def work(self) -> None:
        """Look again and again until drained."""
        looks = 0
        while not self._draining:
            await self.look()
            looks += 1
            if looks * self._look_s >= STORE_EVERY_S:
                looks = 0
                await self._save()
                await self._keep()
            await asyncio.sleep(self._look_s)

    def took(self, count: int) -> None:
        """So many bytes of media came."""
        today = day_of(self._clock(), self._zone)
        self._used[today] = self._used.get(today, 0) + count
        self._unsaved[today] = self._unsaved.get(today, 0) + count

    @property
    def held(self) -> str | None:
        """What a download that runs now is told; None while it may go on."""
        return f"{self._now.reason}: {STOPPED}" if self._now.held_until is not None else None

    def wait_s(self) -> float:
        """0 while downloads may begin, else seconds until it is worth asking again."""
        until = self._now.held_until
        return 0.0 if until is None else max(self._look_s, (until - self._clock()).total_seconds())

    async def limit_bps(self) -> int | None:
        """Bytes a second that each running download may take; None: nothing but the settings' limit."""
        if self._now.total_bps is None:
            return await self._each_bps()
        return share(self._now.total_bps, await self._each_bps(), await self._downloads())

    async def look(self) -> None:
        """Go by the clock and by what was used."""
        now = self._clock()
        new = allowance(self._rules, self._used, now, self._zone)
        old, self._now = self._now, new
        if new.held_until is not None and old.held_until is None:
            log.warning("%s: downloads go on at %s", new.reason, new.held_until.astimezone(self._zone))
            await self._save()
        elif old.held_until is not None and new.held_until is None:
            log.info("downloads go on")
        for cap in new.caps:
            self._warn(cap)
        if _news(new) != _news(old):
            await self._keep()

    def _warn(self, cap: Cap) -> None:
        key = (cap.span, cap.renewed_at)
        if cap.near and key not in self._warned:
            self._warned.add(key)
            log.warning("%s", cap.sentence())

    async def _keep(self) -> None:
        if self._now != self._kept:
            self._kept = self._now
            await self._memory.keep(self._now)

    async def _save(self) -> None:
        # One at a time, and forgotten only once it is stored: the database may be locked or its disk full.
        async with self._saving:
            for day, count in list(self._unsaved.items()):
                await self._memory.add(day, count)
                self._unsaved[day] -= count
                if not self._unsaved[day]:
                    del self._unsaved[day]


def _news(now: Allowance) -> tuple[object, ...]:
    """What is told at once; how much of a cap is used only now and then."""
    return now.held_until, now.reason, now.total_bps, [(cap.span, cap.near, cap.reached) for cap in now.caps]

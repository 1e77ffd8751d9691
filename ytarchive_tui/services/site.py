"""How we stand with the site, for front ends: is it left alone, until when and why; how fast it is asked."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path

from ytarchive_tui.db import breakers
from ytarchive_tui.db.budget import SiteRows
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.reach import reach
from ytarchive_tui.db.times import from_us
from ytarchive_tui.domain import governor
from ytarchive_tui.domain.breaker import CoolDown
from ytarchive_tui.domain.governor import ACCOUNT_PER_HOUR, GUEST_PER_HOUR, GovernorRules, SiteRules
from ytarchive_tui.domain.models import Frozen
from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.model import Settings

GUEST = "guest"
_LOGIN = ("__Secure-3PAPISID", "__Secure-1PAPISID", "SAPISID", "LOGIN_INFO")
"""Cookies that stay the same for as long as a login lasts, the best first."""


class Standing(Frozen):
    """How we stand with the site at this moment."""

    offline: bool = False
    held: bool = False
    """Nothing asks the site, because it refused or because there is no network."""
    since: datetime | None = None
    until: datetime | None = None
    """When it is tried again; in the past while a probe is under way or due."""
    until_s: float = 0.0
    reason: str = ""
    """What the site said last; plain text."""
    account: str = GUEST
    """`guest`, or the fingerprint of a login."""
    left: int = 0
    """Requests that may be made at once."""
    per_hour: int = 0
    """Requests an hour at which that fills up again."""
    usual_per_hour: int = 0
    """The pace before the site refused."""

    @property
    def held_s(self) -> float | None:
        """Seconds until the site is tried again; None while it may be asked."""
        return self.until_s if self.held else None

    @property
    def slowed(self) -> bool:
        """Whether the site taught us to be slower than the settings allow."""
        return self.per_hour < self.usual_per_hour

    def banner(self) -> str | None:
        """One line while nothing asks the site; None otherwise."""
        if self.offline:
            return "offline: work goes on by itself as soon as there is a network"
        if not self.held or self.until is None:
            return None
        when = (
            f"one probe at {self.until.astimezone():%H:%M}" if self.until_s > 0 else "one probe is under way"
        )
        return f"YouTube is left alone: {self.reason}; {when}"

    def short(self) -> str | None:
        """The banner in three words at most."""
        if self.offline:
            return "offline"
        if not self.held or self.until is None:
            return None
        return f"held until {self.until.astimezone():%H:%M}" if self.until_s > 0 else "probing"

    def gauge(self) -> str:
        """The budget in a few words."""
        who = "guest" if self.account == GUEST else "account"
        if self.slowed:
            return f"{who}: slowed to {self.per_hour:,} requests an hour"
        return f"{who}: {self.left:,} of {self.per_hour:,} requests left"


class SiteService:
    """Reads what the engine stores, so it serves beside an engine of this or of another process."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._account = account_of(settings.network.cookies_file)
        self._settings = settings

    async def standing(self) -> Standing:
        """How we stand; some small reads."""
        wished = await reach(self._db)
        account = wished.account or self._account
        rows = SiteRows(self._db, account)
        now = from_us(self._db.now())
        refused, offline, stored = await rows.standing()
        shown = offline if offline.is_open else refused
        pace = rules_of(self._settings, own_cookies=wished.own_cookies).pace
        budget = governor.now_is(stored or governor.fresh(pace, now), pace, now)
        return Standing(
            offline=offline.is_open,
            held=shown.is_open,
            since=shown.since,
            until=shown.until,
            until_s=max(0.0, (shown.until - now).total_seconds()) if shown.until else 0.0,
            reason=plain(shown.sentence, 200),
            account=account,
            left=max(0, int(budget.left)),
            per_hour=round(budget.per_hour),
            usual_per_hour=round(pace.per_hour),
        )

    async def probe_now(self) -> bool:
        """Let the next probe go at once, though the cool-down lasts; False when nothing is held."""
        async with self._db.write() as tx:
            return await breakers.probe_now(tx)


def rules_of(settings: Settings, *, own_cookies: bool = False) -> SiteRules:
    """The rules for breaker and budget that the settings lead to; `own_cookies`: others are wished for."""
    site, jitter = settings.site, settings.retry.jitter
    guest = settings.network.cookies_file is None and not own_cookies
    usual = GUEST_PER_HOUR if guest else ACCOUNT_PER_HOUR
    return SiteRules(
        refusal=CoolDown(delays_s=site.cooldown_s, jitter=jitter),
        offline=CoolDown(delays_s=site.offline_s, jitter=jitter),
        pace=GovernorRules(
            per_hour=site.requests_per_hour or usual,
            slowest_per_hour=site.slowest_per_hour,
            window_s=site.window_s,
        ),
    )


def account_of(cookies: Path | None) -> str:
    """Tells accounts apart: a fingerprint of the login's cookie, never a cookie.

    Cookies without a login, and files that can't be read, are a guest's.
    """
    if cookies is None:
        return GUEST
    # Takes a part of a start that most do without.
    from http.cookiejar import LoadError, MozillaCookieJar

    jar = MozillaCookieJar(cookies)
    try:
        jar.load(ignore_discard=True, ignore_expires=True)
    except (LoadError, OSError, UnicodeDecodeError):
        return GUEST
    known = {cookie.name: cookie.value for cookie in jar if "youtube" in cookie.domain}
    login = next((value for name in _LOGIN if (value := known.get(name))), None)
    return hashlib.sha256(login.encode()).hexdigest()[:12] if login else GUEST

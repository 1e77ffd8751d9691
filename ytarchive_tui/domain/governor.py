"""How fast the site is asked: one budget of requests for all workers, learned from what the site bears.

A bucket of requests that fills at the pace of `per_hour`. A refusal halves the pace and makes the bucket
small; each answer raises it a little. Pure: every function takes the moment and gives a new budget.
"""

from __future__ import annotations

import math
from datetime import datetime

from ytarchive_tui.domain.breaker import CoolDown
from ytarchive_tui.domain.models.base import Frozen
from ytarchive_tui.domain.models.jobs import JobOptions, Stage

GUEST_PER_HOUR = 1000
"""Requests an hour that YouTube bears from a guest, about 300 videos (yt-dlp's wiki, «Extractors»)."""
ACCOUNT_PER_HOUR = 4000
"""The same with cookies of an account, about 2000 videos."""
GROWTH = 0.25
"""What each answered request adds to a learned pace: a quarter more after an hour at full pace."""
METADATA_COST = 3
"""The watch page, and an answer of the player for each client that yt-dlp plays."""
DOWNLOAD_COST = 1
"""Media come from other hosts; a stale extraction is asked for anew."""


class GovernorRules(Frozen):
    """What the settings say."""

    per_hour: float = GUEST_PER_HOUR
    """The pace until the site refuses, and never more."""
    slowest_per_hour: float = 30
    """No refusal slows further: from there on the breaker waits instead."""
    window_s: float = 60.0
    """Over how long the pace is measured; what is saved up at a learned pace is worth as long."""


class SiteRules(Frozen):
    """How a site is treated: what its breaker, the one of being offline and its budget go by."""

    refusal: CoolDown
    offline: CoolDown
    pace: GovernorRules = GovernorRules()


class Budget(Frozen):
    """How much may be asked; stored now and then, and at each refusal."""

    per_hour: float
    left: float
    """Requests in the bucket; below 0 when more was asked than foreseen."""
    heat: float = 0.0
    """Requests of late, each fading with the age of a window."""
    at: datetime
    """As of when."""


def fresh(rules: GovernorRules, now: datetime) -> Budget:
    """The budget of a site that has never refused."""
    return Budget(per_hour=rules.per_hour, left=rules.per_hour, at=now)


def capacity(budget: Budget, rules: GovernorRules) -> float:
    """What can be saved up: an hour's worth, or once the site has refused, a window's."""
    if budget.per_hour >= rules.per_hour:
        return rules.per_hour
    return max(budget.per_hour * rules.window_s / 3600, METADATA_COST)


def now_is(budget: Budget, rules: GovernorRules, now: datetime) -> Budget:
    """The budget at a later moment; a clock that went back adds nothing."""
    passed = max(0.0, (now - budget.at).total_seconds())
    pace = min(budget.per_hour, rules.per_hour)
    filled = min(capacity(budget, rules), budget.left + passed * pace / 3600)
    heat = budget.heat * math.exp(-passed / rules.window_s)
    return budget.model_copy(update={"per_hour": pace, "left": filled, "heat": heat, "at": now})


def wait_s(budget: Budget, rules: GovernorRules, cost: float, now: datetime) -> float:
    """Seconds until so many requests may be made; 0 now."""
    today = now_is(budget, rules, now)
    missing = min(cost, capacity(today, rules)) - today.left
    return missing * 3600 / today.per_hour if missing > 1e-6 else 0.0


def spent(budget: Budget, rules: GovernorRules, cost: float, now: datetime) -> Budget:
    """After so many requests."""
    today = now_is(budget, rules, now)
    return today.model_copy(update={"left": today.left - cost, "heat": today.heat + cost})


def after_refusal(budget: Budget, rules: GovernorRules, now: datetime) -> Budget:
    """Half of the pace that brought the refusal, and nothing saved up."""
    today = now_is(budget, rules, now)
    seen = today.heat * 3600 / rules.window_s
    pace = max(rules.slowest_per_hour, min(today.per_hour, seen or today.per_hour) / 2)
    return today.model_copy(update={"per_hour": min(pace, rules.per_hour), "left": 0.0, "heat": 0.0})


def after_answer(budget: Budget, rules: GovernorRules, cost: float) -> Budget:
    """A little more, up to what the settings allow."""
    return budget.model_copy(update={"per_hour": min(rules.per_hour, budget.per_hour + GROWTH * cost)})


def cost_of(stage: Stage, options: JobOptions | None = None) -> int:
    """Requests that one stage makes, about; subtitles are asked for one by one."""
    match stage:
        case Stage.METADATA:
            return METADATA_COST
        case Stage.DOWNLOAD:
            return DOWNLOAD_COST + (len(options.subtitles) if options else 0)
        case Stage.STORAGE:
            return 0

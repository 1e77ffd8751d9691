"""How recovery plans follow from what failed: failures that share one cause, and what to offer for it.

Pure: from counted groups of failed jobs to plans. A class of failure has one entry in `causes`; what a
breaker or a budget will one day know of a root comes in beside the counts, not instead of them.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from ytarchive_tui.domain.causes import CAUSES, Cause
from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.plans import Around, Fix, FixKind, Group, Made, Plan, SetAside
from ytarchive_tui.domain.text import plain

REQUESTS_METADATA = 2
"""What an item's metadata costs: the watch page and one answer of the player."""
REQUESTS_DOWNLOAD = 4
"""What its files cost at least: video, audio, a thumbnail, a subtitle; long media come in more pieces."""


def plans(
    groups: Iterable[Group],
    around: Around,
    aside: dict[str, SetAside],
    now: datetime,
    made: Iterable[Made] = (),
) -> tuple[Plan, ...]:
    """One plan for each cause, and those that were made; what holds up the most first, set aside last."""
    by_key: dict[str, list[Group]] = defaultdict(list)
    for group in groups:
        by_key[key_of(group.failure_class, CAUSES[group.failure_class].root(group.facts))].append(group)
    found = [_plan(key, alike, around, aside.get(key), now) for key, alike in by_key.items()]
    found += [_made_plan(each, around, aside, now) for each in made if each.groups]
    found.sort(
        key=lambda plan: (plan.hidden is not None, -CAUSES[plan.failure_class].weight, -plan.jobs, plan.key)
    )
    return tuple(found)


def key_of(failure_class: FailureClass, root: str) -> str:
    """`gone`, or `auth-5b2f1c`: short enough to type, the same in each run."""
    if not root:
        return failure_class.value
    return f"{failure_class}-{hashlib.sha256(root.encode(errors='surrogatepass')).hexdigest()[:6]}"


def requests(from_metadata: int, from_download: int) -> int:
    """What so many items ask of the site, about."""
    return from_metadata * (REQUESTS_METADATA + REQUESTS_DOWNLOAD) + from_download * REQUESTS_DOWNLOAD


def span(seconds: float) -> str:
    """A length of time in words: `40 s`, `3 min`, `2 h 40 min`, `5 days`."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{round(hours / 24)} days"


def _plan(key: str, groups: Sequence[Group], around: Around, aside: SetAside | None, now: datetime) -> Plan:
    first = groups[0]
    cause = CAUSES[first.failure_class]
    failed, blocked, waiting = (
        sum(getattr(each, name) for each in groups) for name in ("failed", "blocked", "waiting")
    )
    asked = requests(sum(each.from_metadata for each in groups), sum(each.from_download for each in groups))
    newest = max((each.newest for each in groups if each.newest), default=None)
    due = min((each.next_at for each in groups if each.next_at), default=None)
    return Plan(
        key=key,
        failure_class=first.failure_class,
        title=cause.title(first.facts),
        root=plain(cause.root(first.facts), 200),
        cause=cause.text(first.facts),
        facts=tuple(dict.fromkeys(each.facts for each in groups)),
        failed=failed,
        blocked=blocked,
        waiting=waiting,
        requests=asked,
        since=min(each.since for each in groups),
        latest=max(each.latest for each in groups),
        next_at=due,
        next_step=_next_step(cause, failed, blocked, waiting),
        per_hour=cause.per_hour,
        fixes=tuple(_fixes(cause, failed + blocked + waiting, waiting, asked, around)),
        hidden=aside if aside and _is_hidden(aside, newest, now) else None,
    )  # fmt: skip


def _made_plan(made: Made, around: Around, aside: dict[str, SetAside], now: datetime) -> Plan:
    """Of mixed classes: what fits all of them is offered, at the pace of the slowest."""
    key = made_key(made.id)
    groups = sorted(made.groups, key=lambda each: -(each.failed + each.blocked + each.waiting))
    like = _plan(key, groups, around, aside.get(key), now)
    causes = [CAUSES[each.failure_class] for each in groups]
    classes = {each.failure_class: each.failed + each.blocked + each.waiting for each in groups}
    paces = [each.per_hour for each in causes if each.per_hour is not None]
    words = ["wait", "try-one", "retry", "quality", "snooze", "dismiss"]
    if set(classes) == {FailureClass.INCOMPLETE}:
        words.insert(3, "accept")
    if len(classes) == 1 and causes[0].advice is not None:
        words.insert(0, "mend")
    mixed = causes[0]._replace(
        fixes=tuple(words),
        per_hour=min(paces, default=None),
        by_itself="each is tried again as its own cause says",
    )
    told = ", ".join(f"{count:,} × {each}" for each, count in classes.items())
    fixes = tuple(_fixes(mixed, like.jobs, like.waiting, like.requests, around))
    return like.model_copy(
        update={
            "title": plain(made.title, 200),
            "root": "",
            "cause": f"Chosen by you from what failed: {told}.",
            "next_step": _next_step(mixed, like.failed, like.blocked, like.waiting),
            "per_hour": mixed.per_hour,
            "fixes": fixes,
            "made": made.id,
        }
    )


def made_key(number: int) -> str:
    """`mine-3`."""
    return f"mine-{number}"


def _is_hidden(aside: SetAside, newest: datetime | None, now: datetime) -> bool:
    if aside.until is not None:
        return now < aside.until
    return newest is None or newest <= aside.at


def _next_step(cause: Cause, failed: int, blocked: int, waiting: int) -> str:
    parts = []
    if waiting:
        parts.append(cause.by_itself if not failed + blocked else f"{waiting:,}: {cause.by_itself}")
    if blocked:
        which = (
            "it needs you"
            if blocked == 1
            else f"{blocked:,} need you"
            if waiting + failed
            else "these need you"
        )
        parts.append(f"nothing by itself: {which}")
    if failed:
        which = "" if not waiting + blocked else f"{failed:,}: "
        parts.append(f"{which}nothing more by itself, its tries are used up" if failed == 1 else
                     f"{which}nothing more by itself, their tries are used up")  # fmt: skip
    return "; ".join(parts)


def _fixes(cause: Cause, jobs: int, waiting: int, asked: int, around: Around) -> Iterable[Fix]:
    many = jobs > 1
    each = max(round(asked / jobs), 0)
    for word in cause.fixes:
        match FixKind(word):
            case FixKind.WAIT if waiting:
                yield Fix(kind=FixKind.WAIT, title="Wait", cost="free")
            case FixKind.TRY_ONE:
                title = "Try on one now" if many else "Try it again now"
                yield Fix(kind=FixKind.TRY_ONE, title=title, cost=_asks(each))
            case FixKind.RETRY if many:
                yield _retry(cause, jobs, asked)
            case FixKind.QUALITY:
                yield Fix(
                    kind=FixKind.QUALITY,
                    title="Take another quality",
                    cost=f"not what you wished; {_asks(asked)}",
                )
            case FixKind.ACCEPT:
                yield Fix(
                    kind=FixKind.ACCEPT,
                    title="Accept as it is",
                    cost=f"holes and early ends stay, and are noted; {_asks(asked)}",
                )
            case FixKind.COOKIES:
                yield Fix(
                    kind=FixKind.COOKIES,
                    title="Use other cookies from now on" if around.cookies else "Use cookies from now on",
                    cost="no restart; the account can be flagged",
                )
            case FixKind.PROXY:
                yield Fix(
                    kind=FixKind.PROXY,
                    title="Use another proxy from now on" if around.proxy else "Use a proxy from now on",
                    cost="no restart; all traffic goes through it",
                )
            case FixKind.SPACE:
                yield Fix(
                    kind=FixKind.SPACE,
                    title="Give up partial files of what failed",
                    cost="these begin anew when tried again",
                )
            case FixKind.MEND if cause.advice is not None:
                advice = cause.advice(around.cookies, around.proxy)
                yield Fix(kind=FixKind.MEND, title=advice.title, cost=advice.cost, advice=advice)
            case FixKind.SNOOZE:
                yield Fix(kind=FixKind.SNOOZE, title="Snooze", cost="hidden until tomorrow morning")
            case FixKind.DISMISS:
                yield Fix(kind=FixKind.DISMISS, title=cause.dismissing, cost="hidden until another one fails")
            case _:
                pass


def _retry(cause: Cause, jobs: int, asked: int) -> Fix:
    if cause.per_hour is None:
        return Fix(kind=FixKind.RETRY, title="Try all again now", cost=_asks(asked))
    over = span((jobs - 1) * 3600 / cause.per_hour)
    return Fix(
        kind=FixKind.RETRY,
        title=f"Try all again, {cause.per_hour} an hour",
        cost=f"{asked:,} requests over {over}" if asked else over,
    )


def _asks(number: int) -> str:
    return f"about {number:,} requests" if number else "asks nothing of the site"

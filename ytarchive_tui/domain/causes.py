"""What each class of failure means to people, and which remedies it has, the best first."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from ytarchive_tui.domain.errors import FailureClass
from ytarchive_tui.domain.models.base import Frozen
from ytarchive_tui.domain.text import plain

if TYPE_CHECKING:
    from ytarchive_tui.domain.plans import Facts

_C = FailureClass

GENTLE = 60
"""Items an hour for a site that has just refused: one a minute."""
POLITE = 300
"""Items an hour that YouTube is commonly said to bear from a guest."""


class Advice(Frozen):
    """What a person does outside of the queue."""

    title: str
    cost: str
    steps: tuple[str, ...]


class Cause(NamedTuple):
    """One class of failure, for people."""

    title: Callable[[Facts], str]
    """A heading; from outside it takes only names, made plain."""
    text: Callable[[Facts], str]
    """What happened, in a sentence or two."""
    by_itself: str
    """What becomes of those that wait."""
    weight: int
    """3 holds up everything, 2 needs a person, 1 has failed, 0 only takes its time."""
    fixes: tuple[str, ...]
    """Words of `FixKind`, the best first."""
    per_hour: int | None = POLITE
    root: Callable[[Facts], str] = lambda facts: ""
    """What its failures must have in common to be one plan."""
    advice: Callable[[bool, bool], Advice] | None = None
    """From whether cookies and a proxy are set."""
    dismissing: str = "Dismiss"


_SETTINGS = "`ytarchive-tui config path` says which file your settings are in. Write there:"
_AGAIN = "Start the program again, come back here and try on one; if that works, try all again."


def _cookies(cookies: bool, proxy: bool) -> Advice:
    cost = "the account can be flagged"
    if cookies:
        return Advice(
            title="Renew your cookies",
            cost=cost,
            steps=(
                "Your settings name a cookies file, and the site does not accept what is in it: its login "
                "may have expired, or the account may not see these.",
                "Log in with a browser, export the cookies of youtube.com anew to the same file.",
                "Try on one; if that works, try all again.",
            ),
        )
    return Advice(
        title="Use cookies of an account",
        cost=cost,
        steps=(
            "Log in with a browser, with an account that may see these, and export the cookies of "
            "youtube.com to a file in Netscape format that only you can read.",
            f'{_SETTINGS}\n\n[network]\ncookies_file = "/where/you/keep/cookies.txt"\n',
            _AGAIN,
        ),
    )


def _proxy(cookies: bool, proxy: bool) -> Advice:
    first = "The proxy of your settings stands where these may not be seen." if proxy else (
        "You need a proxy in a country where these may be seen."
    )  # fmt: skip
    return Advice(
        title="Use another proxy" if proxy else "Use a proxy elsewhere",
        cost="all traffic goes through it",
        steps=(first, f'{_SETTINGS}\n\n[network]\nproxy = "socks5://host:port"\n', _AGAIN),
    )


def _doctor(cookies: bool, proxy: bool) -> Advice:
    return Advice(
        title="Install what is missing",
        cost="a minute of yours",
        steps=("`ytarchive-tui doctor` says what is missing and how to get it.", _AGAIN),
    )


def _room(cookies: bool, proxy: bool) -> Advice:
    return Advice(
        title="Make room on that disk",
        cost="a minute of yours",
        steps=(
            "Delete or move something from the disk on which the archive lies. What is archived is never "
            "deleted to make room.",
            "Nothing else is to be done: the next try goes on by itself, or try all again at once.",
        ),
    )


def _mount(cookies: bool, proxy: bool) -> Advice:
    return Advice(
        title="Look at the archive's disk",
        cost="a minute of yours",
        steps=(
            "Is it mounted, and may you write there? `ytarchive-tui doctor` tries it.",
            "Nothing else is to be done: the next try goes on by itself, or try all again at once.",
        ),
    )


def topic(facts: Facts) -> str:
    """Which kind of permission is missing: the words before the colon of the stored reason."""
    return (facts.reason or "").partition(":")[0].partition(" (")[0]


def _tool(facts: Facts) -> str:
    return (facts.reason or "").partition(" is missing")[0] or "a program"


def _by_channel(facts: Facts) -> str:
    """Being allowed to see something is a matter of its channel; being of age is one of the account."""
    return (
        "/".join(filter(None, (topic(facts), facts.channel)))
        if topic(facts) in _PER_CHANNEL
        else topic(facts)
    )


_PER_CHANNEL = ("private", "members only")
_TOPICS = {"private": "Private", "members only": "Members only", "age-restricted": "Age-restricted"}


def _auth_title(facts: Facts) -> str:
    name = _TOPICS.get(topic(facts), "Needs an account that may see it")
    channel = plain(facts.channel or "", 60).strip() if topic(facts) in _PER_CHANNEL else ""
    return f"{name}: {channel}" if channel else name


def _auth_text(facts: Facts) -> str:
    return {
        "private": "The uploader shows this only to accounts that were invited.",
        "members only": "The channel shows this only to its paying members.",
        "age-restricted": "The site shows this only to adults who are signed in.",
    }.get(topic(facts), "The site shows this only to accounts that may see it.")


def _said(text: str) -> Callable[[Facts], str]:
    return lambda facts: text


def _site(facts: Facts) -> str:
    return facts.site or ""


_AGAIN_AND_AGAIN = "tried again by itself; the pause grows up to a day"
_TRIES = ("wait", "try-one", "retry", "snooze", "dismiss")
_REFUSED = "Trying again and again makes it worse: one item is enough to find out whether it is over."

CAUSES: dict[FailureClass, Cause] = {
    _C.BOT_CHECK: Cause(
        _said("The site asks to confirm that you are not a bot"),
        _said(f"After too much from this address or account, YouTube wants proof of a human. {_REFUSED}"),
        _AGAIN_AND_AGAIN, 3, ("wait", "try-one", "cookies", "mend", "proxy", "retry", "snooze", "dismiss"),
        GENTLE, _site, _cookies,
    ),
    _C.THROTTLED: Cause(
        _said("The site says: too many requests"),
        _said(f"The site asks this address or account to slow down. {_REFUSED}"),
        _AGAIN_AND_AGAIN, 3, _TRIES, GENTLE, _site,
    ),
    _C.URL_EXPIRED: Cause(
        _said("Download addresses are refused"),
        _said("The site gave addresses for the files, fresh ones too, and refused them: most often a limit."),
        _AGAIN_AND_AGAIN, 3, _TRIES, GENTLE, _site,
    ),
    _C.LOCAL_DISK: Cause(
        lambda facts: f"No space left: {plain(facts.archive or '', 80)}",
        lambda facts: f"The disk of {plain(facts.archive or '', 200)} is full, or your quota on it is.",
        "tried again every few minutes, until there is room", 3,
        ("space", "mend", "wait", "retry", "snooze", "dismiss"),
        None, lambda facts: facts.archive or "", _room,
    ),
    _C.LOCAL_IO: Cause(
        lambda facts: f"Can't be written: {plain(facts.archive or '', 80)}",
        lambda facts: f"The archive at {plain(facts.archive or '', 200)} can't be written, or is not there.",
        "tried again every few minutes, until it works", 3, ("mend", "wait", "retry", "snooze", "dismiss"),
        None, lambda facts: facts.archive or "", _mount,
    ),
    _C.TOOL: Cause(
        lambda facts: f"Missing: {plain(_tool(facts), 60)}",
        lambda facts: f"A program that is needed can't be found: {plain(_tool(facts), 100)}.",
        "tried again by itself", 3, ("mend", "try-one", "retry", "snooze", "dismiss"), None, _tool, _doctor,
    ),
    _C.AUTH: Cause(
        _auth_title, _auth_text, "tried again by itself", 2,
        ("cookies", "mend", "try-one", "retry", "snooze", "dismiss"), POLITE, _by_channel, _cookies,
    ),
    _C.GEO: Cause(
        _said("Not available in this country"),
        _said("The uploader does not show this in the country from which the site sees you."),
        "tried again by itself", 2,
        ("proxy", "mend", "try-one", "retry", "snooze", "dismiss"), POLITE, advice=_proxy,
    ),
    _C.FORMAT: Cause(
        lambda facts: f"No format fits «{plain(facts.quality or '', 50)}»",
        lambda facts: f"Nothing that the site offers fits the quality «{plain(facts.quality or '', 100)}».",
        "tried again by itself", 2, ("quality", "try-one", "retry", "snooze", "dismiss"),
        POLITE, lambda facts: facts.quality or "",
    ),
    _C.INCOMPLETE: Cause(
        _said("What came is not the whole file"),
        _said("The files that came are damaged or not complete, more than once; none was archived."),
        "downloaded again from the start", 2,
        ("wait", "try-one", "retry", "accept", "quality", "snooze", "dismiss"),
    ),
    _C.BUG: Cause(
        _said("A fault in the program"),
        _said("The program, yt-dlp or ffmpeg ended in a way that nobody foresaw; the log has the details."),
        "tried once more", 2, _TRIES,
    ),
    _C.UNKNOWN: Cause(
        _said("Failed without an explanation"),
        _said("The site or yt-dlp said something that the program does not know; it stands below."),
        "tried once more", 2, _TRIES,
    ),
    _C.NET_TRANSIENT: Cause(
        _said("The network or the site failed"),
        _said("The connection broke, or the site had an error of its own. What has come is kept."),
        "tried again by itself, up to five times", 1, _TRIES,
    ),
    _C.GONE: Cause(
        _said("Removed at the site"),
        _said("The site says that these are no longer there. What is in your archive stays there."),
        "looked for once more, a day after the first time", 1,
        ("wait", "dismiss", "try-one", "retry", "snooze"), dismissing="Accept it",
    ),
    _C.UNSUPPORTED: Cause(
        _said("Can't be downloaded by any means"),
        _said("Protected by DRM, or an address that leads to no video."),
        "tried again by itself", 1, ("dismiss", "try-one", "retry", "snooze"), dismissing="Accept it",
    ),
    _C.NOT_YET: Cause(
        _said("Not published yet"),
        _said("Announced or live: there is nothing to archive before it has been shown."),
        "looked for when it is due", 0, ("wait", "snooze", "dismiss", "try-one", "retry"),
    ),
}  # fmt: skip
"""Every class has its entry."""

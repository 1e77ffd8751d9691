"""From evidence to a class of failure: types, statuses and numbers first, texts last."""

from __future__ import annotations

import errno
import re
from typing import NamedTuple

from ytarchive_tui.domain.errors import Evidence, Failure, FailureClass
from ytarchive_tui.domain.text import plain

_C = FailureClass


class Rule(NamedTuple):
    """A class and its sentence for people."""

    failure_class: FailureClass
    sentence: str


_RESERVE = Rule(_C.LOCAL_DISK, "disk full")

_BY_EXCEPTION: dict[str, Rule] = {
    "GeoRestrictedError": Rule(_C.GEO, "not available in this country"),
    "UnsupportedError": Rule(_C.UNSUPPORTED, "yt-dlp has no way to read this address"),
    "NotMedia": Rule(_C.INCOMPLETE, "what came is no media file"),
    "SizeMismatch": Rule(_C.INCOMPLETE, "the file is not as long as the site said"),
    "SourceChangedError": Rule(_C.INCOMPLETE, "the site replaces the file faster than it can be read"),
    "VerificationFailed": Rule(_C.INCOMPLETE, "the downloaded file did not pass verification"),
    "FFmpegPostProcessorError": Rule(_C.INCOMPLETE, "ffmpeg could not put the file together"),
    "ArchiveMissing": Rule(_C.LOCAL_IO, "the archive folder is gone: is its disk mounted?"),
    "DiskReserve": _RESERVE,
    "NotAVideo": Rule(_C.UNSUPPORTED, "the address does not lead to a video"),
    "NotAList": Rule(_C.UNSUPPORTED, "the address does not lead to a list of videos"),
    "ListCut": Rule(_C.INCOMPLETE, "the list could not be read to its end"),
    "TooManyVanished": Rule(
        _C.UNKNOWN, "too much vanished from the list at once: nothing was marked, look at it yourself"
    ),
    # What the Data API says, see youtube_api/refusals.py.
    "NotListed": Rule(_C.GONE, "the Data API lists no such video: private, removed, or never there"),
    "NoSuchList": Rule(_C.GONE, "there is no such list, or it is private"),
    "quotaExceeded": Rule(_C.THROTTLED, "the Data API's quota is spent for today"),
    "rateLimitExceeded": Rule(_C.THROTTLED, "the Data API says: too many requests at once"),
    "ApiKeyRefused": Rule(_C.AUTH, "Google refuses the API key: `ytarchive-tui quota` says why"),
    "MalformedAnswer": Rule(_C.NET_TRANSIENT, "the Data API's answer is not JSON"),
    "ServerNotFoundError": Rule(_C.NET_TRANSIENT, "the Data API can't be reached"),
    "NotOneFile": Rule(_C.FORMAT, "the format string does not lead to one media file"),
    "StagingBusy": Rule(_C.BUG, "an earlier attempt still writes to the staging folder"),
    "ChildDied": Rule(_C.BUG, "the download process died"),
    "ZygoteDied": Rule(_C.BUG, "the process that starts downloads died"),
}

_FAULTS = frozenset(
    {"NameError", "AttributeError", "TypeError", "IndexError", "KeyError", "AssertionError", "ImportError"}
)
"""Raised as they are, these come from a mistake in the program; yt-dlp wraps those of its extractors."""

_DISK_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
_FULL_BY = {
    errno.EDQUOT: "your quota on the archive's disk is used up",
    errno.EFBIG: "the archive's disk takes no file that large",
}
_BROKEN = frozenset({errno.ECONNRESET, errno.ECONNABORTED, errno.EPIPE})
_UNREACHABLE = frozenset(
    {errno.ECONNREFUSED, errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH, errno.ETIMEDOUT}
)
_TRANSPORT = frozenset(
    {
        *("gaierror", "herror", "SSLError", "SSLEOFError", "SSLZeroReturnError", "SSLCertVerificationError"),
        *("TransportError", "ProxyError", "IncompleteRead", "CertificateVerifyError"),
    }
)
"""Errors of connections whose `errno` is a number of another kind, or of the other side."""
_WRITING = ("commit", "staging", "media", "merge", "verify")
_NOT_YET = frozenset({"is_upcoming", "is_live", "post_live"})
_NEEDS_ACCOUNT = frozenset({"private", "premium_only", "subscriber_only", "needs_auth"})

TEXT_RULES: tuple[tuple[str, Rule], ...] = (
    # What YouTube says, as yt-dlp 2026.10.26 passes it on; apostrophes may be U+2019.
    (r"not a bot|captcha challenge", Rule(_C.BOT_CHECK, "YouTube asks to confirm that you are not a bot")),
    (r"try again later", Rule(_C.THROTTLED, "YouTube's limit for this session is reached")),
    (r"IP is likely being blocked", Rule(_C.THROTTLED, "YouTube blocks this address")),
    (r"Too Many Requests|HTTP Error 429", Rule(_C.THROTTLED, "the site says: too many requests")),
    (r"private video|video is private", Rule(_C.AUTH, "private: needs an account that may see it")),
    (r"members on level|join this channel", Rule(_C.AUTH, "members only: needs a member's account")),
    (r"confirm your age|age.restricted", Rule(_C.AUTH, "age-restricted: needs a signed-in account")),
    (r"Music Premium|requires payment|purchase", Rule(_C.AUTH, "needs an account that has paid for it")),
    (r"account .*terminated", Rule(_C.GONE, "the uploader's account was terminated")),
    (r"copyright claim", Rule(_C.GONE, "removed after a copyright claim")),
    (r"removed by the uploader", Rule(_C.GONE, "removed by the uploader")),
    (r"violat\w+ YouTube", Rule(_C.GONE, "removed by YouTube")),
    (
        r"(this )?video (is )?(not available|unavailable)\.?$",
        Rule(_C.GONE, "the site says that this video is not available"),
    ),
    (r"playlist does not exist", Rule(_C.GONE, "the playlist does not exist")),
    (r"not ma(d|k)e this video available in your country", Rule(_C.GEO, "not available in this country")),
    (r"premieres in|will begin in|offline\.", Rule(_C.NOT_YET, "announced, not published yet")),
    (r"DRM protected", Rule(_C.UNSUPPORTED, "protected by DRM")),
    (r"does not have a \S+ tab", Rule(_C.UNSUPPORTED, "the channel has no such tab")),
    (r"Unsupported URL|is not a valid URL", Rule(_C.UNSUPPORTED, "yt-dlp has no way to read this address")),
    # What yt-dlp and ffmpeg say of themselves.
    (
        r"Requested format is not available|Invalid filter|format specification",
        Rule(_C.FORMAT, "no offered format fits the wished quality"),
    ),
    (r"ffmpeg (is )?not (found|installed)", Rule(_C.TOOL, "ffmpeg is missing: run `doctor`")),
    (r"ffprobe (is )?not (found|installed)", Rule(_C.TOOL, "ffprobe is missing: run `doctor`")),
    (r"No video formats found", Rule(_C.FORMAT, "the site offered no format that can be downloaded")),
    (r"Conversion failed|Postprocessing", Rule(_C.INCOMPLETE, "ffmpeg could not put the file together")),
    (r"No space left|quota exceeded", Rule(_C.LOCAL_DISK, "no space left on the archive's disk")),
    (
        r"fragment \d+ not found|unable to continue|HTTP Error 404: .*Giving up after",
        Rule(_C.INCOMPLETE, "parts of the stream are missing at the site"),
    ),
)

NO_CONNECTION = r"Unable to connect|Failed to (resolve|establish)|Temporary failure|Connection refused"

NETWORK_TEXTS: tuple[tuple[str, Rule], ...] = (
    # Last of all, because these words also stand in the texts of other failures.
    (r"HTTP Error 5\d\d", Rule(_C.NET_TRANSIENT, "the site has an error of its own")),
    (
        r"CERTIFICATE_VERIFY_FAILED",
        Rule(_C.NET_TRANSIENT, "the site's certificate is not trusted: look at the clock, and at `ca_file`"),
    ),
    (r"timed out", Rule(_C.NET_TRANSIENT, "the site sent nothing for too long")),
    (
        r"reset by peer|more expected|get any data blocks|Connection (aborted|broken)"
        r"|Remote end closed|EOF occurred",
        Rule(_C.NET_TRANSIENT, "the connection broke"),
    ),
    (
        NO_CONNECTION,
        Rule(_C.NET_TRANSIENT, "the site can't be reached"),
    ),
    (r"Failed to extract any player response", Rule(_C.NET_TRANSIENT, "the site did not answer")),
)

_NO_FORMAT = re.compile(r"No video formats found|Requested format is not available")
_GIVEN_UP = re.compile(r"Unable to download (API page|webpage)")
_SPECIFIC = tuple((re.compile(pattern, re.IGNORECASE), rule) for pattern, rule in TEXT_RULES)
_NETWORK_WORDS = tuple((re.compile(pattern, re.IGNORECASE), rule) for pattern, rule in NETWORK_TEXTS)


def classify(evidence: Evidence) -> Failure:
    """The class of a failure, with a sentence that says why; what nothing explains is `UNKNOWN`."""
    rule = (
        _by_availability(evidence)
        or _by_exception(evidence)
        or _by_errno(evidence)
        or _by_hidden_status(evidence)
        or _by_hidden_break(evidence)
        or _by_text(evidence, specific_only=True)
        or _by_http_status(evidence)
        or _by_text(evidence, specific_only=False)
    )
    if rule is None:
        return Failure(
            failure_class=_C.UNKNOWN,
            sentence=plain(evidence.message, 160) or "failed without saying why",
            evidence=evidence,
        )
    return Failure(failure_class=rule.failure_class, sentence=_sentence(rule, evidence), evidence=evidence)


def is_unreachable(evidence: Evidence) -> bool:
    """Whether no connection came about at all: this machine is offline, or the site is."""
    return (
        evidence.errno in _UNREACHABLE
        or not {"gaierror", "herror"}.isdisjoint(evidence.exception)
        or re.search(NO_CONNECTION, evidence.message, re.IGNORECASE) is not None
    )


def _by_availability(evidence: Evidence) -> Rule | None:
    if evidence.live_status in _NOT_YET:
        return {
            "is_upcoming": Rule(_C.NOT_YET, "announced, not published yet"),
            "is_live": Rule(_C.NOT_YET, "live now: archived when the stream has ended"),
            "post_live": Rule(_C.NOT_YET, "the stream has just ended and is still being processed"),
        }[evidence.live_status]
    if evidence.availability in _NEEDS_ACCOUNT:
        return _by_text(evidence, specific_only=True) or Rule(_C.AUTH, "needs an account that may see it")
    return None


def _by_exception(evidence: Evidence) -> Rule | None:
    if evidence.exception and evidence.exception[0] in _FAULTS:
        return Rule(_C.BUG, f"a fault in the program, {evidence.exception[0]}; the log has the details")
    return next((_BY_EXCEPTION[name] for name in evidence.exception if name in _BY_EXCEPTION), None)


def _by_errno(evidence: Evidence) -> Rule | None:
    number = evidence.errno
    if number is None:
        return None
    if number in _DISK_FULL:
        return Rule(_C.LOCAL_DISK, _FULL_BY.get(number, "no space left on the archive's disk"))
    if number in _BROKEN:
        return Rule(_C.NET_TRANSIENT, "the connection broke")
    if number in _UNREACHABLE:
        return Rule(_C.NET_TRANSIENT, "the site can't be reached")
    if number == errno.ENAMETOOLONG:
        return Rule(_C.LOCAL_IO, "the archive's file system takes no name that long: choose another folder")
    if _TRANSPORT.isdisjoint(evidence.exception) and evidence.activity in _WRITING:
        return Rule(_C.LOCAL_IO, "the archive can't be written")
    return None


def _by_text(evidence: Evidence, *, specific_only: bool) -> Rule | None:
    """Match the message; without `specific_only` also the warnings, and the words of a broken network."""
    texts = (evidence.message, *reversed(evidence.warnings))
    rules = _SPECIFIC if specific_only else _SPECIFIC + _NETWORK_WORDS
    for text in texts[:1] if specific_only else texts:
        for pattern, rule in rules:
            if pattern.search(text):
                return rule
    return None


def _by_http_status(evidence: Evidence) -> Rule | None:
    status = evidence.http_status
    if status is None:
        return None
    if status == 429:
        return Rule(_C.THROTTLED, "the site says: too many requests")
    if status >= 500:
        return Rule(_C.NET_TRANSIENT, "the site has an error of its own")
    if evidence.activity == "media" and status in (403, 404, 410, 416):
        return Rule(_C.URL_EXPIRED, "the download address is no longer accepted")
    if status == 404 and _is_the_failure_itself(evidence):
        return Rule(_C.GONE, "the site does not know this address")
    if status in (401, 403):
        return Rule(_C.THROTTLED, "the site refuses this address")
    return None


def _by_hidden_status(evidence: Evidence) -> Rule | None:
    """Formats that are missing because a part of the site failed or refused: yt-dlp only warns of that."""
    status = evidence.http_status or 0
    if _NO_FORMAT.search(evidence.message) and (status == 429 or status >= 500):
        return _by_http_status(evidence)
    return None


def _by_hidden_break(evidence: Evidence) -> Rule | None:
    """Formats that are missing because the network went after the page and before the player's answers.

    yt-dlp only warns of that too, and tries each answer more than once: what counts is what it gave up.
    """
    if _NO_FORMAT.search(evidence.message) is None:
        return None
    lost = [text for text in evidence.warnings if _GIVEN_UP.search(text)]
    words = ((text, pattern, rule) for text in reversed(lost) for pattern, rule in _NETWORK_WORDS)
    return next((rule for text, pattern, rule in words if pattern.search(text)), None)


def _is_the_failure_itself(evidence: Evidence) -> bool:
    """True when the HTTP status is no mere warning on the way to another failure."""
    return "HTTPError" in evidence.exception or f"HTTP Error {evidence.http_status}" in evidence.message


def _sentence(rule: Rule, evidence: Evidence) -> str:
    """The rule's sentence, with what makes this case different from the next one."""
    detail = ""
    if evidence.http_status and evidence.http_status >= 400:
        detail = f"HTTP {evidence.http_status}"
    elif rule is _RESERVE or rule.failure_class in (_C.INCOMPLETE, _C.LOCAL_IO, _C.BUG, _C.FORMAT):
        detail = plain(evidence.message, 120)
    return f"{rule.sentence} ({detail})" if detail else rule.sentence

"""Secrets taken out of text before it is shown, logged or stored."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import quote, quote_plus

HIDDEN = "[hidden]"

_PARAMETERS = re.compile(
    r"(?<![\w-])(key|api_key|apikey|access_token|refresh_token|token|password|sig|lsig|signature|pot)=[^&\s\"'<>]+",
    re.IGNORECASE,
)
_HEADERS = re.compile(
    r"(?P<name>['\"]?(?<![\w-])(?:proxy-authorization|authorization|set-cookie2?|cookie|x-goog-api-key)['\"]?"
    r"(?:\s*[:=]|(?<=['\"]),)\s*)(?:'[^'\n]*'|\"[^\"\n]*\"|[^\r\n]+)",
    re.IGNORECASE,
)
_USER_INFO = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.-]*://)[^\s/?#@'\"]*(?::[^\s/?#'\"]*)?@", re.IGNORECASE)
_GOOGLE_KEY = re.compile(r"AIza[0-9A-Za-z_-]{30,}")


_HEADER_NAMES = ("authorization", "cookie", "x-goog-api-key")


_remembered: set[str] = set()
"""Secrets that this process has read."""


def remember(secrets: Iterable[str]) -> None:
    """From now on these stand in no error that this process tells."""
    _remembered.update(secrets)


def redact_error(text: str) -> str:
    """`redact` with all that is remembered: for what was thought by nobody to be shown."""
    return redact(text, _remembered)


def redact(text: str, secrets: Iterable[str] = ()) -> str:
    """Replace the known secrets, and whatever looks like one, by `[hidden]`.

    By their look go: secret parameters of addresses, authorization and cookie headers (to the end
    of their line), user and password before a host, and API keys of Google's form. Known
    secrets also go in their percent-encoded form.
    """
    return redactor(secrets)(text)


def redactor(secrets: Iterable[str]) -> Callable[[str], str]:
    """`redact` for many texts: what the secrets look like is worked out once.

    An expression is tried only on a text that has what it can't do without: most have nothing of it.
    """
    forms = {form for secret in secrets for form in (secret, quote(secret, safe=""), quote_plus(secret))}
    known = sorted(filter(None, forms), key=len, reverse=True)

    def redacted(text: str) -> str:
        for form in known:
            text = text.replace(form, HIDDEN)
        lower = text.lower()
        if any(name in lower for name in _HEADER_NAMES):
            text = _HEADERS.sub(rf"\g<name>{HIDDEN}", text)
        if "=" in text:
            text = _PARAMETERS.sub(rf"\1={HIDDEN}", text)
        if "://" in text and "@" in text:
            text = _USER_INFO.sub(rf"\g<scheme>{HIDDEN}@", text)
        if "AIza" in text:
            text = _GOOGLE_KEY.sub(HIDDEN, text)
        return text

    return redacted

"""Other cookies or another proxy while the program runs: checked before they are wished for."""

from __future__ import annotations

from http.cookiejar import LoadError, MozillaCookieJar
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.reach import BROWSERS, Reach
from ytarchive_tui.services.site import account_of
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.values import Proxy

_PROXY: TypeAdapter[str] = TypeAdapter(Proxy)
DIRECT = "direct"
"""What is written for no proxy at all."""
AS_SET = "settings"
"""What is written for going back to the settings."""


def in_force(settings: Settings, wished: Reach) -> Settings:
    """The settings with what is wished otherwise."""
    changes: dict[str, object] = {}
    if wished.own_cookies:
        changes["cookies_file"] = wished.cookies_file
    if wished.proxy is not None:
        changes["proxy"] = wished.proxy or None
    network = settings.network.model_copy(update=changes)
    return settings.model_copy(update={"network": network})


def with_cookies(now: Reach, text: str) -> Reach:
    """Cookies of a file in Netscape format, or of a browser by its name; raises `UsageError`. Blocking."""
    text = text.strip()
    none = {"cookies_file": None, "cookies_browser": None, "account": None}
    if text == AS_SET:
        return now.model_copy(update=none)
    browser, _, profile = text.partition(":")
    if browser.lower() in BROWSERS:
        named = f"{browser.lower()}:{profile}" if profile else browser.lower()
        # Which login that is, is known only to who reads the browser's store: one account for each profile.
        return now.model_copy(update=none | {"cookies_browser": named, "account": named.replace("/", "_")})
    file = Path(text).expanduser().absolute()
    jar = MozillaCookieJar(file)
    try:
        jar.load(ignore_discard=True, ignore_expires=True)
    except (LoadError, UnicodeDecodeError):
        raise UsageError(f"{file} is no cookies file in Netscape format; export it anew") from None
    except OSError as error:
        raise UsageError(
            f"{file} can't be read ({error.strerror}); name a file, or one of {', '.join(BROWSERS)}"
        ) from None
    if not any("youtube.com" in cookie.domain for cookie in jar):
        raise UsageError(f"{file} holds no cookies of youtube.com; export them while you are logged in there")
    return now.model_copy(update=none | {"cookies_file": file, "account": account_of(file)})


def with_proxy(now: Reach, text: str) -> Reach:
    """Another proxy, `direct` for none, `settings` for that of the settings; raises `UsageError`."""
    text = text.strip()
    if text == AS_SET:
        return now.model_copy(update={"proxy": None})
    if text == DIRECT:
        return now.model_copy(update={"proxy": ""})
    try:
        return now.model_copy(update={"proxy": _PROXY.validate_python(text)})
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
        raise UsageError(f"the proxy {told}; {DIRECT} goes without one") from None

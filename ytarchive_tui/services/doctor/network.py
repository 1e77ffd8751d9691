"""What the settings name for the network: proxy, certificates, cookies, API keys. Nothing is sent."""

from __future__ import annotations

import ssl
from http.cookiejar import LoadError, MozillaCookieJar
from pathlib import Path

from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.services.doctor.commands import quoted
from ytarchive_tui.services.doctor.report import Check, Topic, Verdict
from ytarchive_tui.settings.keys import read_api_keys
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.redact import redact


def network_checks(settings: Settings) -> list[Check]:
    """One check for each thing that is set, and the count of API keys."""
    network = settings.network
    checks = []
    if network.proxy:
        checks.append(_check("proxy", Verdict.OK, redact(network.proxy, settings.secrets())))
    if network.ca_file:
        checks.append(_ca_file(network.ca_file))
    if network.cookies_file:
        checks.append(_cookies(network.cookies_file))
    checks.append(_api_keys(settings))
    return checks


def _check(name: str, status: Verdict, found: str, fix: str | None = None) -> Check:
    return Check(topic=Topic.NETWORK, name=name, status=status, found=found, fix=fix)


def _ca_file(file: Path) -> Check:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    fix = "name a readable PEM file in network.ca_file, or remove the setting"
    try:
        context.load_verify_locations(file)
    except ssl.SSLError:
        return _check("CA file", Verdict.FAIL, f"{file} holds no certificates in PEM form", fix)
    except OSError as error:
        return _check("CA file", Verdict.FAIL, f"{file} can't be read: {error.strerror}", fix)
    return _check("CA file", Verdict.OK, f"{file}, {len(context.get_ca_certs())} authorities")


def _cookies(file: Path) -> Check:
    fix = "export the cookies again in Netscape format (cookies.txt)"
    jar = MozillaCookieJar(file)
    try:
        jar.load(ignore_discard=True, ignore_expires=True)
    except (LoadError, UnicodeDecodeError):
        # LoadError quotes the line, and the line holds a cookie.
        return _check("cookies", Verdict.FAIL, f"{file} is not in Netscape format", fix)
    except OSError as error:
        return _check("cookies", Verdict.FAIL, f"{file} can't be read: {error.strerror}", fix)
    # A time of 0 marks a cookie of the browser's session; the module takes it for 1970.
    expired = sum(bool(cookie.expires) and cookie.is_expired() for cookie in jar)
    found = f"{file}, {len(jar)} cookies, {expired} expired"
    if len(jar) == expired:
        return _check("cookies", Verdict.WARN, found, fix)
    return _unless_private("cookies", file, found)


def _api_keys(settings: Settings) -> Check:
    fix = "name a readable file with one key on each line in youtube.api_key_file, or remove the setting"
    try:
        count = len(read_api_keys(settings.youtube))
    except UsageError as error:
        return _check("API keys", Verdict.FAIL, str(error), fix)
    if count == 0:
        return _check("API keys", Verdict.OK, "none; yt-dlp tells the metadata")
    endpoint = settings.youtube.api_endpoint
    found = f"{count} set, for {redact(endpoint)}" if endpoint else f"{count} set"
    file = settings.youtube.api_key_file
    return _unless_private("API keys", file, found) if file else _check("API keys", Verdict.OK, found)


def _unless_private(name: str, file: Path, found: str) -> Check:
    bits = file.stat().st_mode & 0o777
    if bits & 0o077:
        found += f"; mode {bits:04o} lets other users read {file}"
        return _check(name, Verdict.WARN, found, f"chmod 600 {quoted(file)}")
    return _check(name, Verdict.OK, found)

"""The program itself: Python, SQLite, yt-dlp and the other packages."""

from __future__ import annotations

import platform
import re
import sqlite3
import sys
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, requires, version

from ytarchive_tui import __version__
from ytarchive_tui.services.doctor.commands import install_packages
from ytarchive_tui.services.doctor.report import Check, Topic, Verdict

STALE_DAYS = 60
"""YouTube changes every few weeks; a yt-dlp older than this often fails in ways that look like bans."""


def program_checks(today: date | None = None) -> list[Check]:
    """Versions, and what is known to be wrong with them; imports none of the packages."""
    today = today or datetime.now(UTC).date()
    return [
        _check("ytarchive-tui", Verdict.OK, __version__),
        _python(),
        sqlite_check(sqlite3.sqlite_version_info),
        *_ytdlp(today),
        _packages(),
    ]


def _check(name: str, status: Verdict, found: str, fix: str | None = None) -> Check:
    return Check(topic=Topic.PROGRAM, name=name, status=status, found=found, fix=fix)


def _python() -> Check:
    found = f"{platform.python_implementation()} {platform.python_version()}, {sys.executable}"
    if sys.version_info < (3, 11):  # noqa: UP036  (run from a copied folder, nothing else says so)
        return _check("Python", Verdict.FAIL, found, "install Python 3.11 or newer")
    return _check("Python", Verdict.OK, found)


def sqlite_check(linked: tuple[int, int, int]) -> Check:
    """Whether the linked SQLite has the WAL-reset bug.

    Versions 3.7.0 to 3.51.2 can, very rarely, damage a database when two connections write or
    checkpoint at the same moment; fixed in 3.51.3, and for older lines in 3.44.6 and 3.50.7
    (sqlite.org/wal.html, «The WAL-Reset Bug»).
    """
    text = ".".join(map(str, linked))
    backported = (linked[:2] == (3, 44) and linked[2] >= 6) or (linked[:2] == (3, 50) and linked[2] >= 7)
    if linked >= (3, 51, 3) or backported:
        return _check("SQLite", Verdict.OK, text)
    return _check(
        "SQLite",
        Verdict.WARN,
        f"{text} has the WAL-reset bug: very rarely, two connections that write at the same moment damage "
        "the database; the engine writes through one connection, so only a second program can meet it",
        "not urgent: use a Python that links SQLite 3.51.3 or newer, or keep one window open at a time",
    )


def _ytdlp(today: date) -> list[Check]:
    try:
        installed = version("yt-dlp")
    except PackageNotFoundError:
        return [_check("yt-dlp", Verdict.FAIL, "not installed", install_packages("yt-dlp", upgrade=True))]
    return [age_check(installed, today), _ejs(requires("yt-dlp") or [])]


def age_check(installed: str, today: date) -> Check:
    """Whether yt-dlp is recent, by the date in its version."""
    upgrade = install_packages("yt-dlp", upgrade=True)
    try:
        year, month, day = (int(part) for part in installed.split(".")[:3])
        age = (today - date(year, month, day)).days
    except ValueError:
        return _check("yt-dlp", Verdict.WARN, f"{installed}, of unknown age", upgrade)
    found = f"{installed}, {age} days old"
    if age > STALE_DAYS:
        return _check("yt-dlp", Verdict.WARN, f"{found}: YouTube has probably changed since", upgrade)
    return _check("yt-dlp", Verdict.OK, found)


def _ejs(ytdlp_requires: list[str]) -> Check:
    """yt-dlp refuses scripts of another major.minor version than the one it was made with."""
    wanted = next(
        (match[1] for line in ytdlp_requires if (match := re.match(r"yt-dlp-ejs==([\d.]+)", line))), None
    )
    fix = install_packages(f"yt-dlp-ejs=={wanted}" if wanted else "yt-dlp-ejs", upgrade=True)
    try:
        installed = version("yt-dlp-ejs")
    except PackageNotFoundError:
        return _check("yt-dlp-ejs", Verdict.WARN, "not installed: many formats will be missing", fix)
    if wanted and installed.split(".")[:2] != wanted.split(".")[:2]:
        found = f"{installed}, but this yt-dlp was made for {wanted}: many formats will be missing"
        return _check("yt-dlp-ejs", Verdict.WARN, found, fix)
    return _check("yt-dlp-ejs", Verdict.OK, installed)


def _packages() -> Check:
    try:
        required = requires("ytarchive-tui") or []
    except PackageNotFoundError:
        return _check("packages", Verdict.OK, "not compared: the program runs from a folder, not installed")
    names = sorted(
        match[0]
        for line in required
        if "extra ==" not in line and (match := re.match(r"[A-Za-z0-9._-]+", line))
    )
    present, missing = [], []
    for name in names:
        try:
            present.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return _check("packages", Verdict.FAIL, f"missing: {', '.join(missing)}", install_packages(*missing))
    return _check("packages", Verdict.OK, ", ".join(present))

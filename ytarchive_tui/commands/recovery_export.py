"""`recovery export`: a plan with its evidence, to be shared with others; nothing secret is in it."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import click

from ytarchive_tui.commands.recovery import evidence, facts, service_of
from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.commands.version import versions
from ytarchive_tui.db.archives import known_archives
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.reach import reach
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.reach import Reach
from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.reaching import in_force
from ytarchive_tui.settings.keys import read_api_keys
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.redact import HIDDEN, redactor

_LONGEST = 2000
_SIGNED = re.compile(r"(?i)\b(https?://[^\s\"'<>?#]*)[?#][^\s\"'<>]*")
"""What follows the path of an address: media addresses carry who asked, from where, and until when."""
_WATCH = re.compile(r"(?i)https?://(?:www\.|m\.|music\.)?youtube\.com/(?:watch\?v=|playlist\?list=)[\w-]+")
_MEDIA = re.compile(r"(?i)\bhttps?://[^\s/\"'<>]*(?:googlevideo|ytimg|ggpht)[^\s\"'<>]*")
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]*(?::[0-9a-fA-F]*){2,7}(?:\.\d+){0,3})(?![\w.:])"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def export(options: Mapping[str, Any], name: str, file: Path | None) -> None:
    """Write it to the file, which must be new, or to standard output; raises `UsageError`."""
    settings, paths = settings_of(options).settings, paths_of(options)

    async def read() -> tuple[dict[str, Any], Reach, list[Path]]:
        async with service_of(options) as service:
            details = await service.details(await service.find(name))
        found = {"evidence": [evidence(each) for each in details.newest]}
        if details.first is not None:
            found["first"] = [evidence(details.first)]
        async with await Database.open(paths.database) as db:
            return {"plan": facts(details.plan), **found}, await reach(db), list(await known_archives(db))

    found, way, archives = asyncio.run(read())
    content = {
        "made_by": "ytarchive-tui",
        "versions": list(versions()),
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **found,
    }
    text = (
        json.dumps(shared(content, cleaner(settings, paths, way, archives)), indent=2, ensure_ascii=True)
        + "\n"
    )
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(text)
    except FileExistsError:
        raise UsageError(f"{file} is there already; name another file") from None
    except OSError as error:
        raise UsageError(f"{file} can't be written: {error.strerror}") from None
    click.echo(f"written to {file}; look through it before you share it", err=True)


def shared(value: Any, clean: Callable[[str], str]) -> Any:
    """The same with every text made fit to be shared."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {key: shared(each, clean) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [shared(each, clean) for each in value]
    return value


def cleaner(
    settings: Settings, paths: Paths, way: Reach | None = None, archives: Collection[Path] = ()
) -> Callable[[str], str]:
    """Takes out secrets by value and by look, folders of this machine, network and signed addresses.

    `way`: other cookies and another proxy than those of the settings, if somebody wished for them.
    """
    wished = in_force(settings, way or Reach())
    files = {settings.network.cookies_file, wished.network.cookies_file}
    secrets = {*settings.secrets(), *wished.secrets(), *read_api_keys(settings.youtube)}
    redacted = redactor((*secrets, *(value for file in files for value in _cookies(file))))
    folders = {archive: "<archive>" for archive in archives} | {
        settings.archive.root: "<archive>",
        paths.state_dir: "<state>",
        Path.home(): "~",
    }
    named = sorted(folders.items(), key=lambda each: -len(str(each[0])))
    homes = re.compile(r"(?:/home|/Users|/root|[A-Za-z]:\\Users)(?:[/\\][^\s/\\:\"'«»]+)?")

    def unsigned(found: re.Match[str]) -> str:
        whole = _WATCH.match(found[0])
        return whole[0] if whole else f"{found[1]}?{HIDDEN}"

    def clean(text: str) -> str:
        text = redacted(plain(text, _LONGEST))
        text = _MEDIA.sub(f"https://media/{HIDDEN}", text)
        text = _SIGNED.sub(unsigned, text)
        for folder, short in named:
            text = text.replace(str(folder), short)
        text = homes.sub("~", text)
        text = _MAIL.sub(HIDDEN, text)
        return _ADDRESS.sub(lambda found: HIDDEN if _is_address(found[0]) else found[0], text)

    return clean


def _is_address(text: str) -> bool:
    """Times of day have colons too."""
    try:
        ip_address(text)
    except ValueError:
        return False
    return text != "::"


def _cookies(file: Path | None) -> list[str]:
    """The values of the user's cookies, but for those so short that any text may hold them."""
    try:
        lines = file.read_text(errors="replace").splitlines() if file is not None else []
    except OSError:
        return []
    return [value for line in lines if len(value := line.split("\t")[-1].strip()) >= 8 and "\t" in line]

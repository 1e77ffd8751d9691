"""`recovery export`: a plan with its evidence, to be shared with others; nothing secret is in it."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from ytarchive_tui.commands.recovery import evidence, facts, service_of
from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.commands.version import versions
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.text import plain
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
    r"(?<![\w.])(?:\d{1,3}(?:\.\d{1,3}){3}|(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4})(?![\w.])"
)
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")


def export(options: Mapping[str, Any], name: str, file: Path | None) -> None:
    """Write it to the file, which must be new, or to standard output; raises `UsageError`."""
    settings, paths = settings_of(options).settings, paths_of(options)

    async def read() -> dict[str, Any]:
        async with service_of(options) as service:
            details = await service.details(await service.find(name))
        found = {"evidence": [evidence(each) for each in details.newest]}
        if details.first is not None:
            found["first"] = [evidence(details.first)]
        return {"plan": facts(details.plan), **found}

    content = {
        "made_by": "ytarchive-tui",
        "versions": list(versions()),
        "exported_at": datetime.now(UTC).isoformat(timespec="seconds"),
        **asyncio.run(read()),
    }
    text = json.dumps(shared(content, cleaner(settings, paths)), indent=2, ensure_ascii=True) + "\n"
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


def cleaner(settings: Settings, paths: Paths) -> Callable[[str], str]:
    """Takes out secrets by value and by look, folders of this machine, network and signed addresses."""
    secrets = (*settings.secrets(), *read_api_keys(settings.youtube))
    redacted = redactor((*secrets, *_cookies(settings.network.cookies_file)))
    folders = {settings.archive.root: "<archive>", paths.state_dir: "<state>", Path.home(): "~"}
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
        return _ADDRESS.sub(HIDDEN, text)

    return clean


def _cookies(file: Path | None) -> list[str]:
    """The values of the user's cookies, but for those so short that any text may hold them."""
    try:
        lines = file.read_text(errors="replace").splitlines() if file is not None else []
    except OSError:
        return []
    return [value for line in lines if len(value := line.split("\t")[-1].strip()) >= 8 and "\t" in line]

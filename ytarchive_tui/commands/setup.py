"""Settings, folders and tools as the command line asks for them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ytarchive_tui.batch.input import EntryOptions
from ytarchive_tui.settings.load import Loaded, load
from ytarchive_tui.settings.paths import Paths

_SETTINGS = {
    "output": "archive.root",
    "quality": "archive.quality",
    "container": "archive.container",
    "subs": "archive.subtitles",
    "auto_captions": "archive.auto_captions",
    "jobs": "engine.downloads",
    "proxy": "network.proxy",
    "ca_file": "network.ca_file",
}


def settings_of(options: Mapping[str, Any], env: Mapping[str, str] = os.environ) -> Loaded:
    """The settings under these options; raises `UsageError`."""
    asked = {name: options[option] for option, name in _SETTINGS.items()}
    return load(asked, env, options["config"])


def paths_of(options: Mapping[str, Any]) -> Paths:
    """The program's own folders: those of the user, or all of them below `--state-dir`."""
    usual = Paths.usual(os.environ, options["config"])
    folder: Path | None = options["state_dir"]
    if folder is None:
        return usual
    own = Paths.private(folder.expanduser().absolute())
    return Paths(usual.config_file, own.state_dir, own.cache_dir, own.log_dir)


def given_of(options: Mapping[str, Any], loaded: Loaded) -> EntryOptions:
    """What the command line itself says of quality, container and subtitles."""
    archive = loaded.settings.archive
    fields = {"subs": "subtitles"} | {name: name for name in ("quality", "container", "auto_captions")}
    return EntryOptions.model_validate(
        {field: getattr(archive, field) for option, field in fields.items() if options[option] is not None}
    )

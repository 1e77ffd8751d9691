"""The folders and files in which the program keeps its own things, as opposed to the archive."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

APP = "ytarchive-tui"
CONFIG_VARIABLE = "YTARCHIVE_CONFIG"
STATE_VARIABLE = "YTARCHIVE_STATE_DIR"
CACHE_VARIABLE = "YTARCHIVE_CACHE_DIR"
LOG_VARIABLE = "YTARCHIVE_LOG_DIR"
PATH_VARIABLES = frozenset({CONFIG_VARIABLE, STATE_VARIABLE, CACHE_VARIABLE, LOG_VARIABLE})
"""Variables with the settings' prefix that name a place and are no settings."""


@dataclass(frozen=True)
class Paths:
    """Where this run keeps its own things."""

    config_file: Path
    state_dir: Path
    cache_dir: Path
    """May be deleted at any time."""
    log_dir: Path

    @property
    def database(self) -> Path:
        """The queue, the items and the journal."""
        return self.state_dir / "ytarchive.db"

    @classmethod
    def usual(cls, env: Mapping[str, str], config_file: Path | None = None) -> Paths:
        """The platform's folders for this user, or those that the environment names."""
        import platformdirs

        state = _from(env, STATE_VARIABLE)
        log = platformdirs.user_log_path(APP) if state is None else state / "log"
        return cls(
            config_file=config_file or default_config_file(env),
            state_dir=state or platformdirs.user_state_path(APP),
            cache_dir=_from(env, CACHE_VARIABLE) or platformdirs.user_cache_path(APP),
            log_dir=_from(env, LOG_VARIABLE) or log,
        )

    @classmethod
    def private(cls, folder: Path) -> Paths:
        """A set of its own below `folder`, for the demo and for tests: shares nothing with the user's."""
        return cls(
            config_file=folder / "config.toml",
            state_dir=folder / "state",
            cache_dir=folder / "cache",
            log_dir=folder / "log",
        )

    def make(self) -> None:
        """Create the folders that are missing, readable by the user alone; raises `OSError`."""
        for folder in (self.state_dir, self.cache_dir, self.log_dir):
            make_private_folder(folder)


def make_private_folder(folder: Path) -> None:
    """Create a folder, and its missing parents, with mode 0700; raises `OSError`."""
    if folder.is_dir():
        return
    make_private_folder(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def default_config_file(env: Mapping[str, str]) -> Path:
    """The settings file that is read when the command line names none."""
    from platformdirs import user_config_path

    return _from(env, CONFIG_VARIABLE) or user_config_path(APP) / "config.toml"


def _from(env: Mapping[str, str], variable: str) -> Path | None:
    value = env.get(variable)
    return Path(value).expanduser().absolute() if value else None

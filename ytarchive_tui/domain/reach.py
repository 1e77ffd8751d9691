"""How the site is reached: cookies and proxy, where a person wished for others than the settings name."""

from __future__ import annotations

from pathlib import Path

from ytarchive_tui.domain.models.base import Frozen

BROWSERS = ("brave", "chrome", "chromium", "edge", "firefox", "opera", "safari", "vivaldi", "whale")
"""Whose cookies yt-dlp can read."""


class Reach(Frozen):
    """A wish that holds until it is wished otherwise, over restarts too; None: as the settings say."""

    cookies_file: Path | None = None
    cookies_browser: str | None = None
    """A browser's name, or `name:profile`; instead of a file."""
    proxy: str | None = None
    """An address; empty: none."""
    account: str | None = None
    """With other cookies: the fingerprint of their login, or `guest`."""

    @property
    def own_cookies(self) -> bool:
        """Whether other cookies are wished for than those of the settings."""
        return self.cookies_file is not None or self.cookies_browser is not None

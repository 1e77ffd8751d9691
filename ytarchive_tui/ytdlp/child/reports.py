"""Leaves out yt-dlp's own reports of progress: nobody sees them, and each goes through its templates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from yt_dlp.downloader.common import FileDownloader
from yt_dlp.postprocessor.common import PostProcessor


def silence_reports() -> None:
    """Have downloads and the steps after them tell their hooks alone."""
    FileDownloader.report_progress = _nothing
    PostProcessor.report_progress = _nothing


def _nothing(self: Any, status: Mapping[str, Any]) -> None:
    """In the place of a line and a window title."""

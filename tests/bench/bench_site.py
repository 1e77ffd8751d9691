"""A local YouTube in a process of its own, and the command lines that are compared against it."""

from __future__ import annotations

import compileall
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import ytarchive_tui
from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient

FORMAT = ("-f", "bv*+ba/b", "-S", "lang,res,fps,hdr:12,quality,vcodec:h264,channels,acodec:aac")
"""The formats that our `best` selects for mp4, so that both sides fetch the same bytes."""
SAME_FILES = (
    *("--merge-output-format", "mp4", "--remux-video", "mp4", "--embed-chapters"),
    *("--write-thumbnail", "--write-info-json", "--write-description"),
)
"""What our own defaults leave beside a video; the manifest and the verification have no counterpart."""


class Site:
    """A running sandbox and how programs are told of it."""

    def __init__(self, addresses: Addresses, folder: Path) -> None:
        self.addresses = addresses
        self.control = ControlClient(addresses)
        self.folder = folder
        self._runs = 0

    def fresh(self, name: str) -> Path:
        """A new empty folder."""
        self._runs += 1
        folder = self.folder / f"{self._runs:03}-{name}"
        folder.mkdir()
        return folder

    def ours(self, urls: Path, folder: Path, jobs: int) -> list[str]:
        """`ytarchive-tui --batch`, with a state and an archive of its own in `folder`."""
        (folder / "settings.toml").touch()
        return [
            *(sys.executable, "-m", "ytarchive_tui", "--batch", str(urls), "-o", str(folder / "archive")),
            *("-j", str(jobs), "--state-dir", str(folder / "state"), "--quiet"),
            *("--config", str(folder / "settings.toml")),
            *("--proxy", self.addresses.proxy, "--ca-file", self.addresses.ca_file),
        ]

    def stock(self, *arguments: str) -> list[str]:
        """A stock `yt-dlp`, led to the sandbox by ordinary options."""
        return [
            *(sys.executable, "-m", "yt_dlp", "--ignore-config", "--quiet", "--no-progress"),
            *("--proxy", self.addresses.proxy, "--compat-options", "no-certifi", *arguments),
        ]

    def stock_downloads(self, folder: Path, *what: str) -> list[str]:
        """A stock `yt-dlp` that leaves the same kinds of files as we do."""
        return self.stock(*FORMAT, *SAME_FILES, "-o", f"{folder}/%(id)s.%(ext)s", *what)

    @property
    def environment(self) -> dict[str, str]:
        """For the stock `yt-dlp`, which has no option for a CA file."""
        return {**os.environ, "SSL_CERT_FILE": self.addresses.ca_file, "YTDLP_NO_PLUGINS": "1"}


@contextmanager
def site(folder: Path, *, yields: bool = False, **knobs: object) -> Iterator[Site]:
    """A sandbox with these knobs, which ends with the block or with this process.

    `yields`: it works only while nobody else does, as the real one takes none of this machine's time.
    """
    # As installing does: a stock yt-dlp's modules are compiled, and a checkout's may not be.
    compileall.compile_dir(Path(ytarchive_tui.__file__).parent, quiet=2)
    command = [sys.executable, "-m", "ytarchive_tui.sandbox", "--json", "--with-parent"]
    command += ["--state", str(folder / "sandbox")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=yields
    ) as process:
        assert process.stdin and process.stdout
        if yields:
            os.setpriority(os.PRIO_PROCESS, process.pid, 19)
            # Refused where Linux does not weigh sessions, and within a tenth of a second of another's wish.
            with suppress(FileNotFoundError):
                Path(f"/proc/{process.pid}/autogroup").write_text("19")
        running = Site(Addresses(**json.loads(process.stdout.readline())), folder)
        running.control.set(**knobs)
        yield running
        process.stdin.close()


def write_list(path: Path, video_ids: Sequence[str]) -> Path:
    """A batch file that both programs read."""
    path.write_text("".join(f"https://www.youtube.com/watch?v={each}\n" for each in video_ids))
    return path

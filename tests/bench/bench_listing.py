"""Long lists: our listing, stored page by page, beside a stock `yt-dlp --flat-playlist`."""

from __future__ import annotations

import re
import sqlite3
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from bench_measure import Row, Run, measure, ratios, seconds
from bench_site import Site, site

from ytarchive_tui.sandbox.catalog import counted_playlist_id

ENTRIES = 5_000
CHANNEL_ENTRIES = 20_000
DRIVER = Path(__file__).with_name("listing_driver.py")
KNOBS = {"latency_ms": 100}


def addresses(entries: int = ENTRIES) -> dict[str, str]:
    """The lists that are read."""
    return {
        "playlist": f"https://www.youtube.com/playlist?list={counted_playlist_id(entries)}",
        "channel": f"https://www.youtube.com/@count-{entries}/videos",
    }


def listings(folder: Path, *, rounds: int = 2, entries: int = ENTRIES) -> dict[str, dict[str, list[Run]]]:
    """For each list the runs of both sides, in turn."""
    found: dict[str, dict[str, list[Run]]] = {}
    with site(folder, **KNOBS) as running:
        for _ in range(rounds):
            for name, url in addresses(entries).items():
                runs = found.setdefault(name, {"ours": [], "yt-dlp": []})
                runs["ours"].append(_ours(running, url, entries))
                runs["yt-dlp"].append(_stock(running, url, entries))
    return found


def _ours(running: Site, url: str, entries: int) -> Run:
    folder = running.fresh("list")
    database = folder / "state.db"
    told = running.addresses
    command = [sys.executable, str(DRIVER), url, str(folder), told.proxy, told.ca_file]
    run = measure(command, folder / "log")
    told = (folder / "log").read_text()
    first = re.search(r"^first ([\d.]+)$", told, re.MULTILINE)
    assert run.exit_code == 0 and first and _items(database) == entries, told[-2000:]
    return replace(run, first_s=float(first[1]))


def _stock(running: Site, url: str, entries: int) -> Run:
    log = running.fresh("flat") / "log"
    command = running.stock("--flat-playlist", "--print", "%(id)s %(title)s %(duration)s", url)
    run = measure(command, log, env=running.environment, seen=lambda: log.stat().st_size > 0)
    assert run.exit_code == 0 and len(log.read_text().splitlines()) == entries, log.read_text()[-2000:]
    return run


def _items(database: Path) -> int:
    """How many items are stored; 0 while there is no database."""
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM items").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def whole_channel(folder: Path, *, entries: int = CHANNEL_ENTRIES) -> dict[str, dict[str, list[Run]]]:
    """The first reading of a large channel, once on each side, by the address that a person gives."""
    url = f"https://www.youtube.com/@count-{entries}"
    with site(folder, **KNOBS) as running:
        return {
            "channel": {"ours": [_ours(running, url, entries)], "yt-dlp": [_stock(running, url, entries)]}
        }


def rows(found: dict[str, dict[str, list[Run]]]) -> list[Row]:
    """Wall time, CPU, the first item and memory, for each list."""
    figures: dict[str, tuple[Callable[[Run], float], Callable[[list[float]], str], str]] = {
        "wall": (lambda run: run.wall_s, seconds, "≤ 1.00"),
        "CPU": (lambda run: run.cpu_s, seconds, "≤ 1.20"),
        "first item": (lambda run: run.first_s or run.wall_s, seconds, "ours < 1 s"),
        "largest process": (lambda run: run.peak_bytes, lambda each: f"{max(each) / 2**20:.0f} MiB", ""),
    }
    made = []
    for name, runs in found.items():
        for what, (figure, shown, wanted) in figures.items():
            ours, theirs = ([figure(run) for run in runs[side]] for side in ("ours", "yt-dlp"))
            made.append(Row(f"{name}: {what}", shown(ours), shown(theirs), ratios(ours, theirs), wanted))
    return made

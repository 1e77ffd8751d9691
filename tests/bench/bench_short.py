"""Many short videos: what starting, extracting and committing costs beside a stock yt-dlp."""

from __future__ import annotations

from pathlib import Path

from bench_measure import Row, Run, measure, ratios, seconds
from bench_site import Site, site, write_list

from ytarchive_tui.sandbox.catalog.ids import natural_id

VIDEOS = 40
KNOBS = {"latency_ms": 100, "connection_bps": 2_000_000}
KINDS = ("ours -j 1", "yt-dlp -a", "ours -j 4", "yt-dlp each")


def short_videos(folder: Path, *, rounds: int = 3, videos: int = VIDEOS) -> dict[str, list[Run]]:
    """Each kind of run, in turn, `rounds` times; AssertionError when one did not bring every video."""
    runs: dict[str, list[Run]] = {kind: [] for kind in KINDS}
    ids = [natural_id(f"bench {number}", 11) for number in range(videos)]
    with site(folder, **KNOBS) as running:
        urls = write_list(folder / "urls.txt", ids)
        for _ in range(rounds):
            for kind, found in runs.items():
                found.append(_run(running, kind, urls, ids))
    return runs


def _run(running: Site, kind: str, urls: Path, ids: list[str]) -> Run:
    folder = running.fresh(kind.replace(" ", ""))
    log = folder / "log"
    if kind.startswith("ours"):
        run = measure(running.ours(urls, folder, int(kind.split()[-1])), log)
    elif kind == "yt-dlp -a":
        command = running.stock_downloads(folder, "-a", str(urls))
        run = measure(command, log, env=running.environment)
    else:
        each = [
            measure(running.stock_downloads(folder, "--", video_id), log, env=running.environment)
            for video_id in ids
        ]
        run = Run(
            wall_s=sum(one.wall_s for one in each),
            cpu_s=sum(one.cpu_s for one in each),
            peak_bytes=max(one.peak_bytes for one in each),
            exit_code=max(one.exit_code for one in each),
        )
    brought = len([path for path in folder.rglob("*.mp4") if ".ytarchive" not in path.parts])
    assert run.exit_code == 0 and brought == len(ids), f"{kind}: {brought} videos\n{log.read_text()[-2000:]}"
    return run


def rows(runs: dict[str, list[Run]], videos: int = VIDEOS) -> list[Row]:
    """The comparisons that the project promises."""
    wall = {kind: [run.wall_s for run in found] for kind, found in runs.items()}
    cpu = {kind: [run.cpu_s / videos for run in found] for kind, found in runs.items()}

    def row(what: str, figures: dict[str, list[float]], ours: str, theirs: str, wanted: str) -> Row:
        a, b = figures[ours], figures[theirs]
        return Row(f"{what}: {ours} / {theirs}", seconds(a), seconds(b), ratios(a, b), wanted)

    return [
        row("wall", wall, "ours -j 1", "yt-dlp -a", "≤ 1.00"),
        row("wall", wall, "ours -j 4", "yt-dlp -a", "≤ 0.30"),
        row("CPU a video", cpu, "ours -j 1", "yt-dlp each", "≤ 0.35"),
        row("CPU a video", cpu, "ours -j 4", "yt-dlp each", "≤ 0.35"),
        row("CPU a video", cpu, "ours -j 1", "yt-dlp -a", "≤ 1.20"),
        row("CPU a video", cpu, "ours -j 4", "yt-dlp -a", "≤ 1.20"),
    ]

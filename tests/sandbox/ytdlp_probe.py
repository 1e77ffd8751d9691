"""Runs cases through the unmodified yt-dlp and prints what came of each, as JSON.

A case: `url` (below https://www.youtube.com/), `params` over the command line's defaults, `knobs` set
before, `download`, `js` (use deno), `times` (run it so often; the last outcome counts).
"""

from __future__ import annotations

import json
import sys
from typing import Any

import yt_dlp

from ytarchive_tui.sandbox.addresses import Addresses
from ytarchive_tui.sandbox.client import ControlClient

SITE = "https://www.youtube.com/"


class Silent:
    def debug(self, message: str) -> None: ...
    def warning(self, message: str) -> None: ...
    def error(self, message: str) -> None: ...


def outcome(ydl: yt_dlp.YoutubeDL, url: str, download: bool) -> dict[str, Any]:
    try:
        return {"info": ydl.sanitize_info(ydl.extract_info(SITE + url, download=download))}
    except yt_dlp.utils.DownloadError as error:
        inner = error.exc_info[1] if error.exc_info else None
        return {"error": str(error), "inner": type(inner).__name__, "status": getattr(inner, "status", None)}


def main() -> None:
    asked = json.load(sys.stdin)
    addresses = Addresses(**asked["addresses"])
    control = ControlClient(addresses)
    defaults = yt_dlp.parse_options([]).ydl_opts | {
        "proxy": addresses.proxy,
        "nocheckcertificate": True,
        "cachedir": False,
        "logger": Silent(),
        "noprogress": True,
        "ignoreerrors": False,
        "extract_flat": "in_playlist",
        "retries": 1,
        "fragment_retries": 0,
        "socket_timeout": 1,
    }
    made: dict[str, yt_dlp.YoutubeDL] = {}  # it takes 0.1 s, and most cases have the same parameters
    outcomes = {}
    for name, case in asked["cases"].items():
        control.reset(**case.get("knobs", {}))
        control.clear_log()
        params = {"js_runtimes": {"deno": {}} if case.get("js") else {}} | case.get("params", {})
        key = json.dumps(params)
        if key not in made:
            made[key] = yt_dlp.YoutubeDL(defaults | params)
        for _ in range(case.get("times", 1)):
            outcomes[name] = outcome(made[key], case["url"], case.get("download", False))
        outcomes[name]["log"] = [[record.kind, record.path, record.status] for record in control.log()]
    json.dump(outcomes, sys.stdout)


if __name__ == "__main__":
    main()

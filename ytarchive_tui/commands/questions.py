"""The command lines of `metadata`, `playlist` and `quota`; what they do is imported when it is done."""

from __future__ import annotations

from typing import Any

import click

_JSON_LINES = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


@click.command(help="What is known of videos, without archiving them; playlists and channels stand for all "
                  "that is in them, - for the lines of standard input.")  # fmt: skip
@click.argument("urls", nargs=-1, required=True, metavar="URL...")
@click.option("--refresh", is_flag=True, help="Ask again also for what was told lately.")
@click.option("--formats", is_flag=True, help="Also ask yt-dlp, one by one, for formats and subtitles.")
@click.option("--captions", is_flag=True, help="Also ask the Data API for subtitles: 50 units each.")
@_JSON_LINES
@click.pass_obj
def metadata(
    options: dict[str, Any], urls: tuple[str, ...], refresh: bool, formats: bool, captions: bool,
    as_json: bool,
) -> None:  # fmt: skip
    from ytarchive_tui.commands.metadata import run

    raise click.exceptions.Exit(run(options, urls, refresh=refresh, formats=formats, captions=captions,
                                    as_json=as_json or options["as_json"]))  # fmt: skip


@click.group(help="Look at playlists and channels.")
def playlist() -> None:
    pass


@playlist.command("info", help="What a playlist or a channel is.")
@click.argument("url")
@click.option("--items", is_flag=True, help="Also what stands in it, with lengths and dates.")
@click.option("--refresh", is_flag=True, help="Ask again also for what was told lately.")
@_JSON_LINES
@click.pass_obj
def playlist_info(options: dict[str, Any], url: str, items: bool, refresh: bool, as_json: bool) -> None:
    from ytarchive_tui.commands.playlist import info

    raise click.exceptions.Exit(info(options, url, items=items, refresh=refresh,
                                     as_json=as_json or options["as_json"]))  # fmt: skip


@click.command(help="What the keys of the Data API have spent today, and what can still be done.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def quota(options: dict[str, Any], as_json: bool) -> None:
    from ytarchive_tui.commands.quota import show

    show(options, as_json=as_json or options["as_json"])


COMMANDS = (metadata, playlist, quota)

"""The command lines of `status`, `logs`, `remove`, `verify`, `import`, `export`; the rest comes later."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.command(
    help="How everything stands: what runs, waits or needs you, the disk, the site, the line, the quota."
)
@_JSON
@click.pass_obj
def status(options: dict[str, Any], as_json: bool) -> None:
    from ytarchive_tui.commands.status import show

    show(options, as_json=as_json or options["as_json"])


@click.command(short_help="The newest lines of the log.",
               help="The newest lines of the log; FILTER as on the screen: level:warning job:12 "
                    "worker:download words -without.")  # fmt: skip
@click.argument("words", nargs=-1, metavar="[FILTER]...")
@click.option("-f", "--follow", is_flag=True, help="Go on with what comes, until Ctrl-C.")
@click.option("-n", "--lines", "most", type=click.IntRange(0), default=50, show_default=True, metavar="N",
              help="So many lines at the beginning.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="The lines as they are stored: one JSON object each.")
@click.pass_obj
def logs(options: dict[str, Any], words: tuple[str, ...], follow: bool, most: int, as_json: bool) -> None:
    from ytarchive_tui.commands.logs import show

    show(options, words, follow=follow, most=most, as_json=as_json or options["as_json"])


@click.command(short_help="Read archived files and hold them against their SHA-256.",
               help="Read archived files to their last byte and hold them against their SHA-256: all, or "
                    "what the words find in title and channel.")  # fmt: skip
@click.argument("words", nargs=-1, metavar="[WORD]...")
@_JSON
@click.pass_obj
def verify(options: dict[str, Any], words: tuple[str, ...], as_json: bool) -> None:
    from ytarchive_tui.commands.library import verify as run

    raise click.exceptions.Exit(run(options, words, as_json=as_json or options["as_json"]))


@click.command("export", short_help="Write the list of what is archived to a file.",
               help="Write the list of what is archived, all or what the words find, to a new FILE: .json, "
                    ".csv, or .txt (yt-dlp's --download-archive); - is standard output.")  # fmt: skip
@click.argument("file")
@click.argument("words", nargs=-1, metavar="[WORD]...")
@click.option(
    "--as", "kind", type=click.Choice(["json", "csv", "yt-dlp"]), help="Whatever the file's ending."
)
@_JSON
@click.pass_obj
def export_list(
    options: dict[str, Any], file: str, words: tuple[str, ...], kind: str | None, as_json: bool
) -> None:
    from ytarchive_tui.commands.library import export

    export(options, file, words, kind=kind, as_json=as_json or options["as_json"])


@click.command("import", short_help="Take in yt-dlp's --download-archive, or an archive's folder.",
               help="Take in what PATH holds: a file as yt-dlp's --download-archive writes it, whose videos "
                    "no list brings any more; or the folder of an archive that this state does not know. - "
                    "is standard input.")  # fmt: skip
@click.argument("path", type=click.Path(path_type=Path, allow_dash=True))
@_JSON
@click.pass_obj
def import_path(options: dict[str, Any], path: Path, as_json: bool) -> None:
    from ytarchive_tui.commands.importing import run

    raise click.exceptions.Exit(
        run(options, path, dry_run=options["dry_run"], as_json=as_json or options["as_json"])
    )


@click.command(short_help="Take what has ended off the queue's list.",
               help="Take jobs that have ended off the queue's list, as on the screen: those that fit the "
                    "queue's filter, such as status:done or class:gone. The archive stays.")  # fmt: skip
@click.argument("words", nargs=-1, required=True, metavar="FILTER...")
@_JSON
@click.pass_obj
def remove(options: dict[str, Any], words: tuple[str, ...], as_json: bool) -> None:
    from ytarchive_tui.commands.removing import remove as run

    run(options, words, dry_run=options["dry_run"], as_json=as_json or options["as_json"])


COMMANDS = (status, logs, remove, verify, export_list, import_path)

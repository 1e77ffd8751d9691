"""The command lines of `recovery`; what they do is imported when it is done."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.group(help="What failed, grouped by cause, and what to do about it; also beside a running program.")
def recovery() -> None:
    pass


@recovery.command("list", help="One plan a line, the most pressing first.")
@click.option("--all", "everything", is_flag=True, help="Also what was dismissed or snoozed.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
@click.pass_obj
def recovery_list(options: dict[str, Any], everything: bool, as_json: bool) -> None:
    from ytarchive_tui.commands.recovery import list_plans

    list_plans(options, everything=everything, as_json=as_json or options["as_json"])


@recovery.command("show", help="Evidence, fixes and what was done; the beginning of a key is enough.")
@click.argument("plan")
@_JSON
@click.pass_obj
def recovery_show(options: dict[str, Any], plan: str, as_json: bool) -> None:
    from ytarchive_tui.commands.recovery import show

    show(options, plan, as_json=as_json or options["as_json"])


@recovery.command("create", help="Make a plan of your own from what failed: words of the queue's filter, "
                                 "such as class:geo,auth channel:\"night sky\" reason:expired.")  # fmt: skip
@click.argument("words", nargs=-1)
@click.option("--source", metavar="SOURCE", help="Only what belongs to this source: its number or address.")
@click.option("--title", default="", metavar="TEXT", help="How to call it.")
@_JSON
@click.pass_obj
def recovery_create(
    options: dict[str, Any], words: tuple[str, ...], source: str | None, title: str, as_json: bool
) -> None:
    from ytarchive_tui.commands.recovery import create

    create(options, words, source=source, title=title, as_json=as_json or options["as_json"])


@recovery.command("export", help="Write a plan and its evidence as JSON to be shared: no cookies, keys, "
                                 "signed addresses or home folders are in it.")  # fmt: skip
@click.argument("plan")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path), required=False)
@click.pass_obj
def recovery_export(options: dict[str, Any], plan: str, file: Path | None) -> None:
    from ytarchive_tui.commands.recovery_export import export

    export(options, plan, file)


@recovery.command("apply", help="Try again what belongs to the plan: one item, or all one after the other.")
@click.argument("plan")
@click.argument(
    "fix", type=click.Choice(["try-one", "retry", "accept", "quality", "cookies", "proxy", "space"])
)
@click.option("--quality", metavar="QUALITY", help="For the fix «quality»: best, 2160p … 144p, audio, or a "
                                                   "yt-dlp format string.")  # fmt: skip
@click.option("--use", metavar="WHAT",
              help="For «cookies»: a file, or a browser such as firefox or chrome:profile. For «proxy»: its "
                   "address, or direct. For both: settings, to go back.")  # fmt: skip
@click.option("--items", type=click.IntRange(1, 3), default=1, metavar="N",
              help="For the fix «try-one»: how many to try, 1 to 3.")  # fmt: skip
@click.option("--per-hour", type=click.IntRange(0, 36000), metavar="N",
              help="How many to release in an hour; 0: all at once. Each plan has its own pace.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Only tell what would be done.")
@_JSON
@click.pass_obj
def recovery_apply(
    options: dict[str, Any], plan: str, fix: str, quality: str | None, use: str | None, items: int,
    per_hour: int | None, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    from ytarchive_tui.commands.recovery import apply

    apply(options, plan, fix, quality=quality, items=items, per_hour=per_hour,
          use=use, dry_run=dry_run or options["dry_run"], as_json=as_json or options["as_json"])  # fmt: skip


@recovery.command("dismiss", help="Hide a plan until something new fails for the same cause.")
@click.argument("plan")
@click.option("--snooze", is_flag=True, help="Until tomorrow morning instead.")
@_JSON
@click.pass_obj
def recovery_dismiss(options: dict[str, Any], plan: str, snooze: bool, as_json: bool) -> None:
    from ytarchive_tui.commands.recovery import dismiss

    dismiss(options, plan, snooze=snooze, as_json=as_json or options["as_json"])


@recovery.command("undo", help="Take back what was last applied, dismissed or snoozed.")
@_JSON
@click.pass_obj
def recovery_undo(options: dict[str, Any], as_json: bool) -> None:
    from ytarchive_tui.commands.recovery import undo

    undo(options, as_json=as_json or options["as_json"])

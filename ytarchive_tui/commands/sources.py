"""The command lines of `add`, `source` and `daemon`; what they do is imported when it is done."""

from __future__ import annotations

from typing import Any

import click

_JSON = click.option("--json", "as_json", is_flag=True, help="As JSON.")


@click.command(help="Queue videos, playlists and channels; whatever program runs archives them.")
@click.argument("urls", nargs=-1, required=True, metavar="URL…")
@click.option("--tabs", metavar="TABS", help="Of a channel: videos, shorts, live, playlists; all its uploads "
                                             "if not given.")  # fmt: skip
@click.option("--filter", "rules", multiple=True, metavar="RULE",
              help="Keep only what fits, such as 'duration > 10m and not title ~ \"live\"'; "
                   "may be repeated.")  # fmt: skip
@click.option("--order", type=click.Choice(["newest", "oldest", "endangered"]), default="newest",
              show_default=True, help="What of a list comes first.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1), metavar="N", help="Only so many of each list.")
@click.option("--preview", is_flag=True, help="Read the lists and tell what would be kept; store nothing.")
@_JSON
@click.pass_obj
def add(
    options: dict[str, Any], urls: tuple[str, ...], tabs: str | None, rules: tuple[str, ...], order: str,
    limit: int | None, preview: bool, as_json: bool,
) -> None:  # fmt: skip
    from ytarchive_tui.commands.add import add as run

    run(options, urls, tabs=tabs, rules=rules, order=order, limit=limit,
        preview=preview or options["dry_run"], as_json=as_json or options["as_json"])  # fmt: skip


@click.group(help="Playlists and channels that stay in step with YouTube; also beside a running program.")
def source() -> None:
    pass


@source.command("list", help="One source a line, with what its newest reading found.")
@click.option("--followed", is_flag=True, help="Only those with a schedule.")
@_JSON
@click.pass_obj
def source_list(options: dict[str, Any], followed: bool, as_json: bool) -> None:
    from ytarchive_tui.commands.source import list_sources

    list_sources(options, followed=followed, as_json=as_json or options["as_json"])


@source.command("show", help="How a source stands, and its timeline: what was new, renamed, missing, gone.")
@click.argument("name", metavar="SOURCE")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, help="So many lines of the timeline.")
@_JSON
@click.pass_obj
def source_show(options: dict[str, Any], name: str, limit: int, as_json: bool) -> None:
    from ytarchive_tui.commands.source import show

    show(options, name, limit=limit, as_json=as_json or options["as_json"])


@source.command("refresh", help="Read a source now: its newest pages, or all of it when that is due.")
@click.argument("name", metavar="SOURCE")
@click.option("--full", "scan", flag_value="full", help="The whole list.")
@click.option("--believe", "scan", flag_value="believe",
              help="The whole list, and believe it however much vanished.")  # fmt: skip
@_JSON
@click.pass_obj
def source_refresh(options: dict[str, Any], name: str, scan: str | None, as_json: bool) -> None:
    from ytarchive_tui.commands.source import refresh

    refresh(options, name, scan=scan, as_json=as_json or options["as_json"])


@source.command(
    "follow", help="Read a source by a schedule: WHEN is 6h, daily, or a cron expression in quotes."
)
@click.argument("name", metavar="SOURCE")
@click.argument("when", metavar="WHEN")
@click.option("--zone", metavar="ZONE", help="Time zone of a cron expression; this machine's if not given.")
@click.option("--jitter", metavar="TIME", help="Begin each run later by up to this, such as 10m.")
@click.option("--full", metavar="TIME", help="How often the whole list is read, such as 3d; 1w if not given.")
@_JSON
@click.pass_obj
def source_follow(
    options: dict[str, Any], name: str, when: str, zone: str | None, jitter: str | None, full: str | None,
    as_json: bool,
) -> None:  # fmt: skip
    from ytarchive_tui.commands.source import follow

    follow(options, name, when, zone=zone, jitter=jitter, full=full, as_json=as_json or options["as_json"])


@source.command("unfollow", help="End the schedule of a source; what it brought stays.")
@click.argument("name", metavar="SOURCE")
@_JSON
@click.pass_obj
def source_unfollow(options: dict[str, Any], name: str, as_json: bool) -> None:
    from ytarchive_tui.commands.source import unfollow

    unfollow(options, name, as_json=as_json or options["as_json"])


@click.group(invoke_without_command=True, help="Archive and keep to the schedules without a screen; "
                                               "after a crash it starts itself again.")  # fmt: skip
@click.option("--no-restart", is_flag=True,
              help="End with the engine: for a service manager, which starts it again itself.")  # fmt: skip
@click.option("--leash", type=int, hidden=True)
@click.pass_context
def daemon(ctx: click.Context, no_restart: bool, leash: int | None) -> None:
    if ctx.invoked_subcommand is None:
        from ytarchive_tui.commands.daemon import run, supervise, watched

        alone = no_restart or leash is not None or watched()
        ctx.exit(run(ctx.obj, leash) if alone else supervise())


@daemon.command("install", help="Write a systemd unit (or, on macOS, a launchd agent) that runs the daemon.")
@click.option("--launchd", is_flag=True, help="A launchd agent.")
@click.option("--print", "only_print", is_flag=True, help="Only print it.")
@click.pass_obj
def daemon_install(options: dict[str, Any], launchd: bool, only_print: bool) -> None:
    from ytarchive_tui.commands.daemon import install

    install(options, launchd=launchd, only_print=only_print)


COMMANDS = (add, source, daemon)

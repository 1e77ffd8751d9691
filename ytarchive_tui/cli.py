"""Reads the command line and chooses what runs; each front end is imported only when it is chosen."""

from __future__ import annotations

import gc
import os
import sys
from pathlib import Path
from typing import Any, NoReturn

import click

from ytarchive_tui.commands.archive import COMMANDS as ARCHIVE_COMMANDS
from ytarchive_tui.commands.questions import COMMANDS as QUESTIONS
from ytarchive_tui.commands.recovering import recovery
from ytarchive_tui.commands.sources import COMMANDS as SOURCE_COMMANDS

_DEMO_LIST = "\0demo"
"""What `--batch` without a file stands for, together with `--demo`."""

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


def _version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from ytarchive_tui.commands.version import versions

    click.echo("\n".join(versions()))
    ctx.exit()


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--batch", is_flag=False, flag_value=_DEMO_LIST, metavar="FILE",
              help="Archive what FILE lists: addresses or ids, one a line, or YAML or JSON; - reads "
                   "standard input. With --demo, FILE may be left out.")  # fmt: skip
@click.option("--demo", is_flag=True, help="Use the local YouTube that comes with the program.")
@click.option("-o", "--output", type=_FOLDER, metavar="DIR", help="The archive's folder.")
@click.option("-q", "--quality", metavar="QUALITY",
              help="best, 2160p … 144p, audio, or a yt-dlp format string.")  # fmt: skip
@click.option("-j", "--jobs", type=click.IntRange(1, 32), metavar="N", help="Parallel downloads.")
@click.option("--subs", metavar="LANGS", help="Subtitle languages, such as en,de or en.*")
@click.option("--auto-captions/--no-auto-captions", default=None,
              help="Whether automatic captions stand in for missing subtitles.")  # fmt: skip
@click.option("--container", type=click.Choice(["mp4", "mkv"]), help="Kind of video file.")
@click.option("--dry-run", is_flag=True, help="Show what would be downloaded; write nothing.")
@click.option("--continue-on-error/--fail-fast", "go_on", default=True,
              help="Whether to go on after a bad line or a failure (default: go on).")  # fmt: skip
@click.option("--retry-failed", is_flag=True, help="Also try again what needs you.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line on standard output.")
@click.option("--quiet", is_flag=True, help="Tell only what went wrong.")
@click.option("--ascii", "ascii", is_flag=True, help="Draw the screen with ASCII characters alone.")
@click.option("--config", type=_FILE, metavar="FILE", help="The settings file.")
@click.option("--state-dir", type=_FOLDER, metavar="DIR", help="Where queue, cache and log are kept.")
@click.option("--proxy", metavar="URL", help="Proxy for everything that is asked of the network.")
@click.option("--ca-file", type=_FILE, metavar="FILE", help="Certificate authorities to trust, as PEM.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version,
              help="Show versions and exit.")  # fmt: skip
@click.pass_context
def cli(ctx: click.Context, /, batch: str | None, demo: bool, **options: Any) -> None:
    """Archive YouTube videos, playlists and channels; nothing is lost, nothing falsely called done.

    \b
    ytarchive-tui
    ytarchive-tui --demo
    ytarchive-tui --batch urls.txt -o ~/Videos/archive
    ytarchive-tui --demo --batch

    Exit codes: 0 all archived, 1 not all, 2 wrong use, 3 tools missing, 4 state in use,
    130 interrupted.
    """
    ctx.obj = options
    if ctx.invoked_subcommand is not None:
        if batch is not None or demo:
            raise click.UsageError(f"--batch and --demo do not go with «{ctx.invoked_subcommand}».")
        return
    if batch is None:
        _need_terminal()
        if demo:
            from ytarchive_tui.demo_screen import run as run_screen
        else:
            from ytarchive_tui.commands.screen import run as run_screen

        ctx.exit(run_screen(options))
    if demo:
        from ytarchive_tui.demo import run_demo

        ctx.exit(run_demo(None if batch == _DEMO_LIST else batch, options))
    if batch == _DEMO_LIST:
        raise click.UsageError("--batch needs a FILE; - reads standard input.")
    from ytarchive_tui.commands.batch import run_file

    ctx.exit(run_file(batch, options))


def _need_terminal() -> None:
    """Textual draws into a pipe without a word, so the refusal is ours."""
    if not (sys.stdin.isatty() and sys.stdout.isatty() and sys.stderr.isatty()):
        raise click.UsageError("The screen needs a terminal; without one, use --batch FILE.")
    if os.environ.get("TERM", "dumb") in ("dumb", "unknown"):
        raise click.UsageError("TERM names no terminal that can show a screen; use --batch FILE.")


@cli.command(help="Look at everything the program needs, and say how to mend what is wrong.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.option("--restore", "restoring", is_flag=True,
              help="Put the newest snapshot in place of a damaged state file, which is kept.")  # fmt: skip
@click.pass_obj
def doctor(options: dict[str, Any], as_json: bool, restoring: bool) -> None:
    from ytarchive_tui.commands.doctor import restore, run

    if restoring:
        restore(options)
        return
    raise click.exceptions.Exit(run(options, as_json=as_json or options["as_json"]))


@cli.command(
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
    help="Run the local YouTube alone and print how to reach it; `sandbox --help` tells its options.",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def sandbox(arguments: tuple[str, ...]) -> None:
    from ytarchive_tui.sandbox.__main__ import main as run

    raise click.exceptions.Exit(run(arguments, click.get_current_context().command_path))


@cli.group(help="Show the settings and where they come from.")
def config() -> None:
    pass


@config.command("show", help="Every setting with its value; secrets are hidden.")
@click.option("--origin", is_flag=True, help="Also show where each value comes from.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@click.pass_obj
def config_show(options: dict[str, Any], origin: bool, as_json: bool) -> None:
    from ytarchive_tui.commands.config import show

    show(options, origin=origin, as_json=as_json or options["as_json"])


@config.command("path", help="Where the settings file is looked for.")
@click.pass_obj
def config_path(options: dict[str, Any]) -> None:
    from ytarchive_tui.commands.config import path

    path(options)


for _command in (*SOURCE_COMMANDS, *ARCHIVE_COMMANDS, *QUESTIONS, recovery):
    cli.add_command(_command)


def _let_go_of_lost_streams() -> None:
    """Say the rest; where nobody hears it, as in a window that was closed, that is not the program's end."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            from ytarchive_tui.batch.output import silence

            silence(stream)


def _stand_in_for_closed_streams() -> None:
    """Lead standard streams nowhere that were closed (`>&-`): Python has None in their place.

    Left free, their numbers would go to the next files that are opened.
    """
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            try:
                os.fstat(number)
            except OSError:
                os.open(os.devnull, os.O_RDWR)
            setattr(sys, name, open(os.devnull, "w" if number else "r", encoding="utf-8"))  # noqa: SIM115


def main() -> NoReturn:
    """Run the program and exit with one of the codes of `docs/exit-codes.md`."""
    _stand_in_for_closed_streams()
    try:
        code = cli.main(standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except BrokenPipeError:
        from ytarchive_tui.batch.output import silence

        silence(sys.stdout)
        code = 0
    except Exception as error:
        if type(error).__name__ == "SchemaError" and "KeyboardInterrupt" in str(error):
            sys.exit(130)  # So pydantic tells of a Ctrl-C while it builds a validator.
        # Known only once something heavy was imported; a look at the domain here would cost `--help`.
        from ytarchive_tui.commands.errors import explained

        code = explained(error)
    _let_go_of_lost_streams()
    # Nobody needs what is left any more, and to look through it for cycles takes a twentieth of a second.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else 0)

"""`daemon`: the engine without a screen, for a service manager; and the files that tell it so."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.batch.interrupts import Interrupts
from ytarchive_tui.commands.notify import Notifier
from ytarchive_tui.commands.setup import paths_of, settings_of
from ytarchive_tui.domain.errors import UsageError

LABEL = "org.ytarchive-tui.daemon"
UNIT = "ytarchive-tui.service"
_LOOK_S = 5.0


def watched() -> bool:
    """Whether a service manager waits for signs of life: then it also starts the daemon again."""
    return "NOTIFY_SOCKET" in os.environ


def supervise() -> int:
    """Run the engine in a process of its own, with this very command line, and again after a crash."""
    from ytarchive_tui.commands.supervisor import Supervisor

    async def run_it() -> int:
        return await Supervisor([*_program(), *sys.argv[1:]]).run()

    return asyncio.run(run_it())


def run(options: Mapping[str, Any], leash: int | None = None) -> ExitCode:
    """Work until SIGTERM, SIGINT or SIGHUP, or until the other end of `leash` (a descriptor) is closed.

    Raises `UsageError` and `EngineBusyError`.
    """
    from ytarchive_tui.commands.screen import open_engine

    settings, paths = settings_of(options).settings, paths_of(options)
    own_downloads = options["jobs"] is not None
    return asyncio.run(_work(lambda: open_engine(settings, paths, own_downloads=own_downloads), leash))


async def _work(open_here: Any, leash: int | None) -> ExitCode:
    with Interrupts() as interrupts, Notifier.of(os.environ) as notifier:
        if leash is not None:
            asyncio.get_running_loop().add_reader(leash, _let_go, leash, interrupts)
        async with open_here() as runtime:
            runtime.start()
            notifier.ready()
            every_s = min(_LOOK_S, notifier.watchdog_s / 2) if notifier.watchdog_s else _LOOK_S
            while not interrupts.asked.is_set():
                if (error := runtime.failure) is not None:
                    # The service manager starts it again, and what it was at goes on.
                    raise error
                notifier.alive(await _status(runtime))
                try:
                    await asyncio.wait_for(interrupts.asked.wait(), every_s)
                except TimeoutError:
                    continue
            notifier.stopping()
            drain = asyncio.create_task(runtime.drain())
            hurry = asyncio.create_task(interrupts.now.wait())
            await asyncio.wait({drain, hurry}, return_when=asyncio.FIRST_COMPLETED)
            hurry.cancel()
            if not drain.done():
                drain.cancel()
                await asyncio.wait({drain})
                await runtime.stop()
            else:
                drain.result()
    return ExitCode.ALL_ARCHIVED


def _let_go(leash: int, interrupts: Interrupts) -> None:
    """Whoever started this has died: end as if told to."""
    asyncio.get_running_loop().remove_reader(leash)
    interrupts.terminate()


async def _status(runtime: Any) -> str:
    figures = await runtime.queue.figures()
    return f"{figures.running} running, {figures.queued} queued, {figures.waiting} waiting"


def install(options: Mapping[str, Any], *, launchd: bool, only_print: bool) -> None:
    """Write the file that has the system run the daemon, or only print it; raises `UsageError`."""
    command = [*_program(), *_arguments(options), "daemon", "--no-restart"]
    text = plist(command) if launchd else unit(command)
    if only_print:
        click.echo(text, nl=False)
        return
    home = Path.home()
    folder = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "systemd" / "user"
    target = home / "Library" / "LaunchAgents" / f"{LABEL}.plist" if launchd else folder / UNIT
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{target} can't be written: {error.strerror}") from None
    start = f"launchctl load -w {target}" if launchd else f"systemctl --user enable --now {UNIT}"
    click.echo(f"written: {target}\nstart it with: {start}")


def unit(command: list[str]) -> str:
    """A systemd unit for the user's own manager."""
    line = " ".join(_quoted(each) for each in command)
    return f"""\
[Unit]
Description=ytarchive-tui: archives YouTube by schedule

[Service]
Type=notify
NotifyAccess=main
ExecStart={line}
Restart=on-failure
RestartSec=30
# Settings and tools do not mend themselves.
RestartPreventExitStatus=2 3
WatchdogSec=120
TimeoutStopSec=20
KillMode=mixed

[Install]
WantedBy=default.target
"""


def plist(command: list[str]) -> str:
    """A launchd agent, as XML."""
    import plistlib

    return plistlib.dumps(
        {
            "Label": LABEL,
            "ProgramArguments": command,
            "RunAtLoad": True,
            "KeepAlive": {"SuccessfulExit": False},
            "ThrottleInterval": 10,
            "ProcessType": "Background",
        }
    ).decode()


def _program() -> list[str]:
    """How this very program is started again."""
    return [sys.executable, "-P", "-m", "ytarchive_tui"]


def _arguments(options: Mapping[str, Any]) -> list[str]:
    """The places that were named on the command line; secrets belong into the settings file."""
    named = {"--config": options["config"], "--state-dir": options["state_dir"], "-o": options["output"]}
    found: list[str] = []
    for option, value in named.items():
        if value is not None:
            found += [option, str(Path(value).expanduser().absolute())]
    return found


def _quoted(word: str) -> str:
    """A word of ExecStart: systemd has quotation marks, `%` and `$` of its own."""
    word = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{word}"' if any(char in word for char in " \t'\";") else word

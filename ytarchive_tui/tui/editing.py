"""The settings file in the user's editor, on the same terminal, while the engine goes on behind it."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from typing import TYPE_CHECKING

from textual.app import SuspendNotSupported

from ytarchive_tui.domain.text import plain
from ytarchive_tui.services.settings import Change, Problem, SettingsFile, SettingsRefusedError, editor

if TYPE_CHECKING:
    from ytarchive_tui.tui.settings_verbs import SettingsVerbs

_WHEN = {
    "now": "in force",
    "next added": "for what is added from now on",
    "next start": "from the next start on",
}


async def edit(app: SettingsVerbs, file: SettingsFile) -> bool:
    """Let the user edit the file; False when that is not possible here, which is told."""
    command = editor(os.environ, shutil.which)
    await asyncio.to_thread(file.make)
    if command is None:
        app.notify(
            plain(str(file.path), 300), title="Set EDITOR to the editor of your choice", severity="warning"
        )
        return False
    try:
        # Nothing may be drawn over the editor meanwhile; a batch holds it back.
        with app.batch_update(), app.suspend():
            app.is_lent = True
            try:
                process = await asyncio.create_subprocess_exec(*shlex.split(command), str(file.path))
                ended = await process.wait()
            finally:
                app.is_lent = False
    except SuspendNotSupported:
        app.notify(
            plain(str(file.path), 300), title="This terminal can't be lent to an editor", severity="warning"
        )
        return False
    except (OSError, ValueError) as error:
        app.notify(plain(str(error), 300), title="The editor did not start", severity="error")
        return False
    if ended:
        app.notify(f"the editor ended with {ended}", severity="warning")
    return True


def take_over(app: SettingsVerbs, file: SettingsFile) -> tuple[Problem, ...]:
    """Read the file and go by it, or tell what is wrong with it; then everything is as before."""
    try:
        changes = file.read_again()
    except SettingsRefusedError as refused:
        return refused.problems
    app.go_by(file.settings)
    app.notify(
        "\n".join(_told(change) for change in changes[:8]) or "nothing was changed",
        title="Settings",
        timeout=8 if changes else 3,
    )
    return ()


def _told(change: Change) -> str:
    return f"{change.name} = {plain(change.after, 40)}: {_WHEN[change.effect]}"

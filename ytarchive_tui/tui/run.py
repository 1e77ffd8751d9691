"""Runs the screen from the first frame to a clean terminal, whatever ends it."""

from __future__ import annotations

import asyncio
import errno
import gc
import signal
import sys
import termios
from collections.abc import Callable

from ytarchive_tui.services.settings import SettingsFile
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.tui.app import YtarchiveApp
from ytarchive_tui.tui.bridge import Bridge, EngineState
from ytarchive_tui.tui.last_resort import LastResort

TERMINATED_S = 6.0
"""After a signal running work gets this long, so that the program is gone within 10 s."""
LAST_RESORT_S = 12.0
"""Whoever still runs this long after being terminated hangs, and is ended as by `kill -9`."""
SETTLED_S = 3.0
"""What is there by then is there to stay: to look through all of it for garbage would hold up the keys, each
time for 50 ms."""
LOOK_S = 1.0
"""Between two looks whether the terminal is still there: its end is not told to everybody, or not in time."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


async def run_screen(
    settings: Settings, make_bridge: Callable[[], Bridge], *, ascii_only: bool = False, utf8: bool = True,
    note: str = "", file: SettingsFile | None = None,
) -> int:  # fmt: skip
    """Show the screen until the user leaves or a signal comes; returns the exit code.

    The terminal is given back first; only then running work gets its time to end, and a second
    signal cuts that short.
    """
    bridge = make_bridge()
    app = YtarchiveApp(settings, bridge, ascii_only=ascii_only, utf8=utf8, note=note, file=file)
    caught: list[int] = []
    again: list[asyncio.TimerHandle] = []
    loop = asyncio.get_running_loop()
    last_resort = LastResort()

    def leave() -> None:
        if app.is_running:
            app.exit()
        # Said until it is heard: Textual forgets an exit that comes before its first message.
        again.append(loop.call_later(0.05 if not app.is_running else 1.0, leave))

    def on_signal(number: int) -> None:
        if app.is_lent and number == signal.SIGINT:
            return  # Ctrl-C was meant for the editor.
        if caught or not app.is_running:
            bridge.hurry()
        caught.append(number)
        leave()
        if number != signal.SIGINT or len(caught) > 1:
            last_resort.arm(LAST_RESORT_S, 128 + number)
        if number != signal.SIGINT:
            loop.call_later(TERMINATED_S, bridge.hurry)

    def look() -> None:
        if _vanished():
            on_signal(signal.SIGHUP)
        else:
            looking[:] = [loop.call_later(LOOK_S, look)]

    for number in _SIGNALS:
        loop.add_signal_handler(number, on_signal, number)
    looking = [loop.call_later(LOOK_S, look)]
    settled = loop.call_later(SETTLED_S, gc.freeze)
    try:
        await app.run_async()
        for each in again:
            each.cancel()
        if bridge.pulse.state is EngineState.RUNNING and bridge.has_work:
            _say("letting what runs come to its end; Ctrl-C stops it at once")
        await bridge.close()
    finally:
        settled.cancel()
        looking[0].cancel()
        last_resort.disarm()
        for number in _SIGNALS:
            loop.remove_signal_handler(number)
    if app.return_code:
        return 1
    return 130 if caught else 0


def _vanished() -> bool:
    """Whether the terminal that we had is gone, as when its window was closed."""
    try:
        termios.tcgetattr(sys.__stdin__.fileno() if sys.__stdin__ else 0)
    except termios.error as error:
        return bool(error.args and error.args[0] == errno.EIO)
    except (OSError, ValueError):
        return False
    return False


def _say(text: str) -> None:
    """To the terminal that may be gone by now."""
    try:
        print(text, file=sys.stderr)
    except OSError:
        return

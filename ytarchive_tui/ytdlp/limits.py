"""What the system holds a child to, whatever its tasks do."""

from __future__ import annotations

import contextlib
import os
import resource
import time

NICE = 10
TRIES = 10


def yield_as_session() -> None:
    """Let everybody outside of this process's session go first, whatever the sessions' processes do inside.

    Linux weighs sessions against each other where it groups by them (`sched_autogroup`, on desktops), and
    then a process's own nice counts within its session only: man 7 sched. Elsewhere this does nothing.
    """
    for _ in range(TRIES):
        try:
            with open("/proc/self/autogroup", "w") as group:
                group.write(str(NICE))
        except BlockingIOError:
            # The kernel takes one such wish a tenth of a second, from all users together.
            time.sleep(0.1)
        except OSError:
            return
        else:
            return


def yield_as_process() -> None:
    """Let every other process of the session go first, or of the system where sessions count for nothing."""
    with contextlib.suppress(OSError):
        os.nice(NICE)


def hold(memory: int) -> None:
    """At most so many bytes of data for this process and each that it starts, and no core file.

    A core would hold cookies. macOS knows the limit of data and may not keep to it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        # Not RLIMIT_AS: V8 reserves far more address space than it ever uses.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

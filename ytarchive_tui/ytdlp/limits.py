"""What the system holds a child to, whatever its tasks do."""

from __future__ import annotations

import contextlib
import resource


def hold(memory: int) -> None:
    """At most so many bytes of data for this process and each that it starts, and no core file.

    A core would hold cookies. macOS knows the limit of data and may not keep to it.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(ValueError, OSError):
        # Not RLIMIT_AS: V8 reserves far more address space than it ever uses.
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))

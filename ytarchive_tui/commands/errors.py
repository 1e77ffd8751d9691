"""Errors that a user can do something about, told without a traceback."""

from __future__ import annotations

import sys

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.domain.errors import EngineBusyError, StageError, StateError, ToolsMissingError, UsageError
from ytarchive_tui.domain.text import plain


def explained(error: Exception) -> ExitCode:
    """Print what is wrong and return the exit code; any other error is raised again."""
    match error:
        case ToolsMissingError():
            code = ExitCode.TOOLS_MISSING
        case EngineBusyError():
            code = ExitCode.BUSY
        case UsageError():
            code = ExitCode.USAGE
        case StateError():
            code = ExitCode.NOT_ALL_ARCHIVED
        case StageError():
            print(f"error: {plain(str(error), 500)}; `doctor` may know more", file=sys.stderr)
            return ExitCode.NOT_ALL_ARCHIVED
        case OSError():
            print(
                f"error: {plain(str(error), 500)}; look at permissions, free space and `doctor`",
                file=sys.stderr,
            )
            return ExitCode.NOT_ALL_ARCHIVED
        case _:
            raise error
    for line in str(error).splitlines():
        print(f"error: {line}", file=sys.stderr)
    return code

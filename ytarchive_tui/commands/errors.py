"""Errors that a user can do something about, told without a traceback."""

from __future__ import annotations

import sys
import traceback

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import (
    EngineBusyError,
    FailureClass,
    StageError,
    StateError,
    ToolsMissingError,
    UsageError,
)
from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.redact import redact_error

_SAYS_ALL = frozenset(
    {FailureClass.GONE, FailureClass.AUTH, FailureClass.GEO, FailureClass.UNSUPPORTED, FailureClass.THROTTLED}
)
"""These are no trouble of this machine."""


def explained(error: Exception) -> ExitCode:
    """Print what is wrong, without secrets, and return the exit code; any other error is a fault of ours."""
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
            failure = classify(error.evidence)
            more = "" if failure.failure_class in _SAYS_ALL else "; `doctor` may know more"
            print(f"error: {plain(redact_error(failure.sentence), 500)}{more}", file=sys.stderr)
            return ExitCode.NOT_ALL_ARCHIVED
        case OSError():
            told = plain(redact_error(str(error)), 500)
            print(f"error: {told}; look at permissions, free space and `doctor`", file=sys.stderr)
            return ExitCode.NOT_ALL_ARCHIVED
        case _:
            trace = redact_error("".join(traceback.format_exception(error)))
            print("\n".join(plain(line, 2000) for line in trace.splitlines()), file=sys.stderr)
            print("error: a fault in ytarchive-tui; nothing is lost, please report the lines above",
                  file=sys.stderr)  # fmt: skip
            return ExitCode.NOT_ALL_ARCHIVED
    for line in redact_error(str(error)).splitlines():
        print(f"error: {plain(line)}", file=sys.stderr)
    return code

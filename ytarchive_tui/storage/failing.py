"""From an `OSError` to the evidence that the taxonomy reads."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ytarchive_tui.domain.errors import Evidence, StageError

VERIFICATION_FAILED = "VerificationFailed"
ARCHIVE_MISSING = "ArchiveMissing"


@contextmanager
def os_errors(activity: str) -> Iterator[None]:
    """Raise a `StageError` with errno and `activity` for every `OSError` inside."""
    try:
        yield
    except OSError as error:
        raise StageError(
            Evidence(
                exception=(type(error).__name__,), message=str(error), errno=error.errno, activity=activity
            )
        ) from error


def verification_failed(sentence: str) -> StageError:
    """What a file that is not what it should be ends in."""
    return StageError(Evidence(exception=(VERIFICATION_FAILED,), message=sentence, activity="verify"))


def archive_missing(root: Path, sentence: str) -> StageError:
    """What an archive ends in that was there before: nothing may be written in its place."""
    return StageError(
        Evidence(
            exception=(ARCHIVE_MISSING,),
            message=f"{root}: {sentence}",
            errno=errno.ENODEV,
            activity="staging",
        )
    )

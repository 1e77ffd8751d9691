"""From what was seen to a class: the cases in which the obvious reading is the wrong one."""

from __future__ import annotations

import errno

import pytest

from ytarchive_tui.domain.classification import classify
from ytarchive_tui.domain.errors import Evidence, FailureClass


@pytest.mark.parametrize(
    ("evidence", "failure_class"),
    [
        (Evidence(message="No video formats found!", http_status=503), FailureClass.NET_TRANSIENT),
        (Evidence(message="No video formats found!", http_status=429), FailureClass.THROTTLED),
        (Evidence(message="No video formats found!", http_status=404), FailureClass.FORMAT),
        (Evidence(message="No video formats found!"), FailureClass.FORMAT),
        (
            Evidence(
                message="No video formats found!",
                warnings=("Unable to download API page: ('Connection aborted.', ConnectionResetError(104))",),
            ),
            FailureClass.NET_TRANSIENT,
        ),
        (
            Evidence(
                message="No video formats found!",
                warnings=("('Connection aborted.', ConnectionResetError(104)). Retrying (1/3)...",),
            ),
            FailureClass.FORMAT,
        ),
        (
            Evidence(message="something new", http_status=404, warnings=("HTTP Error 404: Not Found",)),
            FailureClass.UNKNOWN,
        ),
        (Evidence(message="HTTP Error 404: Not Found", http_status=404), FailureClass.GONE),
        (
            Evidence(exception=("DownloadError", "TransportError", "gaierror"), errno=-2, activity="media"),
            FailureClass.UNKNOWN,
        ),
        (
            Evidence(
                exception=("DownloadError", "TransportError", "gaierror"),
                message="Failed to resolve 'host'",
                errno=-2,
                activity="media",
            ),
            FailureClass.NET_TRANSIENT,
        ),
        (
            Evidence(exception=("SSLError",), message="EOF occurred", errno=errno.EPERM, activity="media"),
            FailureClass.NET_TRANSIENT,
        ),
        (
            Evidence(exception=("PermissionError",), errno=errno.EACCES, activity="media"),
            FailureClass.LOCAL_IO,
        ),
        (Evidence(exception=("OSError",), errno=errno.ENOSPC, activity="media"), FailureClass.LOCAL_DISK),
        (Evidence(exception=("NameError",), message="name 'x' is not defined"), FailureClass.BUG),
        (
            Evidence(
                message="HTTP Error 404: Not Found. Giving up after 10 retries",
                http_status=404,
                activity="media",
            ),
            FailureClass.INCOMPLETE,
        ),
        (
            Evidence(message="HTTP Error 404: Not Found", http_status=404, activity="media"),
            FailureClass.URL_EXPIRED,
        ),
        (Evidence(message="This video is not available"), FailureClass.GONE),
        (
            Evidence(message="The uploader has not made this video available in your country"),
            FailureClass.GEO,
        ),
        (Evidence(message="This content isn't available, try again later"), FailureClass.THROTTLED),
        (Evidence(message=""), FailureClass.UNKNOWN),
    ],
)
def test_class(evidence: Evidence, failure_class: FailureClass) -> None:
    failure = classify(evidence)
    assert failure.failure_class is failure_class
    assert failure.sentence


@pytest.mark.parametrize("program", ["ffmpeg", "ffprobe"])
def test_a_missing_program_is_named(program: str) -> None:
    failure = classify(Evidence(message=f"{program} not found", exception=("ToolMissing",)))
    assert failure.failure_class is FailureClass.TOOL
    assert failure.sentence == f"{program} is missing: run `doctor`"

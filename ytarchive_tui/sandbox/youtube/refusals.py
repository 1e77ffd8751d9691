"""What YouTube's player says when it will not play a video.

The wordings are those that yt-dlp's extractor and its recorded responses show; where YouTube has two,
the number at the end of a condition id chooses: odd the first, even the second.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from .. import catalog
from ..model import Condition, Video
from .answers import Json, text


@dataclass(frozen=True, slots=True)
class Refusal:
    """A `playabilityStatus` other than OK; `known` tells if the video's details are given all the same."""

    status: str
    reason: str
    subreason: str = ""
    known: bool = False

    def playability(self) -> Json:
        """The refusal as the player response holds it."""
        told: Json = {"reason": text(self.reason)}
        if self.subreason:
            told["subreason"] = text(self.subreason)
        return {
            "status": self.status,
            "reason": self.reason,
            "errorScreen": {"playerErrorMessageRenderer": told},
        }


NO_SUCH_VIDEO = Refusal("ERROR", "This video is not available")
BOT_CHECK = Refusal(
    "LOGIN_REQUIRED",
    "Sign in to confirm you\u2019re not a bot",
    "This helps protect our community. Learn more",
)
_PERKS = "members-only content like this video, and other exclusive perks."
_HERE = "The uploader has not made this video available in your country"

_WORDINGS: dict[Condition, tuple[Refusal, ...]] = {
    Condition.PRIVATE: (
        Refusal("LOGIN_REQUIRED", "Private video", "Sign in if you've been granted access to this video"),
        Refusal(
            "LOGIN_REQUIRED",
            "This video is private",
            "If the owner of this video has granted you access, please sign in.",
        ),
    ),
    Condition.DELETED: (
        Refusal("ERROR", "Video unavailable", "This video has been removed by the uploader"),
        Refusal(
            "ERROR",
            "Video unavailable",
            "This video is no longer available due to a copyright claim by Brinepool Pictures",
        ),
    ),
    Condition.TERMINATED: (
        Refusal(
            "ERROR",
            "Video unavailable",
            "This video is no longer available because the YouTube account associated with this video "
            "has been terminated.",
        ),
    ),
    Condition.MEMBERS: (
        Refusal("UNPLAYABLE", f"Join this channel to get access to {_PERKS}", known=True),
        Refusal(
            "UNPLAYABLE",
            "This video is available to this channel's members on level: Deckhand (or any higher level). "
            f"Join this channel to get access to {_PERKS}",
            known=True,
        ),
    ),
    Condition.AGE: (
        Refusal(
            "LOGIN_REQUIRED",
            "Sign in to confirm your age",
            "This video may be inappropriate for some users.",
            known=True,
        ),
    ),
    Condition.GEO: (
        Refusal("UNPLAYABLE", "Video unavailable", _HERE, known=True),
        Refusal("UNPLAYABLE", _HERE, known=True),
    ),
    Condition.BOT_CHECK: (BOT_CHECK,),
    Condition.UNEXPLAINED: (Refusal("ERROR", "The tide is too high for this video just now"),),
}


def refusal(video: Video | None, now: datetime) -> Refusal | None:
    """Why the player refuses the video, or None when it plays it."""
    if video is None:
        return NO_SUCH_VIDEO
    if video.condition is Condition.PREMIERE and video.starts_at:
        return Refusal("LIVE_STREAM_OFFLINE", f"Premieres in {_until(video.starts_at, now)}", known=True)
    wordings = _WORDINGS.get(video.condition)
    return wordings[(catalog.number_of(video.id) - 1) % len(wordings)] if wordings else None


def _until(then: datetime, now: datetime) -> str:
    minutes = max(1, int((then - now).total_seconds() // 60))
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{minutes // size} {unit}{'s' if minutes >= 2 * size else ''}"
    raise AssertionError(minutes)

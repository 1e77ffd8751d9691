"""Finds a video as it stands now, with the knobs and the sandbox's clock applied."""

from __future__ import annotations

from dataclasses import replace

from . import catalog
from .model import Condition, Video
from .world import World


def find(world: World, video_id: str) -> Video | None:
    """The video of that id; a premiere whose time has come plays like any other."""
    video = catalog.video(video_id, world.knobs)
    if (
        video is not None
        and video.condition is Condition.PREMIERE
        and video.starts_at is not None
        and video.starts_at <= world.now()
    ):
        return replace(video, condition=Condition.OK)
    return video

"""One record of an item out of what two providers told of it."""

from __future__ import annotations

from typing import Any

from ytarchive_tui.domain.models import AtSource, ItemMetadata, Provider

_ABOUT = frozenset({"extractor", "video_id", "provider", "filled"})
_EXACT = frozenset({"published_at"})
"""What the API knows to the second, and a page may tell to the day."""


def teller(metadata: ItemMetadata, field: str) -> Provider | None:
    """Who told the field; None when nobody did."""
    if not is_told(getattr(metadata, field)):
        return None
    return metadata.filled.get(field, metadata.provider)


def is_told(value: Any) -> bool:
    """Whether a field's value says something."""
    return value is not None and value != () and value is not AtSource.UNKNOWN


def merged(new: ItemMetadata, old: ItemMetadata | None) -> ItemMetadata:
    """`new`, and of `old` what only the other provider can tell; each field keeps its provider.

    What the same provider told before and tells no more is gone. Raises `ValueError` for two items.
    """
    if old is None:
        return new
    if (new.extractor, new.video_id) != (old.extractor, old.video_id):
        raise ValueError(f"metadata of {old.video_id!r} can't complete that of {new.video_id!r}")
    taken: dict[str, Any] = {}
    filled = dict(new.filled)
    for field in ItemMetadata.model_fields.keys() - _ABOUT:
        who = teller(old, field)
        if who is None or who == new.provider:
            continue
        exact = field in _EXACT and who == "youtube_api"
        if exact or not is_told(getattr(new, field)):
            taken[field] = getattr(old, field)
            filled[field] = who
    return new.model_copy(update={**taken, "filled": filled}) if taken else new

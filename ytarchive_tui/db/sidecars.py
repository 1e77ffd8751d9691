"""The sidecars table: copies that lack subtitles or a thumbnail, and when these are asked for again."""

from __future__ import annotations

from ytarchive_tui.db.connection import Transaction
from ytarchive_tui.domain.models import Manifest


async def note(tx: Transaction, copy_id: int, manifest: Manifest) -> None:
    """Begin anew with what a copy lacks as it was stored, or forget about it when it lacks nothing."""
    await tx.run("DELETE FROM sidecars WHERE copy_id = ?", (copy_id,))
    if manifest.missing:
        await tx.run("INSERT INTO sidecars (copy_id, since) VALUES (?, ?)", (copy_id, tx.now))


def names(manifest: Manifest) -> str:
    """What a copy lacks, for people: `subtitles en, thumbnail`."""
    return ", ".join(each.note.partition(":")[0].removesuffix(" left out") for each in manifest.missing)

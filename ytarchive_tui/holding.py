"""What the engine does about the archives themselves: holds them, keeps off full disks, clears them up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from ytarchive_tui.db.adopting import adopt_forgotten
from ytarchive_tui.db.archives import identify, known_archives
from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.sidecars import lacking
from ytarchive_tui.db.sizes import expected_size
from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import Claim, StageOutcome
from ytarchive_tui.services.taking_over import TakingOver
from ytarchive_tui.storage.archive import KnownArchives
from ytarchive_tui.storage.archive_lock import ArchiveLocks
from ytarchive_tui.storage.failing import ARCHIVE_MISSING
from ytarchive_tui.storage.local import LocalArchive
from ytarchive_tui.storage.room import Room
from ytarchive_tui.storage.supplying import SidecarFolders
from ytarchive_tui.workers.worker import LeaseLostError, StageRun

log = logging.getLogger(__name__)


def held(locks: ArchiveLocks, db: Database, taking: TakingOver, run: StageRun) -> StageRun:
    """The stage, begun only when no other engine works on the job's archive and what lies there is known."""

    async def holding(claim: Claim) -> StageOutcome:
        archive = claim.job.options.archive
        if not (locks.held(archive) and taking.knows(archive)):
            relinked = archive not in await known_archives(db)
            uuid = await asyncio.to_thread(locks.hold, archive, relinked=relinked)
            # From its first use on, so that an empty mount point is never taken for a new archive.
            async with db.write() as tx:
                await identify(tx, archive, uuid)
            if not await taking.before(claim, uuid):
                raise LeaseLostError
        try:
            return await run(claim)
        except StageError as error:
            if ARCHIVE_MISSING in error.evidence.exception:
                await asyncio.to_thread(locks.missed, archive)
            raise

    return holding


def roomy(room: Room, db: Database, run: StageRun) -> StageRun:
    """The stage, begun and kept running only while the archive's disk has room for it."""

    async def roomy(claim: Claim) -> StageOutcome:
        assert claim.job.item is not None, "only an item can be downloaded"
        expected = await expected_size(db, claim.job.item.id)
        return await room.within(claim.job, expected, lambda: run(claim))

    return roomy


async def sweep_staging(
    db: Database, store: LocalArchive, locks: ArchiveLocks, archive: Path, live_jobs: Sequence[int]
) -> None:
    """Remove what dead runs left in staging, after a look at what they had committed.

    An archive that is not there now is swept another time.
    """
    try:
        await asyncio.to_thread(locks.hold, archive)
        needed = set(live_jobs)
        # Also of a job that would tell of it itself: a person may cancel it before it comes to that.
        for copy in await store.forgotten(archive):
            if await adopt_forgotten(db, copy):
                log.warning("%s was committed by a run that ended: it is known again", copy.folder)
                needed.discard(copy.manifest.job)
        removed = await store.sweep(archive, sorted(needed))
    except Exception as error:
        log.warning("staging of %s could not be swept: %s", archive, error)
    else:
        if removed:
            log.info("removed %d staging folders that no job needs", removed)


async def sweep_sidecars(db: Database, folders: SidecarFolders, known: KnownArchives, archive: Path) -> None:
    """Remove what dead runs had fetched for copies that lack nothing any more."""
    try:
        await folders.sweep(archive, known, await lacking(db, archive))
    except StageError as error:
        log.warning("sidecars in %s could not be swept: %s", archive, error)

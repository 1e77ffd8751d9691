"""An archive that this state file meets for the first time: what lies in it is taken in before any job."""

from __future__ import annotations

import asyncio
import itertools
import logging
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.taking_over import Found, is_taken_over, still_runs, take_back, take_in, taken_over
from ytarchive_tui.domain.models import TAKING_STOCK, Claim, Progress
from ytarchive_tui.domain.ports import ProgressBoard
from ytarchive_tui.storage.failing import os_errors
from ytarchive_tui.storage.finding import every_item, gone

log = logging.getLogger(__name__)

AT_ONCE = 200
"""Items of one transaction: it may keep other writers waiting for a quarter of a second."""
READ_S = 0.5
TELL_S = 0.3


class TakingOver:
    """Looks through each archive once; all jobs that need it wait meanwhile, and show how far it is.

    A kill in the middle loses nothing: what is known by then is passed by the next time.
    """

    def __init__(self, db: Database, board: ProgressBoard) -> None:
        self._db = db
        self._board = board
        self._known: set[Path] = set()
        self._looking: dict[Path, asyncio.Task[None]] = {}
        self._seen: dict[Path, int] = {}
        self._stopping = threading.Event()

    def knows(self, archive: Path) -> bool:
        """True when `before` would have nothing to do."""
        return archive in self._known

    async def before(self, claim: Claim, uuid: UUID) -> bool:
        """Wait until all of the job's archive is known; False when that has ended the job.

        The archive is locked for this engine. Raises `StageError`.
        """
        archive = claim.job.options.archive
        task = self._looking.get(archive)
        if task is None or task.done():
            task = self._looking[archive] = asyncio.create_task(
                self._look(archive, uuid), name="taking stock"
            )
        while not task.done():
            await asyncio.wait({task}, timeout=TELL_S)
            if seen := self._seen.get(archive):
                self._board.put(
                    Progress(job_id=claim.job.id, stage=claim.job.stage, activity=TAKING_STOCK, done=seen)
                )
        task.result()
        return await still_runs(self._db, claim)

    async def close(self) -> None:
        """Stop looking; the next run goes on."""
        self._stopping.set()
        for task in self._looking.values():
            task.cancel()
        await asyncio.gather(*self._looking.values(), return_exceptions=True)

    async def _look(self, archive: Path, uuid: UUID) -> None:
        if not await is_taken_over(self._db, archive, uuid):
            new, unread = 0, list[Path]()
            items = every_item(archive, self._stopping.is_set, unread.append)
            while read := await asyncio.to_thread(_some, items):
                self._seen[archive] = self._seen.get(archive, 0) + len(read)
                taken = await take_in(self._db, archive, uuid, read)
                # Somebody may have deleted one since its folder was read, rows first and files then.
                if lost := await asyncio.to_thread(_gone, archive, uuid, taken):
                    await take_back(self._db, archive, lost)
                new += len(taken) - len(lost)
            if unread:
                log.warning(
                    "%d folders in %s may not be read, as %s; what lies in them is not known, and the next "
                    "run looks through the archive again",
                    len(unread),
                    archive,
                    unread[0],
                )
            else:
                await taken_over(self._db, archive, uuid)
            if new:
                log.info("%d items were in %s already; they are known now", new, archive)
        self._known.add(archive)


def _some(items: Iterator[Found]) -> list[Found]:
    """The next ones, as many as can be read soon; none at the end. Raises `StageError`."""
    with os_errors("staging"):
        began = time.monotonic()
        found = list(itertools.islice(items, 1))
        while found and len(found) < AT_ONCE and time.monotonic() < began + READ_S:
            more = next(items, None)
            if more is None:
                break
            found.append(more)
        return found


def _gone(archive: Path, uuid: UUID, folders: list[str]) -> list[str]:
    with os_errors("staging"):
        return gone(archive, uuid, folders)

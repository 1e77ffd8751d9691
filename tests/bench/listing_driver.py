"""Lists one source into a database as the engine does, with no other worker beside it.

python listing_driver.py URL FOLDER PROXY CA_FILE

Prints `first S`: seconds from the wish to the first stored page, in a program that runs already.
"""

from __future__ import annotations

import asyncio
import sys
import time
from pathlib import Path

from ytarchive_tui.db.connection import Database
from ytarchive_tui.db.intake import submit
from ytarchive_tui.db.queue import Queue
from ytarchive_tui.domain.models import (
    Claim,
    JobKind,
    JobOptions,
    ListPage,
    SourceKind,
    Stage,
    Submission,
)
from ytarchive_tui.domain.policy import after_success
from ytarchive_tui.domain.progress import MemoryBoard
from ytarchive_tui.workers.metadata import ListStage
from ytarchive_tui.ytdlp.adapters import YtdlpLister
from ytarchive_tui.ytdlp.options import ExtractionConfig
from ytarchive_tui.ytdlp.process import ChildPool
from ytarchive_tui.ytdlp.protocol import TASKS, FormatRequest


class _Watched(Queue):
    begun: float | None = None

    async def add_page(self, claim: Claim, page: ListPage) -> bool:
        stored = await super().add_page(claim, page)
        if self.begun is not None:
            print(f"first {time.monotonic() - self.begun:.3f}", flush=True)
            self.begun = None
        return stored


async def _list(url: str, folder: Path, config: ExtractionConfig) -> None:
    options = JobOptions(archive=folder)
    source = Submission(url=url, address=url, kind=SourceKind.PLAYLIST, options=options)
    pool = ChildPool(TASKS, config=config.model_dump(mode="json"), log=lambda *told: None)
    async with await Database.open(folder / "state.db") as db, pool as children:
        queue = _Watched(db)
        # Once the first child answers, they are as ready as in a program that is open.
        await children.run(
            "check_format", FormatRequest(options=options, config=config).model_dump(mode="json")
        )
        queue.begun = time.monotonic()
        await submit(db, [source])
        claim = await queue.claim(Stage.METADATA, JobKind.SOURCE, "listing")
        assert claim is not None
        listed = await ListStage(queue, YtdlpLister(children, config), MemoryBoard())(claim)
        await queue.finish(claim, listed, after_success(claim.job, listed))


if __name__ == "__main__":
    address, folder, proxy, ca_file = sys.argv[1:]
    asyncio.run(_list(address, Path(folder), ExtractionConfig(proxy=proxy, ca_file=Path(ca_file))))

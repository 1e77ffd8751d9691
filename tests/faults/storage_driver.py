"""Archives one item in a process of its own, which a test kills: `storage_driver.py ROOT STATE`.

STATE is a JSON file with the job, the staged download, the identity of the archive and the path of ffprobe.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

from ytarchive_tui.domain.models import Job, StagedDownload
from ytarchive_tui.storage.local import LocalArchive
from ytarchive_tui.storage.verification import verify


class SameProcess:
    """`ChildRunner` for the one task of storage, without a child."""

    async def run(
        self,
        task: str,
        request: dict[str, Any],
        on_event: Callable[[dict[str, Any]], Awaitable[None]] | None = None,
        *,
        more: bool = False,
    ) -> dict[str, Any]:
        assert task == "verify"
        return await asyncio.to_thread(verify, request, lambda event: None)


async def main(root: Path, state: dict[str, Any]) -> None:
    job = Job.model_validate(state["job"])
    store = LocalArchive(
        SameProcess(), ffprobe=state["ffprobe"], ffmpeg=None, known={root: UUID(state["uuid"])}
    )
    print("ready", flush=True)
    copy = await store.store(job, StagedDownload.model_validate(state["staged"]), lambda progress: None)
    await store.discard(root, job.id)
    print(copy.model_dump_json(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text())))

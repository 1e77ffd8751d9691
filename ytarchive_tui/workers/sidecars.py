"""Missing subtitles and thumbnails of an archived item are fetched alone."""

from __future__ import annotations

from ytarchive_tui.domain.errors import StageError
from ytarchive_tui.domain.models import Claim, FileRole, MissingSidecar, StagedFile, Supplied
from ytarchive_tui.domain.ports import SidecarFetcher, SidecarLedger, SidecarStore


class SidecarStage:
    """Asks once for what one copy misses."""

    def __init__(self, ledger: SidecarLedger, fetcher: SidecarFetcher, store: SidecarStore) -> None:
        self._ledger = ledger
        self._fetcher = fetcher
        self._store = store

    async def __call__(self, claim: Claim) -> Supplied:
        """End what a kill interrupted, or fetch and add; raises `StageError`."""
        number = abs(claim.job.id)
        before = await self._ledger.copy(claim)
        if before is None:
            return Supplied(missing=())
        now = await self._store.go_on(before, number)
        if now is None:
            job, wanted = claim.job, before.manifest.missing
            languages = tuple(each.language for each in wanted if each.language is not None)
            thumbnail = any(each.role is FileRole.THUMBNAIL for each in wanted)
            wish = job.options.model_copy(update={"subtitles": languages, "thumbnail": thumbnail})
            staging = await self._store.staging(before, number)
            try:
                fetched = await self._fetcher.fetch(job.model_copy(update={"options": wish}), staging)
            except StageError:
                await self._store.clear(before, number)
                raise
            missing = tuple(_still(wanted, fetched.files, fetched.missing))
            replaced = await self._ledger.copy(claim) != before
            if replaced or not fetched.files:
                await self._store.clear(before, number)
                return Supplied(missing=() if replaced else missing)
            now = await self._store.add(before, number, fetched.files, missing)
        await self._ledger.supplied(claim, before, now)
        await self._store.clear(before, number)
        return Supplied(missing=now.manifest.missing)


def _still(
    wanted: tuple[MissingSidecar, ...], came: tuple[StagedFile, ...], refused: tuple[MissingSidecar, ...]
) -> list[MissingSidecar]:
    """What of the wanted did not come, with the newest reason."""
    there = {(file.role, file.language) for file in came}
    news = {(each.role, each.language): each for each in refused}
    kinds = [(each.role, each.language) for each in wanted]
    return [news.get(kind, each) for kind, each in zip(kinds, wanted, strict=True) if kind not in there]

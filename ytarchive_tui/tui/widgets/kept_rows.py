"""The rows of a long table that are in memory: those in sight, those around them, and what was seen last."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

Row = TypeVar("Row")

KEPT = 2048
"""Rows held in memory."""


class KeptRows(Generic[Row]):
    """Fetches rows by id, one fetch at a time; old ones are shown until they are replaced."""

    def __init__(
        self,
        source: Callable[[Sequence[int]], Awaitable[Sequence[Row]]],
        row_id: Callable[[Row], int],
        wanted: Callable[[], Sequence[int]],
        changed: Callable[[set[int]], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """`wanted`: ids of the rows that should be here; `changed` hears of ids whose rows are others now."""
        self._source = source
        self._row_id = row_id
        self._wanted = wanted
        self._changed = changed
        self._failed = failed
        self._rows: OrderedDict[int, tuple[Row, int]] = OrderedDict()
        self._age = 0
        self._fetch: asyncio.Task[None] | None = None

    def get(self, row_id: int) -> Row | None:
        """The row of that id, if it is in memory."""
        found = self._rows.get(row_id)
        return found[0] if found else None

    def is_fresh(self, row_id: int) -> bool:
        """Whether it was fetched since the last `refetch`."""
        found = self._rows.get(row_id)
        return found is not None and found[1] == self._age

    def refetch(self) -> None:
        """Rows may have changed: fetch the wanted ones again."""
        self._age += 1
        self.want()

    def want(self) -> None:
        """Fetch what is wanted and missing or old; the newest wish wins."""
        if self._fetch is None or self._fetch.done():
            self._fetch = asyncio.create_task(self._fetch_wanted())

    async def fetched(self) -> None:
        """Return once what is wanted now is here."""
        if self._fetch is not None:
            await asyncio.wait({self._fetch})

    def forget(self) -> None:
        """The rows in memory are of something else than what is shown next."""
        self._rows.clear()

    def close(self) -> None:
        """End a fetch that is under way."""
        if self._fetch is not None:
            self._fetch.cancel()

    async def _fetch_wanted(self) -> None:
        while missing := [row_id for row_id in self._wanted() if not self.is_fresh(row_id)]:
            age = self._age
            try:
                rows = await self._source(missing)
            except Exception as error:
                self._failed(error)
                return
            self._keep(rows, missing, age)

    def _keep(self, rows: Sequence[Row], asked: Sequence[int], age: int) -> None:
        fresh = {self._row_id(row): row for row in rows}
        changed = set()
        for row_id in asked:
            before = self._rows.pop(row_id, None)
            if row_id in fresh:
                self._rows[row_id] = fresh[row_id], age
                if before is None or before[0] != fresh[row_id]:
                    changed.add(row_id)
            elif before is not None:
                self._rows[row_id] = before[0], age
        while len(self._rows) > KEPT:
            self._rows.popitem(last=False)
        self._changed(changed)

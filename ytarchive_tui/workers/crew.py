"""The workers of one stage, as many of them as are wished for at this moment."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from ytarchive_tui.domain.endings import called_off
from ytarchive_tui.domain.ports import JobQueue
from ytarchive_tui.workers.worker import Worker

LOOK_S = 1.0
"""Longest time until another number is obeyed."""


class Crew:
    """Works like one worker; each place in it is filled while its number is within what is wished.

    A worker that becomes one too many ends its stage first; its place is filled again only after that.
    """

    def __init__(
        self, name: str, make: Callable[[int], Worker], wished: Callable[[], Awaitable[int]], queue: JobQueue
    ) -> None:
        self.name = name
        self._make = make
        self._wished = wished
        self._queue = queue
        self._places: dict[int, tuple[Worker, asyncio.Task[None]]] = {}
        self._draining = False

    def drain(self) -> None:
        """Claim nothing new; running stages go on to their end."""
        self._draining = True
        for worker, _ in self._places.values():
            worker.drain()

    async def work(self) -> None:
        """Work until drained; cancelling puts running jobs back, and a worker's error ends all."""
        try:
            while not self._draining:
                self._fill(await self._wished())
                await self._watch(self._queue.wait_for_wish(LOOK_S))
            while self._places:
                await self._watch()
        finally:
            await self._stop()

    def _fill(self, number: int) -> None:
        if self._draining:
            return
        for n, (worker, _) in self._places.items():
            if n > number:
                worker.drain()
        for n in range(1, number + 1):
            if n not in self._places:
                worker = self._make(n)
                self._places[n] = worker, asyncio.create_task(worker.work(), name=worker.name)

    async def _watch(self, news: Awaitable[None] | None = None) -> None:
        """Until there are news or a worker ended; raises what ended it."""
        waiting = None if news is None else asyncio.ensure_future(news)
        tasks: set[asyncio.Future[None]] = {task for _, task in self._places.values()}
        try:
            await asyncio.wait(tasks | ({waiting} if waiting else set()), return_when=asyncio.FIRST_COMPLETED)
        finally:
            if waiting is not None:
                await called_off(waiting)
        for n, (_, task) in list(self._places.items()):
            if task.done():
                del self._places[n]
                task.result()
        if waiting is not None and not waiting.cancelled():
            waiting.result()

    async def _stop(self) -> None:
        """Cancel all and wait until each is gone."""
        tasks = [task for _, task in self._places.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

"""Awaiting what must come to its end though whoever awaits it is cancelled."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, TypeVar

T = TypeVar("T")


async def ended(work: asyncio.Future[Any]) -> asyncio.CancelledError | None:
    """Return when the work is done, well or not; the newest cancellation that came meanwhile.

    The caller decides what goes first, and raises the cancellation unless something else does.
    """
    cancelled: asyncio.CancelledError | None = None
    while not work.done():
        try:
            await asyncio.wait({work})
        except asyncio.CancelledError as error:
            cancelled = error
    if not work.cancelled():
        work.exception()  # Read, so that asyncio does not report it as lost.
    return cancelled


async def to_the_end(work: Awaitable[T]) -> T:
    """Await the work to its end; a cancellation meanwhile is raised afterwards, whatever came of it."""
    future = asyncio.ensure_future(work)
    if (cancelled := await ended(future)) is not None:
        raise cancelled
    return future.result()


async def called_off(task: asyncio.Future[Any]) -> None:
    """Cancel a task and wait until it is really gone; its own errors are of no interest then."""
    if not task.done():
        task.cancel()
        await asyncio.wait({task})
    if not task.cancelled():
        task.exception()

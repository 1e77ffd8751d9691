"""What has to wait is done beside the keys, in a worker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial

from textual.dom import DOMNode
from textual.worker import WorkType

from ytarchive_tui.domain.text import plain

Work = Callable[[], Awaitable[None]]


def later(node: DOMNode, work: Work, *, group: str = "default", latest: bool = False) -> None:
    """Run a coroutine function, not yet called, for as long as the node lives; an error becomes a toast.

    `latest`: an earlier one of the group is cancelled.
    """
    told: WorkType[None] = partial(_told, node, work)
    node.run_worker(told, group=group, exclusive=latest, exit_on_error=False)


async def _told(node: DOMNode, work: Work) -> None:
    try:
        await work()
    except Exception as error:
        node.log.error(error)
        text = plain(str(error) or type(error).__name__, 300)
        node.app.notify(text, severity="error", title="That failed", markup=False)

"""From one screen to the place on another that belongs to the same job."""

from __future__ import annotations

from textual.app import App


async def show_log_of(app: App[None], job_id: int) -> None:
    """The Logs screen with the lines of one job."""
    from ytarchive_tui.tui.screens.logs import LogsScreen

    await app.switch_mode("logs")
    if isinstance(app.screen, LogsScreen):
        app.screen.show_only(f"job:{job_id}")


async def show_in_queue(app: App[None], job_id: int) -> None:
    """The Queue with the cursor on one job, whatever it was narrowed to."""
    from ytarchive_tui.tui.screens.queue import QueueScreen

    await app.switch_mode("queue")
    if isinstance(app.screen, QueueScreen):
        app.screen.narrow("")
        app.screen.moved_job = job_id
        app.screen.jobs_changed()

"""Runs tasks in forked children: a fresh one for each job, kept while another task of the job is expected."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterable, Mapping
from typing import Any

from ytarchive_tui.domain.endings import called_off, to_the_end
from ytarchive_tui.ytdlp.dialogue import Dialogue, Log
from ytarchive_tui.ytdlp.zygote_link import Child, ZygoteDiedError, ZygoteLink

HEAR_S = 0.25
"""Between two looks at what children say on stderr, which is for the log alone."""
KEPT = 8
"""Children that wait for their job's next task; the one that has waited longest makes room."""
KEPT_S = 30.0


class _Fork:
    """A child, and who is spoken with now."""

    def __init__(self, child: Child, dialogue: Dialogue) -> None:
        self.child = child
        self.dialogue = dialogue

    def hear(self) -> None:
        """Note what it has said on stderr since."""
        self._note(self.child.stderr.heard())

    def end_task(self) -> None:
        """Note the rest of what it said while it had this task."""
        self._note(self.child.stderr.ended())

    def let_go(self) -> None:
        """Hear the last words of a child that is gone."""
        self._note(self.child.stderr.close())
        self.child.close()

    def _note(self, lines: Iterable[bytes]) -> None:
        for line in lines:
            self.dialogue.note(line.decode(errors="replace"))


class ForkLink:
    """Forks children from a warm zygote and speaks with them.

    `memory`: as `ChildPool`'s `memory_limit`. `grace_s`: between TERM and KILL.
    """

    def __init__(
        self,
        tasks: Mapping[str, str],
        config: Mapping[str, Any],
        environment: Mapping[str, str],
        log: Log,
        *,
        memory: int,
        grace_s: float,
    ) -> None:
        self._zygote = ZygoteLink(tasks, config, environment, log)
        self._log = log
        self._memory = memory
        self._grace_s = grace_s
        self._living: set[_Fork] = set()
        self._told: dict[str, Any] = {}
        self._kept: dict[int, tuple[_Fork, asyncio.TimerHandle]] = {}
        self._ending: set[asyncio.Task[None]] = set()
        self._hearing: asyncio.Task[None] | None = None

    def warm_up(self) -> None:
        """Start the zygote before the first task needs it; a failure shows there."""
        self._warming = asyncio.create_task(self._warm())

    async def close(self) -> None:
        """End every child and the zygote."""
        self._warming.cancel()
        for job in list(self._kept):
            self._dismiss(job)
        await asyncio.gather(self._warming, *self._ending, return_exceptions=True)
        if self._hearing is not None:
            await called_off(self._hearing)
        await to_the_end(self._zygote.close())

    async def run(
        self, task: str, request: dict[str, Any], dialogue: Dialogue, *, more: bool
    ) -> dict[str, Any]:
        """Run one task; with `more`, its child then waits a while for the next task of the same job.

        Raises `StageError`. A cancelled task's whole process group is gone before it returns.
        """
        job = dialogue.job
        fork = self._take(job) or await self._fork(dialogue)
        fork.dialogue = dialogue
        more = more and job is not None
        try:
            fork.child.send({"task": task, "request": request, "more": more})
            result = await dialogue.verdict(fork.child.stdout)
            fork.end_task()
            if result is not None and more and job is not None:
                self._keep(job, fork)
                return result
            if not await fork.child.gone(self._grace_s):
                await fork.child.end(self._grace_s)
            self._living.discard(fork)
            fork.let_go()
        except BaseException:
            await to_the_end(self._end(fork))
            raise
        if result is not None:
            return result
        if not fork.child.exited.done():
            raise dialogue.died("ChildDied", "the child left no result, and can't be ended")
        if (lost := fork.child.exited.exception()) is not None:
            raise dialogue.died("ZygoteDied", f"the zygote died: {lost}")
        raise dialogue.died("ChildDied", _how(fork.child.exited.result()))

    def tell(self, message: dict[str, Any]) -> None:
        """Say something to every child, also to those to come."""
        self._told |= message
        for fork in self._living:
            fork.child.send(message)

    async def _fork(self, dialogue: Dialogue) -> _Fork:
        """A new child, which a cancellation in this moment does not leave behind."""
        try:
            await self._zygote.start()
            forking = asyncio.ensure_future(self._zygote.fork(self._memory))
            try:
                fork = _Fork(await to_the_end(forking), dialogue)
            except asyncio.CancelledError:
                if forking.exception() is None:
                    await to_the_end(self._end(_Fork(forking.result(), dialogue)))
                raise
        except ZygoteDiedError as error:
            raise dialogue.died("ZygoteDied", f"the zygote died: {error}") from error
        fork.child.send(self._told)
        self._living.add(fork)
        if self._hearing is None or self._hearing.done():
            self._hearing = asyncio.create_task(self._hear(), name="stderr of children")
        return fork

    async def _hear(self) -> None:
        """Hear all children now and then, while there are any: one that is not heard would have to wait."""
        while self._living:
            await asyncio.sleep(HEAR_S)
            for fork in tuple(self._living):
                try:
                    fork.hear()
                except Exception as error:  # Of whoever keeps the log: the children must not wait for it.
                    self._log("zygote", None, f"a child could not be heard: {type(error).__name__}")

    async def _end(self, fork: _Fork) -> None:
        """Return when the whole group is gone and its last words are heard."""
        try:
            # Heard until then: it may have more to say than a pipe holds.
            await fork.child.end(self._grace_s)
        finally:
            self._living.discard(fork)
            fork.let_go()

    def _keep(self, job: int, fork: _Fork) -> None:
        if job in self._kept or len(self._kept) >= KEPT:
            # Two of one job: its lease was lost while it ran, and taken again here.
            self._dismiss(job if job in self._kept else next(iter(self._kept)))
        timer = asyncio.get_running_loop().call_later(KEPT_S, self._dismiss, job)
        self._kept[job] = (fork, timer)

    def _take(self, job: int | None) -> _Fork | None:
        """The job's child, if one waits and lives."""
        if job is None or job not in self._kept:
            return None
        if self._kept[job][0].child.exited.done():
            self._dismiss(job)
            return None
        fork, timer = self._kept.pop(job)
        timer.cancel()
        # What it said since belongs to the task before.
        fork.end_task()
        return fork

    def _dismiss(self, job: int) -> None:
        fork, timer = self._kept.pop(job)
        timer.cancel()
        ending = asyncio.create_task(self._end(fork))
        self._ending.add(ending)
        ending.add_done_callback(self._ending.discard)

    async def _warm(self) -> None:
        try:
            await self._zygote.start()
        except ZygoteDiedError as error:
            self._log("zygote", None, f"did not start: {error}")


def _how(status: int) -> str:
    """An exit code in words."""
    if status >= 0:
        return f"the child ended without a result, exit code {status}"
    try:
        name = signal.Signals(-status).name
    except ValueError:
        name = str(-status)
    return f"the child was killed by {name}" + (" (out of memory?)" if name == "SIGKILL" else "")

"""Runs the sandbox as a child process that can't outlive its parent."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType

from .addresses import Addresses

_START_S = 30.0
_STOP_S = 5.0
_LOG = "sandbox.log"
_LOG_TAIL = 2000


class SandboxFailed(Exception):
    """The sandbox did not come up; the text holds the end of its log."""


class SandboxProcess:
    """`async with SandboxProcess(folder, knobs={"latency_ms": 50}) as addresses:`.

    The child keeps its authority, its media and `sandbox.log` in `state_dir`. It ends with the
    block, or when this process dies: it reads standard input, whose other end is held here.
    SandboxFailed when it isn't ready within 30 s.
    """

    def __init__(self, state_dir: Path, *, knobs: Mapping[str, object] | None = None) -> None:
        self._state = state_dir
        self._knobs = dict(knobs) if knobs is not None else {}
        self._process: asyncio.subprocess.Process

    async def __aenter__(self) -> Addresses:
        self._state.mkdir(mode=0o700, parents=True, exist_ok=True)
        knobs = [f"--knob={name}={json.dumps(value)}" for name, value in self._knobs.items()]
        log = os.open(self._state / _LOG, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "ytarchive_tui.sandbox", "--json", "--with-parent"),
                *("--state", str(self._state), *knobs),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        finally:
            os.close(log)
        try:
            return await self._addresses()
        except BaseException:
            await self._stop()
            raise

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stop()

    async def _addresses(self) -> Addresses:
        assert self._process.stdout is not None
        try:
            line = await asyncio.wait_for(self._process.stdout.readline(), _START_S)
            return Addresses(**json.loads(line))
        except (TimeoutError, ValueError, TypeError):
            tail = (self._state / _LOG).read_text(errors="replace")[-_LOG_TAIL:].strip()
            raise SandboxFailed(f"the sandbox did not start: {tail or 'it said nothing'}") from None

    async def _stop(self) -> None:
        """Close standard input, which ends the child; kill it when it doesn't."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            await asyncio.wait_for(self._process.wait(), _STOP_S)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

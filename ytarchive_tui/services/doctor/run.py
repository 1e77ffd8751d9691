"""Puts the report together."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from ytarchive_tui.services.doctor.filesystem import MOUNTS
from ytarchive_tui.services.doctor.folders import folder_checks, nearest_existing
from ytarchive_tui.services.doctor.machine import machine_checks
from ytarchive_tui.services.doctor.network import network_checks
from ytarchive_tui.services.doctor.program import program_checks
from ytarchive_tui.services.doctor.report import Check, Report, Topic, Verdict
from ytarchive_tui.services.doctor.tools import tool_checks
from ytarchive_tui.settings.model import Settings
from ytarchive_tui.settings.paths import Paths
from ytarchive_tui.settings.tools import Tools


async def run_checks(
    settings: Settings,
    paths: Paths,
    tools: Tools,
    *,
    settings_problem: str | None = None,
    mounts: Path = MOUNTS,
) -> Report:
    """Look at everything; no network request is made, and nothing is left behind.

    `settings_problem` is why the settings could not be loaded, one problem a line; pass the
    defaults as `settings` then. `mounts` is a table in the form of /proc/self/mountinfo.
    """
    return await asyncio.to_thread(_run, settings, paths, tools, settings_problem, mounts)


def _run(settings: Settings, paths: Paths, tools: Tools, problem: str | None, mounts: Path) -> Report:
    wall, monotonic = time.time(), time.monotonic()
    return Report(
        checks=(
            *program_checks(),
            *_settings(paths, problem),
            *tool_checks(tools),
            *folder_checks(settings.archive, paths, mounts),
            *network_checks(settings),
            *machine_checks(nearest_existing(paths.state_dir), wall, monotonic),
        )
    )


def _settings(paths: Paths, problem: str | None) -> list[Check]:
    if problem is None:
        there = "is valid" if paths.config_file.exists() else "does not exist, and need not"
        found = f"{paths.config_file} {there}"
        return [Check(topic=Topic.PROGRAM, name="settings", status=Verdict.OK, found=found)]
    return [
        Check(
            topic=Topic.PROGRAM,
            name="settings",
            status=Verdict.FAIL,
            found=line,
            fix=f"correct it where it is set, or edit {paths.config_file}; the defaults are used below",
        )
        for line in problem.splitlines()
    ]

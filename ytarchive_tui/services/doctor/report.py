"""What the doctor found, as a value and as plain text."""

from __future__ import annotations

from enum import StrEnum

from ytarchive_tui.domain.models import Frozen
from ytarchive_tui.domain.text import plain


class Verdict(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARN = "warn"
    """Works, with a drawback or a risk."""
    FAIL = "fail"
    """Archiving can't work, or not safely, until it is mended."""


class Topic(StrEnum):
    """What a check is about; the report is grouped by it."""

    PROGRAM = "program"
    TOOLS = "tools"
    FOLDERS = "folders"
    NETWORK = "network"
    MACHINE = "machine"


class Check(Frozen):
    """One thing that was looked at."""

    topic: Topic
    name: str
    status: Verdict
    found: str
    """One line, without secrets."""
    fix: str | None = None
    """The exact command or step; set for each problem that has one."""


class Report(Frozen):
    """Everything that was looked at, in reading order."""

    checks: tuple[Check, ...]

    @property
    def exit_code(self) -> int:
        """0 when the program can be used, 3 when an outside program is missing, 1 for other failures."""
        failed = {check.topic for check in self.checks if check.status is Verdict.FAIL}
        if Topic.TOOLS in failed:
            return 3
        return 1 if failed else 0


def render(report: Report) -> list[str]:
    """The report as lines of plain text; statuses are words, so no colour is needed."""
    width = max((len(check.name) for check in report.checks), default=0)
    lines: list[str] = []
    topic = None
    for check in report.checks:
        if check.topic is not topic:
            topic = check.topic
            lines += ["", topic.value.capitalize()] if lines else [topic.value.capitalize()]
        lines.append(f"  {check.status.value:<4}  {check.name:<{width}}  {plain(check.found)}")
        if check.fix:
            lines.append(f"  {'':<4}  {'':<{width}}  fix: {plain(check.fix)}")
    counts = {verdict: sum(c.status is verdict for c in report.checks) for verdict in Verdict}
    lines += ["", f"{counts[Verdict.OK]} ok, {counts[Verdict.WARN]} to note, {counts[Verdict.FAIL]} to mend"]
    return lines

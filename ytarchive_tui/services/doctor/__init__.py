"""Looks at everything the program depends on, and says for each problem what to do."""

from __future__ import annotations

from ytarchive_tui.services.doctor.report import Check, Report, render
from ytarchive_tui.services.doctor.run import run_checks

__all__ = ["Check", "Report", "render", "run_checks"]

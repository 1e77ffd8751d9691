"""The outside programs."""

from __future__ import annotations

from ytarchive_tui.services.doctor.commands import install_deno, install_ffmpeg
from ytarchive_tui.services.doctor.report import Check, Topic, Verdict
from ytarchive_tui.settings.tools import Tool, Tools


def tool_checks(tools: Tools) -> list[Check]:
    """ffmpeg and ffprobe are needed; without a JavaScript runtime YouTube offers fewer formats."""
    return [
        _check("ffmpeg", tools.ffmpeg, Verdict.FAIL, "", install_ffmpeg()),
        _check("ffprobe", tools.ffprobe, Verdict.FAIL, "", install_ffmpeg()),
        _check(
            "JavaScript",
            tools.js_runtime,
            Verdict.WARN,
            "; without a runtime YouTube offers fewer formats, and some videos none",
            install_deno(),
        ),
    ]


def _check(name: str, tool: Tool, otherwise: Verdict, consequence: str, fix: str) -> Check:
    if tool.usable:
        found = f"{tool.name} {tool.version}, {tool.path} ({tool.origin})"
        return Check(topic=Topic.TOOLS, name=name, status=Verdict.OK, found=found)
    where = f"{tool.path}: " if tool.path else ""
    if tool.origin == "setting":
        setting = "js_runtime" if name == "JavaScript" else name
        fix = f"correct or remove tools.{setting} in the settings; or: {fix}"
    found = f"{where}{tool.problem}{consequence}"
    return Check(topic=Topic.TOOLS, name=name, status=otherwise, found=found, fix=fix)

"""What can be done on the Logs screen."""

from __future__ import annotations

from ytarchive_tui.tui.actions.model import Action

LOGS = (
    Action("logs.follow", "Follow or hold", "f", "Stay at the newest line, or hold still.", "Follow"),
    Action(
        "logs.filter",
        "Filter",
        "slash",
        "Show words, level:warning, source:worker, job:12, -word.",
        "Filter",
        at_once=True,
    ),
    Action("logs.level", "Least level", "L", "Show all, or from info, warning or error on.", "Level"),
    Action(
        "logs.of-job", "This job only", "i", "Show the lines of the same job; again shows all.", "This job"
    ),
    Action(
        "logs.search",
        "Search",
        "ctrl+f",
        "Go to lines with a text; others stay in sight.",
        "Search",
        at_once=True,
    ),
    Action("logs.next", "Next match", "n", "Go to the next newer line with the text."),
    Action("logs.previous", "Match before", "N", "Go to the next older line with the text."),
    Action("logs.job", "Go to the job", "l", "Show the line's job in the queue.", "Job"),
    Action(
        "logs.details", "Whole line", "enter", "Show or hide all of the line and its traceback.", "Details"
    ),
    Action("logs.copy", "Copy", "y", "Copy the line as the log has it.", "Copy"),
    Action("logs.export", "Export", "E", "Write the lines that are shown to a file.", "Export", at_once=True),
    Action("logs.leave", "Back", "escape", "Drop the search, then the filter."),
)

"""What can be done on the Queue screen and in its dialogs."""

from __future__ import annotations

from ytarchive_tui.tui.actions.model import Action

QUEUE = (
    Action("queue.add", "Add addresses", "a", "Add videos, playlists or channels by address.", "Add"),
    Action(
        "queue.pause",
        "Pause or resume",
        "p",
        "Pause the chosen jobs; resume them if all are paused.",
        "Pause",
    ),
    Action(
        "queue.pause-all",
        "Hold everything",
        "P",
        "Hold everything, what runs too, or let it go on; stays so until pressed again, over restarts.",
        "Hold all",
    ),
    Action("queue.retry", "Retry", "t", "Try the chosen jobs again, now.", "Retry"),
    Action(
        "queue.retry-class", "Retry this class", "T", "Try again everything that failed for the same reason."
    ),
    Action(
        "queue.cancel",
        "Cancel",
        "x",
        "Take the chosen jobs out of the queue; `u` brings them back.",
        "Cancel",
    ),
    Action(
        "queue.remove",
        "Remove from the list",
        "d,delete",
        "Take chosen jobs that have ended off the list; files and archive stay, `u` brings them back.",
        "Remove",
    ),
    Action("queue.log", "Show its log", "l", "Show the log's lines of the job.", "Log"),
    Action(
        "queue.profile",
        "Change the profile",
        "e",
        "Another quality or container for the chosen jobs.",
        "Profile",
    ),
    Action(
        "queue.downloads",
        "Parallel downloads",
        "n",
        "How many downloads run at a time, from now on.",
        at_once=True,
    ),
    Action(
        "queue.limit", "Speed limit", "b", "How fast each download may be, running ones too.", at_once=True
    ),
    Action("queue.delete", "Delete files", "X", "See what would go; type it out to delete it."),
    Action("queue.undo", "Undo", "u", "Take back the last change to the queue.", "Undo"),
    Action(
        "queue.filter",
        "Filter",
        "slash",
        "Show what matches: words, status:failed, channel:name, -word.",
        "Filter",
        at_once=True,
    ),
    Action("queue.sort", "Sort", "s", "Sort by the next column.", "Sort"),
    Action("queue.reverse", "Reverse the order", "S", "Turn the order around."),
    Action("queue.freeze", "Freeze", "f", "Hold rows at their places until pressed again.", "Freeze"),
    Action("queue.details", "Details", "enter", "Show or hide the details of the row.", "Details"),
    Action("queue.move-down", "Move down", "J", "Move the chosen jobs one place back in line.", "Move"),
    Action("queue.move-up", "Move up", "K", "Move the chosen jobs one place forward in line."),
    Action(
        "queue.front", "Move to the front", "less_than_sign", "Put the chosen jobs at the front of the line."
    ),
    Action(
        "queue.back", "Move to the back", "greater_than_sign", "Put the chosen jobs at the end of the line."
    ),
    Action(
        "queue.raise", "Raise the priority", "plus,equals_sign", "Go before all jobs of a lower priority."
    ),
    Action("queue.lower", "Lower the priority", "minus", "Go after all jobs of a higher priority."),
    Action("queue.open", "Open the folder", "o", "Open the folder in which the files lie."),
    Action("queue.copy", "Copy the address", "y", "Copy the addresses of the chosen jobs."),
    Action("queue.leave", "Back", "escape", "Drop the marks, then the filter."),
)
ADD = (
    Action("add.accept", "Add", "enter", "Add everything that is understood."),
    Action("add.newline", "New line", "ctrl+j,shift+enter", "Begin another line."),
    Action("add.leave", "Leave", "escape", "Close without adding."),
)

"""What can be done on the Library screen."""

from __future__ import annotations

from ytarchive_tui.tui.actions.model import Action

LIBRARY = (
    Action("library.search", "Search", "slash", "Find words in titles, channels, descriptions.", "Search",
           at_once=True),
    Action("library.narrow", "Narrow", "F", "Choose among channels, years, heights, states.", "Narrow"),
    Action("library.open", "Open", "o", "Play it with the system's own player.", "Open"),
    Action("library.reveal", "Open the folder", "O", "Show its files in the file browser.", "Folder"),
    Action("library.verify", "Verify", "V", "Read the chosen copies whole; compare their hashes.", "Verify"),
    Action("library.stop", "Stop verifying", "x", "Stop after the copy that is being read.", "Stop"),
    Action("library.again", "Fetch again", "r", "Fetch the chosen items anew, and replace the copies then.",
           "Fetch again"),
    Action("library.upgrade", "Fetch another quality", "U", "Fetch the chosen items in another quality.",
           "Quality"),
    Action("library.relink", "Find moved files", "R", "Say where the archive is now; or seek moved folders."),
    Action("library.delete", "Delete files", "X", "See what would go; type it out to delete it.",
           "Delete"),
    Action("library.sort", "Sort", "s", "Sort by the next column.", "Sort"),
    Action("library.reverse", "Reverse the order", "S", "Turn the order around."),
    Action("library.details", "Details", "enter", "Show or hide the details of the row.", "Details"),
    Action("library.copy", "Copy the address", "y", "Copy the addresses of the chosen items.", "Copy"),
    Action("library.copy-path", "Copy the path", "Y", "Copy the folders of the chosen items."),
    Action("library.export", "Export the list", "E", "Write what is shown as CSV or JSON.", "Export",
           at_once=True),
    Action("library.leave", "Back", "escape", "Back to the table; then drop marks, search and choices."),
)  # fmt: skip
FACETS = (
    Action("facets.down", "Down", "j", "Move to the next line."),
    Action("facets.up", "Up", "k", "Move to the line before."),
    Action("facets.choose", "Choose", "space", "Show only this, or no longer only this.", "Choose"),
)
DELETE = (
    Action("delete.accept", "Delete", "enter", "Delete, once the words are there.", at_once=True),
    Action("delete.leave", "Leave", "escape", "Close without deleting.", at_once=True),
)

"""What can be done on the Browse screen, in its tree, and in its dialog."""

from __future__ import annotations

from ytarchive_tui.tui.actions.model import Action

BROWSE = (
    Action(
        "browse.open",
        "Open an address",
        "o,a",
        "Look at any channel, tab or playlist without archiving it.",
        "Open",
        at_once=True,
    ),
    Action(
        "browse.queue",
        "Queue what is marked",
        "d,enter",
        "Choose a quality and queue the marked entries.",
        "Queue",
    ),
    Action(
        "browse.mark-missing",
        "Mark all missing",
        "m",
        "Mark every entry that the archive lacks.",
        "Mark missing",
    ),
    Action(
        "browse.filter",
        "Filter",
        "slash",
        "Show what matches: words, state:missing,failed, -word.",
        "Filter",
        at_once=True,
    ),
    Action("browse.sort", "Sort", "s", "Sort by the next column.", "Sort"),
    Action("browse.reverse", "Reverse the order", "S", "Turn the order around."),
    Action(
        "browse.again",
        "Read the list again",
        "r",
        "Ask YouTube for the list anew, or try again.",
        "Read again",
    ),
    Action("browse.stop", "Stop reading", "x", "Stop reading the list; what was read stays.", "Stop"),
    Action(
        "browse.follow",
        "Follow the list",
        "w",
        "Archive the list and read it again by a schedule: 6h, daily, or a cron expression.",
        "Follow",
    ),
    Action("browse.unfollow", "Follow it no more", "W", "End the schedule; what it brought stays."),
    Action("browse.run-now", "Run now", "n", "Read it for the archive now, as its schedule would."),
    Action("browse.changes", "Show changes", "c", "What was new, renamed, missing or gone, and when."),
    Action(
        "browse.sources",
        "Followed lists",
        "F",
        "Every list that is archived or followed, with last and next run.",
        "Followed",
    ),
    Action("browse.copy", "Copy the address", "y", "Copy the addresses of the chosen entries."),
    Action("browse.tree", "To the lists", "left,h", "Go back to the channels and playlists."),
    Action("browse.leave", "Back", "escape", "Drop the filter, then the marks, then go back to the lists."),
)
TREE = (
    Action("tree.enter", "Read the list", "enter", "Read the list from YouTube, and go to its entries."),
    Action("tree.unfold", "Unfold", "right,l", "Show what lies below; then go to the entries."),
    Action("tree.fold", "Fold", "left,h", "Hide what lies below; then go to what it lies below."),
)
SOURCES = (
    Action("sources.go", "Go to the list", "enter", "Close, and stand on it in the tree."),
    Action("sources.run-now", "Run now", "n", "Read it for the archive now."),
    Action("sources.follow", "Follow, or otherwise", "w", "Give it a schedule."),
    Action("sources.unfollow", "Follow it no more", "W", "End the schedule; what it brought stays."),
    Action("sources.changes", "Show changes", "c", "What was new, renamed, missing or gone, and when."),
    Action("sources.leave", "Leave", "escape,q", "Close."),
)
CHOSEN = (
    Action("chosen.accept", "Queue", "enter", "Queue them at that quality.", at_once=True),
    Action("chosen.leave", "Leave", "escape", "Close without queueing.", at_once=True),
)

"""What can be done on the Recovery screen."""

from __future__ import annotations

from ytarchive_tui.tui.actions.model import Action

RECOVERY = (
    Action("recovery.choose", "Choose a fix", "enter", "Go to the fixes; Enter does one.", "Fixes"),
    Action("recovery.mend", "Mend the cause", "m", "What to do elsewhere: cookies, room, …", "Mend"),
    Action("recovery.cookies", "Use other cookies", "C", "Of a file or a browser, from now on.", "Cookies"),
    Action("recovery.proxy", "Use another proxy", "O", "From now on; direct goes without.", "Proxy"),
    Action("recovery.space", "Free space", "f", "Give up the partial files of what failed.", "Free"),
    Action("recovery.quality", "Take another quality", "e", "Try all again with another quality.", "Quality"),
    Action("recovery.accept", "Accept as it is", "w", "Archive files with holes or an early end.",
           "Accept"),
    Action("recovery.try-one", "Try on one", "c", "Try one item now, or up to three; tell how it ends.",
           "Try one"),
    Action("recovery.retry", "Try all again", "t", "Try all again, one after the other.", "Try all"),
    Action("recovery.dismiss", "Dismiss", "d", "Hide the plans until another item fails, or show them again.",
           "Dismiss"),
    Action("recovery.snooze", "Snooze", "z", "Hide the plans until tomorrow morning.", "Snooze"),
    Action("recovery.undo", "Undo", "u", "Take back what was last done; what has begun since stays.", "Undo"),
    Action("recovery.items", "Show its items", "i", "Show the items of this class in the queue.", "Items"),
    Action("recovery.create", "Make a plan of your own", "n", "Choose from what failed by words of a filter.",
           "New plan", at_once=True),
    Action("recovery.all", "Show hidden plans", "A", "Also show what was dismissed or snoozed."),
    Action("recovery.leave", "Back", "escape", "Back to the plans; then drop the marks."),
)  # fmt: skip

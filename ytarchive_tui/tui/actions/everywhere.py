"""What can be done on every screen, and in every table."""

from __future__ import annotations

from ytarchive_tui.tui.actions.model import Action

APP = (
    Action("app.help", "Show the keys", "question_mark", "Show every key of what has focus.", "Help"),
    Action("app.help-here", "Keys, while typing too", "f1", "The same, in dialogs too.", at_once=True),
    Action("app.palette", "Find an action", "ctrl+p", "Find any action by its name and do it.", "Palette"),
    Action("app.prompt", "Type an action's name", "colon", "Do an action by typing its name.", at_once=True),
    Action("app.settings", "Settings", "comma", "Every setting, where it came from, when it takes effect."),
    Action("app.edit-settings", "Edit the settings", "", "Open the settings file in your editor."),
    Action("app.theme", "Choose a theme", "", "Try the themes; the one you take is kept."),
    Action("app.queue", "Go to Queue", "1", "What is on its way.", at_once=True),
    Action("app.browse", "Go to Browse", "2", "What channels and playlists hold.", at_once=True),
    Action("app.library", "Go to Library", "3", "What the archive has.", at_once=True),
    Action("app.recovery", "Go to Recovery", "4", "What went wrong, and what mends it.", at_once=True),
    Action("app.logs", "Go to Logs", "5", "What the program writes down.", at_once=True),
    Action(
        "app.suspend", "Suspend the program", "ctrl+z", "Give the terminal back to the shell; `fg` returns."
    ),
    Action(
        "app.take-over", "Take over", "ctrl+r", "Run here what the process that ended has left.", "Take over"
    ),
    Action("app.quit", "Quit", "q,ctrl+q", "Leave; asks first while work runs.", "Quit"),
)
TABLE = (
    Action("table.down", "Down", "j,down", "Move to the next row."),
    Action("table.up", "Up", "k,up", "Move to the row before."),
    Action("table.page-down", "Page down", "pagedown,ctrl+d", "Move one screen down."),
    Action("table.page-up", "Page up", "pageup,ctrl+u", "Move one screen up."),
    Action("table.top", "First row", "g,home", "Move to the first row."),
    Action("table.bottom", "Last row", "G,end", "Move to the last row."),
    Action("table.mark", "Mark", "space", "Mark or unmark the row and move on.", "Mark"),
    Action("table.range", "Mark a range", "v", "Mark everything from here to where you go; again ends it."),
    Action("table.mark-all", "Mark all", "asterisk", "Mark everything shown, or unmark if all is marked."),
)
SETTINGS = (
    Action("settings.edit", "Edit the file", "e", "Open the settings file in your editor."),
    Action("settings.leave", "Close", "escape,q,comma", "Back to the screen."),
)
THEME = (
    Action("theme.down", "Down", "j", "Show the next theme."),
    Action("theme.up", "Up", "k", "Show the theme before."),
    Action("theme.leave", "Leave", "escape", "Close with the theme from before."),
)

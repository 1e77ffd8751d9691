"""What can be done on every screen, and in every table."""

from __future__ import annotations

from ytarchive_tui.tui.actions.model import Action

APP = (
    Action("app.help", "Show the keys", "question_mark,f1", "Show every key of what has focus.", "Help"),
    Action("app.palette", "Find an action", "ctrl+p", "Find any action by its name and do it.", "Palette"),
    Action("app.prompt", "Type an action's name", "colon", "Do an action by typing its name.", at_once=True),
    Action("app.theme", "Choose a theme", "", "Try the themes and take one."),
    Action(
        "app.suspend", "Suspend the program", "ctrl+z", "Give the terminal back to the shell; `fg` returns."
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

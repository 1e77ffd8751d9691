"""The full-screen front end.

For authors of a further screen, say Library:

1. `tui/screens/library.py` has `LibraryScreen(BaseScreen)` with `ACTIONS_OF = "library"` and `BINDINGS =
   bindings(ACTIONS["library"])`; its sheet is `library.tcss` (`CSS_PATH`) beside it. The tab appears as
   soon as the module exists: `registry._ALL` names it already, with its key and the number behind its
   title.
2. `tui/actions/library.py` lists its `Action`s; one entry in `actions.ACTIONS` makes each of them a key, a
   palette entry, a word at the `:` prompt, a line of the help, a place in the footer and a name in the
   keymap. The screen does them in `do_<verb>(self)`; `can_<verb>(self) -> bool` hides and disables one
   while it is of no use, and `keys_changed()` draws the footer anew.
3. The constructor gets the `Bridge`. `await self.bridge.queue()` (or `.runtime()`) waits for the engine and
   belongs into `self.later(coroutine_function, group=…, latest=True)`: a worker whose errors become a
   toast. Key handlers, `render` and message handlers await nothing.
4. `body()` yields the widgets; `jobs_changed()` is called after changes (coalesced) and whenever the screen
   is shown again: start a worker that asks the service anew. `beat()` comes once a second while shown.
5. Lists of any length are a `widgets.virtual_table.VirtualTable(columns, source, row_id, is_live=…)`:
   columns from `widgets.columns.Column`, rows by id from the async `source`, ids by `show(array("Q"))`. It
   posts `Moved`, `MarksChanged`, `HeaderClicked`, `Opened`; `chosen` is what an action is for.
   `db.pages.Reader` is a read-only connection in a thread of its own, interruptible, for views that take
   long.
6. An action that opens a line to type into has `at_once=True` and `can_<verb>` saying `not self.typing`.
   `self.ask(Prompt("/", …))` opens the line to type into. `shell(self).glyphs` has the signs,
   `tui.wording` the words for sizes, times and text cut by cells (`cells(title)` before it enters a table).
7. Text from outside: the app's line filter (`neutral.py`) makes every line harmless; still, never pass it
   as markup: `Static(..., markup=False)`, `Content.assemble(...)`, `notify` (markup is off here).
"""

"""The words of a filter, and the condition that they become."""

from __future__ import annotations

from typing import NamedTuple

FIELDS = {
    "status": "j.status",
    "stage": "j.stage",
    "kind": "j.kind",
    "class": "j.failure_class",
    "channel": "i.channel",
    "title": "coalesce(i.title, s.title)",
    "id": "i.video_id",
}
"""What may stand before a colon. The first four take whole words, with commas between; the others parts."""
_WHOLE = frozenset({"status", "stage", "kind", "class"})
_ANYWHERE = (
    "coalesce(i.title, s.title, '') || ' ' || coalesce(i.channel, '') || ' ' || coalesce(i.video_id, s.url)"
)


class Word(NamedTuple):
    """One word of a filter; a job is shown when every one of them holds."""

    field: str | None
    """A key of `FIELDS`; None looks at title, channel and id."""
    text: str
    wanted: bool
    """False for `-word`: shown is what does not have it."""


def parse(text: str) -> tuple[Word, ...]:
    """`tide status:failed,blocked -channel:"night sky"` as words; any text is a filter.

    Quotes keep spaces; a word before a colon that is no field is looked for as it stands.
    """
    words = []
    for part in _split(text):
        wanted = not (part.startswith("-") and len(part) > 1)
        bare = part if wanted else part[1:]
        name, colon, value = bare.partition(":")
        if colon and name.lower() in FIELDS:
            if value:
                words.append(Word(name.lower(), value, wanted))
        else:
            words.append(Word(None, bare, wanted))
    return tuple(words)


def condition(words: tuple[Word, ...]) -> tuple[str, dict[str, str]]:
    """SQL over `j`, `i` and `s` with its parameters; `1` when there is no word."""
    parts: list[str] = []
    parameters: dict[str, str] = {}
    for n, word in enumerate(words):
        name = f"word{n}"
        if word.field in _WHOLE:
            parameters[name] = "," + word.text.lower() + ","
            test = f"instr(:{name}, ',' || {FIELDS[word.field]} || ',')"
        else:
            column = FIELDS[word.field] if word.field else _ANYWHERE
            parameters[name] = "%" + word.text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
            test = f"{column} LIKE :{name} ESCAPE '!'"
        parts.append(f"coalesce({test}, 0)" if word.wanted else f"NOT coalesce({test}, 0)")
    return " AND ".join(parts) or "1", parameters


def _split(text: str) -> list[str]:
    """At spaces outside double quotes; a quote that is not closed ends with the text."""
    words, word, quoted = [], "", False
    for char in text:
        if char == '"':
            quoted = not quoted
        elif char.isspace() and not quoted:
            words.append(word)
            word = ""
        else:
            word += char
    return [each for each in (*words, word) if each]

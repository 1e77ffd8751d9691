"""What people type to search: words, "quoted phrases", `field:word`, a minus before what must not be."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple


class SearchWord(NamedTuple):
    """One part of a search; every part has to hold."""

    field: str | None
    """What stood before a colon, if that is a field."""
    text: str
    wanted: bool
    """False after a minus."""


def search_words(text: str, fields: Collection[str] = ()) -> tuple[SearchWord, ...]:
    """The parts of a search; any text is one, and a quote that is not closed ends with the text."""
    found = []
    for part in _split(text):
        wanted = not (part.startswith("-") and len(part) > 1)
        bare = part if wanted else part[1:]
        name, colon, value = bare.partition(":")
        if colon and name.lower() in fields:
            if value:
                found.append(SearchWord(name.lower(), value, wanted))
        else:
            found.append(SearchWord(None, bare, wanted))
    return tuple(found)


def _split(text: str) -> list[str]:
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

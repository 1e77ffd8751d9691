"""The words of the queue's filter, and the SQL that they become."""

from __future__ import annotations

from typing import NamedTuple

from ytarchive_tui.domain.search_words import SearchWord, search_words

SHORTEST = 3
"""The index of texts knows three characters in a row; shorter words are looked for in each row."""
_TITLE = "iif(j.kind = 'item', i.title, s.title)"
FIELDS = {
    "status": ("j.status",),
    "stage": ("j.stage",),
    "kind": ("j.kind",),
    "class": ("j.failure_class",),
    "channel": ("i.channel",),
    "title": (_TITLE,),
    "id": ("i.video_id",),
    "reason": ("j.reason",),
}
"""What may stand before a colon, and where it is looked for."""
_WHOLE = frozenset({"status", "stage", "kind", "class"})
"""Take whole words, with commas between; the others parts of a text."""
_ANYWHERE = (_TITLE, "i.channel", "iif(j.kind = 'item', i.video_id, s.url)")


class Condition(NamedTuple):
    """SQL over `j`, `i` and `s`, with its parameters."""

    sql: str
    parameters: dict[str, str]
    trigrams: str | None
    """A query of `items_search` that finds every item which passes, and more; None when there is none."""


def parse(text: str) -> tuple[SearchWord, ...]:
    """`tide status:failed,blocked -channel:"night sky"` as words; any text is a filter."""
    return search_words(text, FIELDS)


def condition(words: tuple[SearchWord, ...]) -> Condition:
    """What every word asks for; the SQL is `1` when there is no word."""
    parts: list[str] = []
    parameters: dict[str, str] = {}
    trigrams: list[str] = []
    for n, word in enumerate(words):
        if word.field in _WHOLE:
            test, given = _one_of(FIELDS[word.field][0], word.text, n)
        else:
            test, given = _part_of(FIELDS[word.field] if word.field else _ANYWHERE, word.text, n)
            if word.wanted:
                trigrams += _trigrams(word.text)
        parameters |= given
        # With a NULL in it neither a test nor its negation would be true.
        parts.append(test if word.wanted else f"NOT coalesce({test}, 0)")
    found = " AND ".join(dict.fromkeys(trigrams))
    return Condition(" AND ".join(parts) or "1", parameters, found or None)


def _one_of(column: str, text: str, n: int) -> tuple[str, dict[str, str]]:
    given = {f"word{n}_{m}": value for m, value in enumerate(text.lower().split(","))}
    return f"{column} IN ({', '.join(f':{name}' for name in given)})", given


def _part_of(columns: tuple[str, ...], text: str, n: int) -> tuple[str, dict[str, str]]:
    pattern = "%" + text.replace("!", "!!").replace("%", "!%").replace("_", "!_") + "%"
    tests = " OR ".join(f"{column} LIKE :word{n} ESCAPE '!'" for column in columns)
    return f"({tests})", {f"word{n}": pattern}


def _trigrams(text: str) -> list[str]:
    """Every three characters in a row, each quoted, so that nothing in it has a meaning."""
    return ['"' + text[at : at + SHORTEST].replace('"', '""') + '"' for at in range(len(text) - SHORTEST + 1)]

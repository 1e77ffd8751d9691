"""A filter of the queue, as a shell hands its words over."""

from __future__ import annotations

from collections.abc import Iterable


def as_filter(words: Iterable[str]) -> str:
    """The text that a person would type on the screen for these words."""
    return " ".join(map(_word, words))


def _word(text: str) -> str:
    """One word as the shell gave it, with the quotes that the shell took away."""
    if '"' in text or not any(character.isspace() for character in text):
        return text
    field, colon, rest = text.partition(":")
    return f'{field}:"{rest}"' if colon and field.isalpha() else f'"{text}"'

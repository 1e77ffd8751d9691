"""Finds the entries of a structured batch file together with the lines on which they stand: here JSON.

A document is a list of entries, or a mapping with the list in `urls` and common options in
`defaults`; `structured_yaml` reads YAML.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

MAX_STRUCTURED_BYTES = 8 * 1024 * 1024
"""YAML is read at about one MiB a second; a larger list belongs into plain text."""

SHAPE = "a batch is a list, or a mapping with the list in «urls» and, if wanted, «defaults»"
_SPACE = re.compile(r"[ \t\r\n]*")


@dataclass(frozen=True, slots=True)
class Located:
    """A value of the document and the line on which it begins, from 1."""

    line: int
    value: Any
    problem: str | None = None
    """Why there is no value."""


class Unreadable(Exception):
    """The document is broken at `line`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def read_json(text: str) -> tuple[Located | None, list[Located]]:
    """The defaults and the entries of a JSON document; raises `Unreadable`."""
    return _JsonReader(text).read()


class _JsonReader:
    """Walks the outer list by hand, because the standard parser does not tell where a value stood."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._decoder = json.JSONDecoder()
        self._breaks = [match.start() for match in re.finditer("\n", text)]

    def read(self) -> tuple[Located | None, list[Located]]:
        at = self._skip(0)
        defaults = None
        try:
            if self._text[at : at + 1] == "[":
                entries, at = self._list(at)
            else:
                parts, at = self._mapping(at)
                check_names(set(parts), self._line(0))
                defaults, found = parts.get("defaults"), parts["urls"]
                if not isinstance(found, list):
                    raise Unreadable(1, SHAPE)
                entries = found
        except json.JSONDecodeError as error:
            raise Unreadable(error.lineno, f"not JSON: {error.msg}") from None
        except (RecursionError, ValueError):
            raise Unreadable(self._line(at), "not JSON: nested too deeply, or a number too long") from None
        at = self._skip(at)
        if at != len(self._text):
            raise Unreadable(self._line(at), "not JSON: there is more after its end")
        return defaults, entries

    def _line(self, at: int) -> int:
        return bisect_right(self._breaks, at - 1) + 1

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._text, at)
        return match.end() if match else at

    def _expect(self, at: int, wanted: str) -> str:
        found = self._text[at : at + 1]
        if not found or found not in wanted:
            raise Unreadable(self._line(at), f"not JSON: «{'» or «'.join(wanted)}» is missing")
        return found

    def _value(self, at: int) -> tuple[Located, int]:
        value, end = self._decoder.raw_decode(self._text, at)
        return Located(self._line(at), value), self._skip(end)

    def _list(self, at: int) -> tuple[list[Located], int]:
        found: list[Located] = []
        at = self._skip(at + 1)
        if self._text[at : at + 1] == "]":
            return found, at + 1
        while True:
            value, at = self._value(at)
            found.append(value)
            if self._expect(at, ",]") == "]":
                return found, at + 1
            at = self._skip(at + 1)

    def _mapping(self, at: int) -> tuple[dict[str, Any], int]:
        self._expect(at, "{")
        found: dict[str, Any] = {}
        at = self._skip(at + 1)
        while self._text[at : at + 1] != "}":
            name, at = self._value(at)
            self._expect(at, ":")
            at = self._skip(at + 1)
            if name.value == "urls" and self._text[at : at + 1] == "[":
                found["urls"], at = self._list(at)
                at = self._skip(at)
            else:
                found[str(name.value)], at = self._value(at)
            if self._expect(at, ",}") == ",":
                at = self._skip(at + 1)
        return found, at + 1


def check_names(names: set[str], line: int) -> None:
    """Refuse a mapping with other names than a batch has; raises `Unreadable`."""
    if "urls" not in names:
        raise Unreadable(line, f"there is no «urls»: {SHAPE}")
    unknown = names - {"urls", "defaults"}
    if unknown:
        raise Unreadable(line, f"unknown name «{min(unknown)}»: {SHAPE}")

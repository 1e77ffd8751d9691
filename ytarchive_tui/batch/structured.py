"""Finds the entries of a YAML or JSON batch file together with the lines on which they stand.

A document is a list of entries, or a mapping with the list in `urls` and common options in
`defaults`. Anchors and aliases are refused: a few lines of them can unfold into gigabytes.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import Any

import yaml

MAX_STRUCTURED_BYTES = 8 * 1024 * 1024
"""YAML is read at about one MiB a second; a larger list belongs into plain text."""

_DEEPEST = 20
_SHAPE = "a batch is a list, or a mapping with the list in «urls» and, if wanted, «defaults»"
_SPACE = re.compile(r"[ \t\r\n]*")
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Located:
    """A value of the document and the line on which it begins, from 1."""

    line: int
    value: Any


class Unreadable(Exception):
    """The document is broken at `line`."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


def read_yaml(text: str) -> tuple[Located | None, list[Located]]:
    """The defaults and the entries of a YAML document; raises `Unreadable`."""
    try:
        _refuse_bombs(text)
        loader = _Loader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                return None, []
            entries, defaults = root, None
            if isinstance(root, yaml.MappingNode):
                parts = {key.value: value for key, value in root.value if isinstance(key, yaml.ScalarNode)}
                _check_names(set(parts), root.start_mark.line + 1)
                entries, defaults = parts["urls"], parts.get("defaults")
            if not isinstance(entries, yaml.SequenceNode):
                raise Unreadable(root.start_mark.line + 1, _SHAPE)

            def located(node: yaml.Node) -> Located:
                return Located(node.start_mark.line + 1, loader.construct_object(node, deep=True))

            return located(defaults) if defaults else None, [located(node) for node in entries.value]
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(line, f"not YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(line, "there is a byte in it that is not text") from None
    except ValueError as error:
        raise Unreadable(1, f"a value can't be read: {error}") from None


def _refuse_bombs(text: str) -> None:
    depth = 0
    for event in yaml.parse(text, _Loader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise Unreadable(
                line, "anchors and aliases (& and *) are not used in a batch file; put text in quotes"
            )
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > _DEEPEST:
            raise Unreadable(line, "lists are nested too deeply")


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
                _check_names(set(parts), self._line(0))
                defaults, found = parts.get("defaults"), parts["urls"]
                if not isinstance(found, list):
                    raise Unreadable(1, _SHAPE)
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


def _check_names(names: set[str], line: int) -> None:
    if "urls" not in names:
        raise Unreadable(line, f"there is no «urls»: {_SHAPE}")
    unknown = names - {"urls", "defaults"}
    if unknown:
        raise Unreadable(line, f"unknown name «{min(unknown)}»: {_SHAPE}")

"""Finds the entries of a YAML batch file together with the lines on which they stand.

Anchors and aliases are refused: a few lines of them can unfold into gigabytes.
"""

from __future__ import annotations

from typing import Any

import yaml

from ytarchive_tui.batch.structured import SHAPE, Located, Unreadable, check_names

_DEEPEST = 20
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


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
                check_names(set(parts), root.start_mark.line + 1)
                entries, defaults = parts["urls"], parts.get("defaults")
            if not isinstance(entries, yaml.SequenceNode):
                raise Unreadable(root.start_mark.line + 1, SHAPE)

            return (
                _located(loader, defaults) if defaults else None,
                [_located(loader, node) for node in entries.value],
            )
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise Unreadable(line, f"not YAML: {error.problem or error.context}") from None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise Unreadable(line, "there is a byte in it that is not text") from None
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise Unreadable(line, "there is a byte in it that is not text; save the file as UTF-8") from None


def _located(loader: Any, node: yaml.Node) -> Located:
    """The node's value. One that can't be made, as of `!!int ""`, is a problem of its entry alone.

    PyYAML raises for such whatever its converter runs into: `ValueError`, `IndexError`, `KeyError`,
    `AttributeError`, `OverflowError`, …
    """
    line = node.start_mark.line + 1
    try:
        return Located(line, loader.construct_object(node, deep=True))
    except yaml.MarkedYAMLError as error:
        if error.problem_mark:
            line = error.problem_mark.line + 1
        return Located(line, None, f"not YAML: {error.problem or error.context}")
    except Exception:
        return Located(line, None, "a value in it can't be read; put it in quotes, without a tag")


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

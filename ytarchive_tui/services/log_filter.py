"""One line of the log file, and which lines are wanted."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any, NamedTuple

from ytarchive_tui.domain.search_words import SearchWord, search_words
from ytarchive_tui.domain.text import plain

LEVELS = ("debug", "info", "warning", "error", "critical")
FIELDS = ("level", "source", "job", "worker", "task")
_HEAD = re.compile(rb'\{"at": "[^"]*", "level": "(\w+)", "source": "([^"]*)"')
"""How `services.logs` begins every line; read without JSON, because a filter looks at all of them."""
_ABOVE = {name.encode(): frozenset(each.encode() for each in LEVELS[n:]) for n, name in enumerate(LEVELS)}


class LogLine(NamedTuple):
    """One line, as plain text."""

    number: int
    at: str
    """ISO 8601, UTC."""
    level: str
    source: str
    text: str
    job: int | None
    facts: tuple[tuple[str, str], ...]
    """Whatever else was told: worker, task, failure."""
    trace: tuple[str, ...]
    raw: str
    """The whole line as the file has it."""

    @property
    def shown(self) -> str:
        """All in which a search looks."""
        return "\n".join((self.source, self.text, *(value for _, value in self.facts), *self.trace))


def parsed(number: int, raw: bytes) -> LogLine:
    """The line that these bytes are; what is no JSON object is shown as it stands."""
    text = raw.decode("utf-8", "replace")
    try:
        read: Any = json.loads(text)
    except ValueError:
        read = None
    told: dict[str, Any] = read if isinstance(read, dict) else {"text": text}
    known = {"at", "level", "source", "text", "job", "trace"}
    job, trace = told.get("job"), told.get("trace")
    return LogLine(
        number=number,
        at=plain(str(told.get("at", "")), 40),
        level=plain(str(told.get("level", "")), 20),
        source=plain(str(told.get("source", "")), 100),
        text=plain(str(told.get("text", ""))),
        job=job if isinstance(job, int) else None,
        facts=tuple((plain(key), plain(str(value))) for key, value in told.items() if key not in known),
        trace=tuple(plain(str(each)) for each in trace) if isinstance(trace, list) else (),
        raw=plain(text),
    )


class LogFilter:
    """Words and fields of which all must hold; false when every line passes."""

    def __init__(self, text: str = "", least: str = LEVELS[0]) -> None:
        self.text = text
        self.least = least
        """The lowest level that passes."""
        words = search_words(text, FIELDS)
        levels = [word.text.lower() for word in words if word.field == "level" and word.wanted]
        ranks = [LEVELS.index(each) for each in (least, *levels) if each in LEVELS]
        self._level = LEVELS[max(ranks)].encode()
        self._sources = [
            (word.text.lower().encode(), word.wanted) for word in words if word.field == "source"
        ]
        self._facts = [_fact(word) for word in words if word.field in ("job", "worker", "task")]
        self._words = [(word.text.casefold(), word.wanted) for word in words if word.field is None]

    def __bool__(self) -> bool:
        return self._level != LEVELS[0].encode() or bool(self._sources or self._facts or self._words)

    @cached_property
    def _levels(self) -> frozenset[bytes]:
        return _ABOVE[self._level]

    def passes(self, raw: bytes) -> bool:
        """Whether a line of the file is wanted; costs about a microsecond."""
        head = _HEAD.match(raw)
        if head is not None:
            if head[1] not in self._levels:
                return False
            if self._sources and any(
                (text in head[2].lower()) is not wanted for text, wanted in self._sources
            ):
                return False
        if any((pattern.search(raw) is not None) is not wanted for pattern, wanted in self._facts):
            return False
        return not self._words or self._has_words(raw)

    def _has_words(self, raw: bytes) -> bool:
        folded = raw.decode("utf-8", "replace").casefold()
        if any(wanted and text not in folded and "\\" not in folded for text, wanted in self._words):
            return False
        shown = parsed(0, raw).shown.casefold()
        return all((text in shown) is wanted for text, wanted in self._words)


def _fact(word: SearchWord) -> tuple[re.Pattern[bytes], bool]:
    """A field of the JSON; quotes in texts are escaped there, so the pattern can't match within one."""
    value = re.escape(json.dumps(word.text, ensure_ascii=False).strip('"').encode())
    open_end = b"" if word.field == "job" else rb'[^"]*'
    name = str(word.field).encode()
    return re.compile(rb'"%s": "?%s%s"?[,}]' % (name, value, open_end), re.IGNORECASE), word.wanted

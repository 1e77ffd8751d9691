"""Reads a batch file to the end before anything is done with it.

Text, YAML and JSON hold the same things; `docs/batch.md` describes them for people. The outcome
names every line that can't be used, so that one mistake never hides another.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from ytarchive_tui.batch.structured import MAX_STRUCTURED_BYTES, Located, Unreadable, read_json
from ytarchive_tui.domain.addresses import BadAddress, Recognised, recognise
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.models import Container
from ytarchive_tui.domain.text import plain
from ytarchive_tui.settings.values import Languages, Quality

MAX_BYTES = 64 * 1024 * 1024
"""A file beyond this is a mistake: it would hold a million addresses."""

_SHOWN = 80
_COMMENT = re.compile(r"(?:^|\s)#.*")
_NEWLINES = re.compile(r"\r\n|\r|\n")


class EntryOptions(BaseModel):
    """What a YAML or JSON file may ask for one entry, or for all in `defaults`; None is «not said»."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)

    quality: Quality | None = None
    container: Container | None = None
    subtitles: Languages | None = None
    auto_captions: bool | None = None
    output: Path | None = None
    """A folder below the archive, or an absolute one."""

    @field_validator("output")
    @classmethod
    def _stays_inside(cls, value: Path | None) -> Path | None:
        if value is None:
            return None
        if ".." in value.parts:
            raise ValueError("«..» is not allowed; write an absolute folder")
        try:
            named = os.fsencode(value.expanduser())
        except RuntimeError:
            raise ValueError("there is no such home folder; write an absolute folder") from None
        except UnicodeEncodeError:
            named = b"\0"
        if b"\0" in named:
            raise ValueError("there are characters in it that no folder's name can have")
        return value


@dataclass(frozen=True, slots=True)
class Entry:
    """One usable line."""

    line: int
    text: str
    found: Recognised
    options: EntryOptions = field(default_factory=EntryOptions)


@dataclass(frozen=True, slots=True)
class BadLine:
    """One line that can't be used; `text` is neutralised and cut."""

    line: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class Duplicate:
    """A line that asks for the same as an earlier one, in the same folder."""

    line: int
    first: int
    address: str


@dataclass(slots=True)
class BatchInput:
    """Everything that a batch file holds, each with its line number from 1."""

    name: str
    defaults: EntryOptions = field(default_factory=EntryOptions)
    entries: list[Entry] = field(default_factory=list)
    bad: list[BadLine] = field(default_factory=list)
    duplicates: list[Duplicate] = field(default_factory=list)


def read_batch(path: str) -> BatchInput:
    """Read the file, or standard input for `-`; raises `UsageError` when there is nothing to read."""
    if path == "-":
        raw = sys.stdin.buffer.read(MAX_BYTES + 1)
        return parse_batch("standard input", raw)
    try:
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UsageError(f"can't read {plain(path, 200)}: {error.strerror}") from None
    return parse_batch(path, raw)


def parse_batch(name: str, raw: bytes) -> BatchInput:
    """Sort every line into usable, bad and duplicate; raises `UsageError` for a file that is too large."""
    batch = BatchInput(plain(name, 200))
    if len(raw) > MAX_BYTES:
        raise UsageError(f"{batch.name} is larger than {MAX_BYTES >> 20} MiB; split it")
    text = _decoded(raw)
    suffix = Path(name).suffix.lower()
    try:
        if suffix in (".yaml", ".yml", ".json") or (suffix != ".txt" and _opens_as_json(text)):
            if len(raw) > MAX_STRUCTURED_BYTES:
                raise UsageError(
                    f"{batch.name} is larger than {MAX_STRUCTURED_BYTES >> 20} MiB; write it as plain text"
                )
            defaults, found = _read_yaml(text) if suffix in (".yaml", ".yml") else read_json(text)
            batch.defaults = _defaults(batch, defaults)
            lines = _structured(batch, found)
        else:
            lines = _plain_lines(text)
        _sort(batch, lines)
    except Unreadable as error:
        batch.bad.append(BadLine(error.line, "", plain(error.reason, 300)))
    batch.bad.sort(key=lambda each: each.line)
    return batch


def _decoded(raw: bytes) -> str:
    """UTF-16 where a mark says so, else UTF-8; bytes that are neither become lone surrogates."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if raw.startswith(mark):
            return raw[2:].decode(encoding, "replace")
    return raw.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def _opens_as_json(text: str) -> bool:
    return text.lstrip()[:1] in ("[", "{")


def _plain_lines(text: str) -> Iterator[tuple[int, str, EntryOptions]]:
    for number, line in enumerate(_NEWLINES.split(text), 1):
        wanted = _COMMENT.sub("", line).strip()
        if wanted:
            yield number, wanted, EntryOptions()


def _read_yaml(text: str) -> tuple[Located | None, list[Located]]:
    """As `read_yaml`, which is imported for YAML alone: its parser takes a tenth of a start."""
    from ytarchive_tui.batch.structured_yaml import read_yaml

    return read_yaml(text)


def _structured(batch: BatchInput, found: Iterable[Located]) -> Iterator[tuple[int, str, EntryOptions]]:
    for each in found:
        if each.problem:
            batch.bad.append(BadLine(each.line, "", plain(each.problem, 200)))
            continue
        match each.value:
            case str() as address:
                yield each.line, address, EntryOptions()
            case {"url": str() as address, **rest}:
                try:
                    yield each.line, address, EntryOptions.model_validate(rest)
                except ValidationError as error:
                    batch.bad.append(BadLine(each.line, plain(address, _SHOWN), _reason(error)))
            case dict():
                batch.bad.append(BadLine(each.line, "", "an entry needs a «url», and it is a text"))
            case other:
                reason = "an entry is an address or a mapping with «url»; put it in quotes if it is an id"
                batch.bad.append(BadLine(each.line, _shown(other), reason))


def _shown(value: object) -> str:
    """The value as a bad line names it; Python refuses to write a number of thousands of digits."""
    try:
        return plain(str(value), _SHOWN)
    except ValueError:
        return ""


def _defaults(batch: BatchInput, found: Located | None) -> EntryOptions:
    if found is None:
        return EntryOptions()
    if found.problem:
        batch.bad.append(BadLine(found.line, "defaults", plain(found.problem, 200)))
        return EntryOptions()
    try:
        return EntryOptions.model_validate(found.value)
    except ValidationError as error:
        batch.bad.append(BadLine(found.line, "defaults", _reason(error)))
        return EntryOptions()


def _reason(error: ValidationError) -> str:
    first = error.errors()[0]
    name = ".".join(str(each) for each in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(EntryOptions.model_fields)
        return f"unknown option «{plain(name, 40)}»; there are {known}"
    message = first["msg"].removeprefix("Value error, ")
    return plain(f"{name}: {message}" if name else message, 200)


def _sort(batch: BatchInput, lines: Iterable[tuple[int, str, EntryOptions]]) -> None:
    seen: dict[tuple[str, Path | None], Entry] = {}
    for number, text, options in lines:
        if any("\udc80" <= each <= "\udcff" for each in text):
            reason = "there are bytes in it that are not UTF-8; save the file as UTF-8"
            batch.bad.append(BadLine(number, plain(text, _SHOWN), reason))
            continue
        try:
            found = recognise(text)
        except BadAddress as error:
            batch.bad.append(BadLine(number, plain(text, _SHOWN), error.reason))
            continue
        entry = Entry(number, text, found, options)
        first = seen.setdefault((found.address, options.output or batch.defaults.output), entry)
        if first is entry:
            batch.entries.append(entry)
        elif first.options.model_copy(update={"output": options.output}) == options:
            batch.duplicates.append(Duplicate(number, first.line, found.address))
        else:
            reason = f"the same as line {first.line} but with other options; give it an «output» of its own"
            batch.bad.append(BadLine(number, plain(text, _SHOWN), reason))

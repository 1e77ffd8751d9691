"""The log's lines keep their numbers while files grow and rotate, and filters find exactly what they say."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ytarchive_tui.services import log_lines
from ytarchive_tui.services.log_file_index import LogFile
from ytarchive_tui.services.log_filter import LogFilter, parsed
from ytarchive_tui.services.log_lines import LogReader
from ytarchive_tui.services.logs import log_file

log = logging.getLogger("ytarchive_tui.test")


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[LogReader]:
    made = LogReader(tmp_path)
    yield made
    made.close()


def until(condition: Callable[[], object], seconds: float = 8) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def texts(reader: LogReader) -> list[str]:
    view = reader.view
    numbers = [view.number(n) for n in range(view.total)]
    lines = reader.lines(numbers)
    return [lines[number].text for number in numbers]


def newest(reader: LogReader) -> str:
    """The last line; older ones may rotate away between a view and its lines."""
    view = reader.view
    if not view.total:
        return ""
    number = view.number(view.total - 1)
    return reader.lines([number])[number].text


@contextmanager
def written(folder: Path, *messages: str, level: str = "debug") -> Iterator[None]:
    with log_file(folder, level=level, keep_mb=1, secrets=()):
        for n, message in enumerate(messages):
            log.info(message, extra={"job": n})
        yield


def test_lines_are_there_as_they_are_written_and_none_is_cut(tmp_path: Path, reader: LogReader) -> None:
    reader.start()
    with written(tmp_path, "one", "two"):
        until(lambda: reader.view.total == 2)
        log.info("three")
        until(lambda: texts(reader) == ["one", "two", "three"])
        with (tmp_path / "ytarchive.log").open("a") as file:
            file.write('{"text": "not yet')
            file.flush()
            log.info("four")
            until(lambda: reader.view.total == 4)
    line = reader.lines([reader.view.number(0)])[reader.view.number(0)]
    assert (line.level, line.source, line.job) == ("info", "test", 0)


def test_older_files_come_after_the_newest_and_numbers_stay_with_their_lines(
    tmp_path: Path, reader: LogReader
) -> None:
    messages = [f"{n} " + "x" * 900 for n in range(500)]
    with written(tmp_path, *messages):
        pass
    assert len(list(tmp_path.iterdir())) > 2
    reader.start()
    until(lambda: reader.view.complete)
    before = texts(reader)
    assert before == messages[-len(before) :]
    number = reader.view.number(reader.view.total - 1)
    with written(tmp_path, *messages[:250]):
        until(lambda: newest(reader) == messages[249])
    assert len(reader.view.parts) > 1
    assert reader.lines([number])[number].text == messages[-1]
    after = texts(reader)
    assert after == (messages + messages[:250])[-len(after) :]


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "half"])
def test_a_file_that_moves_on_while_the_files_are_listed_is_not_passed_over(
    tmp_path: Path, reader: LogReader, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    messages = [f"{n} " + "x" * 900 for n in range(670 if whole else 500)]
    opened, rotations = log_lines.LogFile, iter(range(1))
    path = tmp_path / "ytarchive.log"

    def opening(name: Path) -> LogFile:
        file = opened(name)
        if name.suffix == (".2" if whole else ".3") and next(rotations, None) is not None:
            if whole:
                with written(tmp_path, *messages[500:]):
                    pass
            else:
                for n in (3, 2):
                    path.with_suffix(f".log.{n}").rename(path.with_suffix(f".log.{n + 1}"))
        return file

    with written(tmp_path, *messages[:500]):
        pass
    assert {each.suffix for each in tmp_path.iterdir()} == {".log", ".1", ".2", ".3"}
    monkeypatch.setattr(log_lines, "LogFile", opening)
    reader.start()
    until(lambda: reader.view.complete and newest(reader) == messages[-1])
    assert path.with_suffix(".log.4").exists()
    assert texts(reader) == messages


def test_nothing_is_lost_while_files_rotate_at_speed(tmp_path: Path, reader: LogReader) -> None:
    reader.start()
    seen: set[str] = set()
    done = threading.Event()

    def watch() -> None:
        last = None
        while not done.is_set():
            view = reader.view
            start = 0 if last is None else view.place(last)
            lines = reader.lines(view.number(n) for n in range(start, view.total))
            seen.update(line.text.split()[0] for line in lines.values())
            last = max(lines, default=last)
            time.sleep(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    with log_file(tmp_path, level="info", keep_mb=1, secrets=()):
        for n in range(2000):
            log.info("%d %s", n, "y" * 300)
            if n % 400 == 0:
                time.sleep(0.15)
    until(lambda: "1999" in seen)
    done.set()
    watcher.join()
    assert len(seen) == 2000


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "abcdef"),
        ("level:warning", "cd"),
        ("level:error", "d"),
        ("source:worker", "bd"),
        ("-source:worker", "acef"),
        ("job:1", "b"),
        ("job:12", "c"),
        ("-job:12", "abdef"),
        ("worker:down", "d"),
        ("tide", "ae"),
        ("TIDE", "ae"),
        ("größe", "f"),
        ("GRÖSSE", "f"),
        ("港町", "c"),
        ('"the tide"', "a"),
        ("tide -job:5", "a"),
        ('say "quoted', "e"),
        ("level", ""),
        ("job", "e"),
        ("boom", "d"),
    ],
)
def test_filters(text: str, expected: str) -> None:
    lines = {
        "a": {"level": "info", "source": "child", "text": "the tide"},
        "b": {"level": "info", "source": "workers.worker", "text": "x", "job": 1},
        "c": {"level": "warning", "source": "child", "text": "港町", "job": 12},
        "d": {
            "level": "error",
            "source": "workers.worker",
            "text": "y",
            "worker": "download-1",
            "trace": ["Boom"],
        },
        "e": {"level": "debug", "source": "child", "text": 'say "quoted" tide {"job": 1}', "job": 5},
        "f": {"level": "info", "source": "child", "text": "Größe"},
    }
    wanted = LogFilter(text)
    raw = {
        name: json.dumps({"at": "2026-11-22", **line}, ensure_ascii=False).encode()
        for name, line in lines.items()
    }
    assert "".join(name for name, line in raw.items() if not wanted or wanted.passes(line)) == expected


def test_another_filter_shows_others_and_find_goes_both_ways(tmp_path: Path, reader: LogReader) -> None:
    with written(tmp_path, *(f"line {n} {'even' if n % 2 == 0 else 'odd'}" for n in range(300))):
        pass
    reader.start()
    until(lambda: reader.view.complete)
    number = reader.find(reader.view, "line 17 ", 290, forward=False)
    assert number is not None and reader.view.place(number) == 17
    assert reader.find(reader.view, "line 17 ", 18, forward=True) is None
    reader.narrow(LogFilter("odd"))
    until(lambda: reader.view.total == 150 and reader.view.complete)
    assert texts(reader)[0] == "line 1 odd"
    assert reader.view.number(8) == number
    reader.narrow(LogFilter())
    until(lambda: reader.view.total == 300)


def test_what_is_no_json_is_shown_as_it_stands_but_harmless() -> None:
    line = parsed(3, b'\x1b[31mnot json \xff "')
    assert line.text == 'not json \ufffd "'
    assert parsed(0, b"[1]").text == "[1]"

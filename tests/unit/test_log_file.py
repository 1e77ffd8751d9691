"""The log file keeps facts, drops secrets and control bytes, and belongs to its owner alone."""

from __future__ import annotations

import json
import logging
import stat
from pathlib import Path

from ytarchive_tui.services.logs import log_file


def lines(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_record_becomes_one_line_with_its_facts(tmp_path: Path) -> None:
    with log_file(tmp_path, level="info", keep_mb=1, secrets=()) as path:
        logging.getLogger("ytarchive_tui.workers.worker").warning("failed: %s", "why", extra={"job": 7})
        logging.getLogger("ytarchive_tui.workers.worker").debug("too fine")
    (line,) = lines(path)
    assert (line["level"], line["source"], line["text"], line["job"]) == (
        "warning",
        "workers.worker",
        "failed: why",
        7,
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_secrets_and_control_bytes_do_not_reach_the_file(tmp_path: Path) -> None:
    with log_file(tmp_path, level="info", keep_mb=1, secrets=("canary-secret",)) as path:
        try:
            raise ValueError("canary-secret in a traceback")
        except ValueError:
            logging.getLogger("ytarchive_tui").exception("title \x1b]52;c;x\x07 canary-secret\nsecond line")
    text = path.read_text()
    assert "canary-secret" not in text
    assert "\\u001b" not in text and "\x1b" not in text
    assert len(text.splitlines()) == 1


def test_files_rotate_within_their_bound(tmp_path: Path) -> None:
    with log_file(tmp_path, level="info", keep_mb=1, secrets=()) as path:
        for _ in range(1500):
            logging.getLogger("ytarchive_tui").info("x" * 1000)
    files = list(tmp_path.iterdir())
    assert len(files) > 1
    assert sum(file.stat().st_size for file in files) <= 1024**2
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)
    assert path in files

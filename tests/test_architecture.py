"""Who may import whom, and what a process may have loaded; each in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LOOK = """
import json, sys
from ytarchive_tui.cli import main
try:
    main()
except SystemExit:
    pass
print(json.dumps(sorted(sys.modules)), file=open({seen!r}, "w"))
"""


def loaded(tmp_path: Path, *arguments: str, **env: str) -> set[str]:
    """The top-level modules that a run of the program has imported."""
    seen = tmp_path / "modules.json"
    clean = {name: value for name, value in os.environ.items() if not name.startswith("YTARCHIVE_")}
    subprocess.run(
        [sys.executable, "-c", LOOK.format(seen=str(seen)), *arguments],
        stdin=subprocess.DEVNULL, capture_output=True, timeout=100, check=False,
        env=clean | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)} | env,
    )  # fmt: skip
    modules = json.loads(seen.read_text())
    assert "ytarchive_tui.cli" in modules
    return {name if name.startswith("ytarchive_tui") else name.partition(".")[0] for name in modules}


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], []])
def test_help_and_version_import_almost_nothing(tmp_path: Path, arguments: list[str]) -> None:
    heavy = {"textual", "rich", "yt_dlp", "googleapiclient", "pydantic", "asyncio", "yaml", "sqlite3"}
    assert not loaded(tmp_path, *arguments) & heavy


def test_a_batch_run_imports_neither_textual_nor_yt_dlp_nor_the_data_api(tmp_path: Path) -> None:
    urls = tmp_path / "urls.txt"
    urls.write_text("dQw4w9WgXcQ\n")
    modules = loaded(
        tmp_path, "--batch", str(urls), "-o", str(tmp_path / "archive"), "--proxy", "http://127.0.0.1:9",
        YTARCHIVE_RETRY__PATIENCE_S="0",
    )  # fmt: skip
    assert "ytarchive_tui.runtime" in modules
    assert not modules & {"textual", "rich", "yt_dlp", "googleapiclient", "ytarchive_tui.tui"}


def test_the_layers_hold() -> None:
    program = Path(sysconfig.get_path("scripts")) / "lint-imports"
    ran = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, timeout=100, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr

"""`--demo`: the whole program against the local YouTube, in folders of its own.

The user's queue, settings file and network are never touched: settings come from here and from
the command line alone, the state lies beside what is archived, and the proxy leads to the sandbox.
"""

from __future__ import annotations

import asyncio
import os
import shlex
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from ytarchive_tui.batch.exit_codes import ExitCode
from ytarchive_tui.batch.input import BatchInput, parse_batch, read_batch
from ytarchive_tui.batch.output import Lines
from ytarchive_tui.batch.wording import count, size
from ytarchive_tui.commands.batch import missing_tools, run_loaded
from ytarchive_tui.commands.setup import settings_of
from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.domain.text import plain
from ytarchive_tui.sandbox.catalog import DEMO_PLAYLIST
from ytarchive_tui.sandbox.process import SandboxFailed, SandboxProcess
from ytarchive_tui.settings.paths import Paths, make_private_folder
from ytarchive_tui.settings.tools import Tools, find_tools

STATE = ".demo-state"
"""Folder below the demo's archive in which its queue, its log and the local YouTube lie."""

_SHOWN = 40


def run_demo(file: str | None, options: Mapping[str, Any]) -> ExitCode:
    """Archive what `file` lists, or the demo's playlist, and print what was made; raises `UsageError`."""
    refuse_own_settings(options)
    batch = parse_batch("the demo's playlist", DEMO_PLAYLIST.encode()) if file is None else read_batch(file)
    with ExitStack() as stack:
        if options["dry_run"] and not _has_state(options["output"]):
            scratch = stack.enter_context(tempfile.TemporaryDirectory(prefix="ytarchive-demo-"))
            return _archive(batch, options["output"] or Path(scratch), Path(scratch), options)
        root: Path = options["output"] or Path(tempfile.mkdtemp(prefix="ytarchive-demo-"))
        code = _archive(batch, root, root / STATE, options)
    if not (options["quiet"] or options["dry_run"]):
        told = Lines(sys.stderr if options["as_json"] else sys.stdout)
        made = options["output"] is None
        for line in (*_tree(root.absolute()), "", *_next_steps(root.absolute(), file, made=made)):
            told.write(line)
    return code


def refuse_own_settings(options: Mapping[str, Any]) -> None:
    """Raises `UsageError` for options that the demo answers itself."""
    for name in ("config", "state_dir", "proxy", "ca_file"):
        if options[name] is not None:
            raise UsageError(f"--demo brings its own settings: leave out --{name.replace('_', '-')}")


def _has_state(root: Path | None) -> bool:
    return root is not None and (root / STATE).exists()


def _archive(batch: BatchInput, root: Path, state: Path, options: Mapping[str, Any]) -> ExitCode:
    paths = Paths.private(state.absolute())
    make_private_folder(paths.config_file.parent)
    paths.config_file.write_text("# The demo reads no settings but these.\n")
    own = {**options, "output": root, "config": paths.config_file}
    tools = find_tools(settings_of(own, env={}).settings.tools, os.environ, paths.cache_dir)
    if missing := missing_tools(tools):
        print(*(f"error: {line}" for line in missing), sep="\n", file=sys.stderr)
        return ExitCode.TOOLS_MISSING
    return asyncio.run(_run(batch, paths, tools, own))


async def _run(batch: BatchInput, paths: Paths, tools: Tools, options: Mapping[str, Any]) -> ExitCode:
    messages = Lines(sys.stderr)
    if not options["quiet"]:
        messages.write("starting the local YouTube; nothing leaves this machine")
    try:
        async with SandboxProcess(paths.state_dir.parent / "sandbox") as addresses:
            loaded = settings_of({**options, "proxy": addresses.proxy, "ca_file": addresses.ca_file}, env={})
            return await run_loaded(batch, loaded, paths, tools, options)
    except SandboxFailed as error:
        messages.write(f"error: {plain(str(error), 500)}")
        return ExitCode.NOT_ALL_ARCHIVED


def _tree(root: Path) -> Iterator[str]:
    """The archive's visible folders: the first item with its files, the others in a line each."""
    yield f"{plain(str(root))}/"
    items = 0
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        depth = len(Path(folder).relative_to(root).parts)
        if depth == 0:
            continue
        indent, name = "  " * depth, plain(Path(folder).name, 120)
        sizes = {name: (Path(folder) / name).stat().st_size for name in sorted(files)}
        items += bool(files)
        if not files:
            yield f"{indent}{name}/"
        elif items == 1:
            yield f"{indent}{name}/"
            yield from (f"{indent}  {plain(file, 120)}  {size(bytes_)}" for file, bytes_ in sizes.items())
        elif items <= _SHOWN:
            yield f"{indent}{name}/  {count(len(files), 'file')}, {size(sum(sizes.values()))}"
    if items > _SHOWN:
        yield f"  … and {items - _SHOWN} more"


def _next_steps(root: Path, file: str | None, *, made: bool) -> Iterator[str]:
    where, state = shlex.quote(str(root)), shlex.quote(str(root / STATE))
    again = shlex.join(["ytarchive-tui", "--demo", "--batch", *([file] if file else []), "-o", str(root)])
    yield f"look at it       ls -R {where}"
    yield f"run it again     {again}   (nothing is downloaded twice)"
    if made:
        yield f"remove it        rm -r {where}"
    else:
        yield f"forget the demo  rm -r {state}   (its queue, log and local YouTube)"

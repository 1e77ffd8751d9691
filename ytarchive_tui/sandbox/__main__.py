"""`python -m ytarchive_tui.sandbox`: run the local YouTube alone and print how to reach it."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import shlex
import signal
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path

from . import knobs, youtube
from .addresses import Addresses
from .control import TOKEN_HEADER
from .server import Ports, Sandbox
from .world import World


def main(arguments: Sequence[str] | None = None, called: str = f"python -m {__package__}") -> int:
    """Run until interrupted, told to stop, or orphaned; return the exit code. `called`: by which command."""
    parser = _parser(called)
    options = parser.parse_args(arguments)
    logging.basicConfig(format="%(levelname)s %(name)s: %(message)s")
    with ExitStack() as stack:
        state = options.state or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="ytarchive-sandbox-"))
        )
        world = World(state)
        try:
            knobs.change(world.knobs, dict(knobs.parse(each) for each in options.knob))
        except knobs.KnobError as error:
            parser.error(str(error))
        try:
            asyncio.run(_run(world, options))
        except OSError as error:
            print(f"The sandbox can't start: {error}", file=sys.stderr)
            return 1
    return 0


def _parser(called: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=called, description="A local YouTube.")
    parser.add_argument(
        "--state", type=Path, metavar="DIR", help="keep authority and media here (default: nowhere)"
    )
    parser.add_argument("--port", type=int, default=0, help="port of the proxy (default: a free one)")
    parser.add_argument("--api-port", type=int, default=0, help="port of the Data API (default: a free one)")
    parser.add_argument(
        "--control-port", type=int, default=0, help="port of the control (default: a free one)"
    )
    parser.add_argument(
        "--knob", action="append", default=[], metavar="NAME=VALUE", help="set a knob; may be repeated"
    )
    parser.add_argument("--json", action="store_true", help="print the addresses as one line of JSON")
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    return parser


async def _run(world: World, options: argparse.Namespace) -> None:
    ports = Ports(options.port, options.api_port, options.control_port)
    sandbox = Sandbox(world, youtube.handle(world), ports)
    async with sandbox as addresses:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, sandbox.closing.set)
        if options.with_parent:
            await _watch_input(sandbox.closing)
        print(json.dumps(asdict(addresses)) if options.json else _manual(addresses), flush=True)
        await sandbox.closing.wait()


async def _watch_input(closing: asyncio.Event) -> None:
    """Set `closing` at the end of standard input."""

    class Input(asyncio.Protocol):
        def connection_lost(self, exc: Exception | None) -> None:
            closing.set()

    await asyncio.get_running_loop().connect_read_pipe(Input, sys.stdin)


def _manual(addresses: Addresses) -> str:
    ca_file = shlex.quote(addresses.ca_file)
    url = "'https://www.youtube.com/watch?v=VIDEO_ID'"
    return f"""\
proxy    {addresses.proxy}
CA file  {addresses.ca_file}
Data API {addresses.api}
control  {addresses.control}
token    {addresses.token}

Archive from it with a stock yt-dlp, in either way:
  yt-dlp --proxy {addresses.proxy} --no-check-certificates {url}
  SSL_CERT_FILE={ca_file} yt-dlp --proxy {addresses.proxy} --compat-options no-certifi {url}
Look at what was asked, and change a knob:
  curl -H '{TOKEN_HEADER}: {addresses.token}' {addresses.control}/stats
  curl -H '{TOKEN_HEADER}: {addresses.token}' -X PATCH -d '{{"latency_ms": 100}}' {addresses.control}/knobs

Ctrl-C ends it."""


if __name__ == "__main__":
    raise SystemExit(main())

"""What front ends are told of the site, and whose breaker it is."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ytarchive_tui.services.connecting import can_reach_site
from ytarchive_tui.services.site import GUEST, Standing, account_of, rules_of
from ytarchive_tui.settings.load import load
from ytarchive_tui.settings.model import NetworkSettings

COOKIES = "# Netscape HTTP Cookie File\n.youtube.com\tTRUE\t/\tTRUE\t0\t{name}\t{value}\n"


def test_an_account_is_told_by_its_login_and_never_by_a_cookie_that_can_be_read(tmp_path: Path) -> None:
    def account(name: str, value: str) -> str:
        file = tmp_path / "cookies.txt"
        file.write_text(COOKIES.format(name=name, value=value) + f"# {len(value)}\n")
        return account_of(file)

    mine = account("__Secure-3PAPISID", "very-secret")
    assert mine == account("__Secure-3PAPISID", "very-secret") != account("__Secure-3PAPISID", "another")
    assert "secret" not in mine and len(mine) == 12
    assert account("PREF", "tz=UTC") == account_of(None) == account_of(tmp_path / "absent") == GUEST


def test_a_guest_is_politer_than_an_account_and_the_settings_go_before_both(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.touch()

    def pace(**given: object) -> float:
        names = {name.replace("__", "."): value for name, value in given.items()}
        return rules_of(load(names, {}, file).settings).pace.per_hour

    cookies = tmp_path / "cookies.txt"
    cookies.write_text(COOKIES.format(name="SAPISID", value="x"))
    assert pace() == 1000 and pace(network__cookies_file=cookies) == 4000
    assert pace(site__requests_per_hour=60) == 60


def test_what_is_shown() -> None:
    until = datetime(2026, 3, 1, 15, 2, tzinfo=UTC)
    held = Standing(held=True, until=until, until_s=60, reason="not a bot")
    when = f"{until.astimezone():%H:%M}"
    assert held.banner() == f"YouTube is left alone: not a bot; one probe at {when}"
    assert held.short() == f"held until {when}"
    assert held.model_copy(update={"until_s": 0}).short() == "probing"
    free = Standing(left=640, per_hour=1000, usual_per_hour=1000)
    assert (free.banner(), free.short(), free.held_s) == (None, None, None)
    assert free.gauge() == "guest: 640 of 1,000 requests left"
    slowed = free.model_copy(update={"per_hour": 240, "account": "1a2b"})
    assert slowed.gauge() == "account: slowed to 240 requests an hour"


@pytest.mark.parametrize(
    ("answer", "found"),
    [
        (b"HTTP/1.1 200 Connection established\r\n\r\n", True),
        (b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", True),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", False),
        (b"", False),
    ],
)
async def test_a_proxy_is_asked_for_the_way_behind_it(answer: bytes, found: bool) -> None:
    asked: list[bytes] = []

    async def proxy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        network = NetworkSettings(proxy=f"http://me:pass@127.0.0.1:{port}")
        assert await can_reach_site(network) is found
    assert asked[0].startswith(b"CONNECT www.youtube.com:443 HTTP/1.1\r\n")
    assert b"Proxy-Authorization: Basic bWU6cGFzcw==\r\n" in asked[0]


async def test_proxies_of_the_environment_are_not_asked_as_children_do_not_ask_them_either(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("https_proxy", "all_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    asked: list[tuple[str, int]] = []

    async def connect(host: str, port: int, **_: object) -> None:
        asked.append((host, port))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio, "open_connection", connect)
    assert not await can_reach_site(NetworkSettings())
    assert asked == [("www.youtube.com", 443)]


async def test_no_proxy_at_all_is_no_way() -> None:
    assert not await can_reach_site(NetworkSettings(proxy="http://127.0.0.1:9"))

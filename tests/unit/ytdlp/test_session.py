"""What a session leaves out of yt-dlp's work changes none of its answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yt_dlp
from yt_dlp.aes import aes_cbc_decrypt
from yt_dlp.downloader.http import HttpFD
from yt_dlp.extractor.youtube import YoutubeIE
from yt_dlp.extractor.youtube._base import INNERTUBE_CLIENTS
from yt_dlp.postprocessor import FFmpegMergerPP

from ytarchive_tui.domain.models import JobOptions
from ytarchive_tui.ytdlp.child.session import Session
from ytarchive_tui.ytdlp.options import ExtractionConfig


@pytest.fixture
def session() -> Any:
    return Session(ExtractionConfig())


def ours(session: Any) -> Any:
    return session.get_info_extractor("Youtube")


def stock(session: Any) -> Any:
    return YoutubeIE(session)


@pytest.mark.parametrize("client", sorted(INNERTUBE_CLIENTS))
def test_a_clients_table_is_a_copy_of_yt_dlps(session: Any, client: str) -> None:
    told = ours(session)._get_default_ytcfg(client)
    assert told == stock(session)._get_default_ytcfg(client)
    told["INNERTUBE_CONTEXT"]["client"]["hl"] = "xx"
    assert ours(session)._get_default_ytcfg(client) == INNERTUBE_CLIENTS[client]


@pytest.mark.parametrize(
    ("names", "known"),
    [
        ((), False),
        (("SAPISID",), False),
        (("LOGIN_INFO",), False),
        (("LOGIN_INFO", "SAPISID"), True),
        (("LOGIN_INFO", "__Secure-3PAPISID"), True),
    ],
)
def test_an_account_is_known_by_its_cookies(session: Any, names: tuple[str, ...], known: bool) -> None:
    for name in names:
        ours(session)._set_cookie(".youtube.com", name, "1")
    assert ours(session).is_authenticated is known
    assert stock(session).is_authenticated is known


def test_another_sites_cookie_is_no_account(session: Any) -> None:
    for name in ("LOGIN_INFO", "SAPISID"):
        ours(session)._set_cookie(".example.org", name, "1")
    assert not ours(session).is_authenticated


def test_a_selector_is_built_once_for_the_same_quality(
    session: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built: list[str] = []
    build = yt_dlp.YoutubeDL.build_format_selector
    monkeypatch.setattr(
        Session, "build_format_selector", lambda self, wish: built.append(wish) or build(self, wish)
    )

    def prepare(quality: str) -> None:
        session.prepare(JobOptions(archive=tmp_path, quality=quality), tmp_path)

    prepare("best")
    prepare("best")
    prepare("18")
    for _ in range(2):
        with pytest.raises(SyntaxError):
            prepare("best[")
    prepare("18")
    assert built == ["bv*+ba/b", "18", "best[", "best["]


def test_children_decrypt_in_c_though_cffi_is_kept_from_them() -> None:
    """In a process of its own: what pytest has imported already can't be kept from anybody."""
    code = (
        "import sys; from ytarchive_tui.ytdlp import task; task.preload([], {}); "
        "from yt_dlp import aes; from yt_dlp.dependencies import Cryptodome; "
        "print(bool(Cryptodome.AES), sys.modules['cffi'], 'pycparser' in sys.modules); "
        "print(aes.aes_cbc_decrypt_bytes(bytes(32), b'k' * 16, b'i' * 16).hex())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    plain = bytes(aes_cbc_decrypt([0] * 32, list(b"k" * 16), list(b"i" * 16)))
    assert ran.stdout.split("\n")[:2] == ["True None False", plain.hex()]


def test_nothing_is_formatted_for_a_person(session: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Session, "evaluate_outtmpl", lambda *_: pytest.fail("formatted"))
    heard: list[str] = []
    download, step = HttpFD(session, session.params), FFmpegMergerPP(session)
    for each in (download, step):
        each.add_progress_hook(lambda status: heard.append(status["status"]))
    for status in ("downloading", "finished"):
        download._hook_progress({"status": status, "downloaded_bytes": 1, "total_bytes": 2}, {})
    step._hook_progress({"status": "started"}, {})
    assert heard == ["downloading", "finished", "started"]

"""Secrets never reach a screen or a log."""

from __future__ import annotations

import pytest

from ytarchive_tui.settings.redact import redact


@pytest.mark.parametrize(
    "text",
    [
        "https://www.googleapis.com/youtube/v3/videos?id=a&key=S3CRET&part=snippet",
        "<HttpError 403 'https://host/v3?key=S3CRET&alt=json' returned>",
        "https://rr1.googlevideo.com/videoplayback?itag=22&sig=S3CRET&lsig=S3CRET",
        "GET / HTTP/1.1\r\nAuthorization: Bearer S3CRET\r\nHost: a",
        "headers {'Cookie': 'SID=S3CRET; a=S3CRET', 'Host': 'a'}",
        '{"Proxy-Authorization": "Basic S3CRET", "Host": "a"}',
        "[('Set-Cookie', 'SID=S3CRET'), ('Host', 'a')]",
        "Cannot connect to proxy socks5://bob:S3CRET@10.0.0.1:1080",
        "http://bob:S3CRET@twice@10.0.0.1:1080",
        "key AIzaSyS3CRETS3CRETS3CRETS3CRETS3CRET00 refused",
    ],
)
def test_what_looks_like_a_secret_goes(text: str) -> None:
    clean = redact(text)
    assert "S3CRET" not in clean
    assert "[hidden]" in clean


def test_the_rest_of_the_text_stays() -> None:
    url = "https://host/v3?id=a&key=S3CRET&part=snippet"
    assert redact(url) == "https://host/v3?id=a&key=[hidden]&part=snippet"
    assert redact("{'Cookie': 'a=b', 'Host': 'kept'}") == "{'Cookie': [hidden], 'Host': 'kept'}"
    for harmless in (
        "5 cookies: fine",
        "https://www.youtube.com/watch?v=dQw4w9WgXcQ&list=PL1",
        "monkey=1",
        "https://www.youtube.com/@handle",
    ):
        assert redact(harmless) == harmless


def test_known_secrets_go_in_every_spelling() -> None:
    text = "pass#word pass%23word longer-pass#word"
    assert redact(text, ["pass#word", "longer-pass#word", ""]) == "[hidden] [hidden] [hidden]"

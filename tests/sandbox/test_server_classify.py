from __future__ import annotations

import json

import pytest

from ytarchive_tui.sandbox.classify import RequestKind, Subject, kind_of, subject_of
from ytarchive_tui.sandbox.model import Request

WWW, MEDIA, ID = "www.youtube.com", "r1---sn-x.googlevideo.com", "abcdefghijk"


def request(host: str, path: str, query: dict[str, str] | None = None, body: object = None) -> Request:
    return Request("GET", "https", host, path, query or {}, {}, json.dumps(body).encode() if body else b"", 1)


@pytest.mark.parametrize(
    ("asked", "kind", "subject"),
    [
        (request(WWW, "/watch", {"v": ID, "list": "PL"}), "watch", Subject(ID, "PL")),
        (request(WWW, f"/shorts/{ID}"), "watch", Subject(ID)),
        (request("youtu.be", f"/{ID}"), "watch", Subject(ID)),
        (request("www.youtube-nocookie.com", f"/embed/{ID}"), "watch", Subject(ID)),
        (request(WWW, "/youtubei/v1/player", body={"videoId": ID}), "player", Subject(ID)),
        (
            request("youtubei.googleapis.com", "/youtubei/v1/player", body={"videoId": ID}),
            "player",
            Subject(ID),
        ),
        (request(WWW, "/youtubei/v1/next", body={"videoId": ID}), "next", Subject(ID)),
        (request(WWW, "/youtubei/v1/browse", body={"browseId": "VLPL"}), "browse", Subject(list_id="VLPL")),
        (request(WWW, "/youtubei/v1/browse", body=[1]), "browse", Subject()),
        (request(WWW, "/playlist", {"list": "PL"}), "playlist_page", Subject(list_id="PL")),
        (request(WWW, "/@name/videos"), "channel_page", Subject(list_id="@name")),
        (request(WWW, "/channel/UC1/shorts"), "channel_page", Subject(list_id="UC1")),
        (request(MEDIA, "/videoplayback", {"id": ID, "itag": "137"}), "media", Subject(ID, itag="137")),
        (request(MEDIA, f"/videoplayback/id/{ID}/itag/96/seg.ts"), "media", Subject(ID, itag="96")),
        (request("manifest.googlevideo.com", f"/api/manifest/hls_variant/id/{ID}"), "manifest", Subject(ID)),
        (request("i.ytimg.com", f"/vi_webp/{ID}/maxresdefault.webp"), "thumbnail", Subject(ID)),
        (request("yt3.ggpht.com", "/a=s88"), "thumbnail", Subject()),
        (request(WWW, "/api/timedtext", {"v": ID}), "timedtext", Subject(ID)),
        (request("youtube.googleapis.com", "/youtube/v3/videos", {"id": ID}), "api", Subject(ID)),
        (request(WWW, "/"), "other", Subject()),
    ],
)
def test_requests_are_classified(asked: Request, kind: str, subject: Subject) -> None:
    assert kind_of(asked) is RequestKind(kind)
    assert subject_of(asked) == subject

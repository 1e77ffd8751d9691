"""What a line of a batch file points at."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ytarchive_tui.domain.addresses import LONGEST, BadAddress, recognise
from ytarchive_tui.domain.models import SourceKind
from ytarchive_tui.domain.text import plain

ID = "dQw4w9WgXcQ"
UC = "UC" + "abcdefghij_-ABCDEFGHIJ"
PL = "PLabcdefghij_-ABCDEFGHIJ0123456789"
SITE = "https://www.youtube.com"
VIDEO = f"{SITE}/watch?v={ID}"


@pytest.mark.parametrize(
    "text",
    [
        ID,
        f"  {ID}\t",
        f"\ufeff{VIDEO}",
        VIDEO,
        f"http://youtube.com/watch?v={ID}",
        f"//www.youtube.com/watch?v={ID}",
        f"youtube.com/watch?v={ID}",
        f"HTTPS://WWW.YouTube.COM/watch?v={ID}",
        f"https://www.youtube.com./watch?v={ID}",
        f"https://m.youtube.com/watch?app=desktop&v={ID}&feature=share&t=1m3s#t=12",
        f"https://music.youtube.com/watch?v={ID}&si=abc",
        f"https://youtu.be/{ID}",
        f"https://youtu.be/{ID}?t=42",
        f"youtu.be/{ID}/",
        f"{SITE}/shorts/{ID}?feature=share",
        f"{SITE}/live/{ID}",
        f"{SITE}/embed/{ID}?autoplay=1",
        f"https://www.youtube-nocookie.com/embed/{ID}",
        f"{SITE}/v/{ID}",
        f"{SITE}/watch/{ID}",
        f"<{VIDEO}>,",
        f"({VIDEO}).",
        f"{VIDEO} A title that was copied along",
        f"{SITE}/attribution_link?a=x&u=%2Fwatch%3Fv%3D{ID}%26feature%3Dshare",
        f"{SITE}/redirect?q=https%3A%2F%2Fyoutu.be%2F{ID}",
    ],
)
def test_every_spelling_of_a_video_has_one_address(text: str) -> None:
    found = recognise(text)
    assert (found.kind, found.video_id, found.address) == (SourceKind.VIDEO, ID, VIDEO)


def test_a_video_inside_a_list_is_the_video_and_says_so() -> None:
    found = recognise(f"{VIDEO}&list={PL}&index=3")
    assert (found.kind, found.address) == (SourceKind.VIDEO, VIDEO)
    assert found.note is not None and "only the video" in found.note


def test_an_id_may_begin_with_a_dash() -> None:
    assert recognise("-wtIMTCHWuI").video_id == "-wtIMTCHWuI"


@pytest.mark.parametrize(
    ("text", "kind", "path"),
    [
        (PL, SourceKind.PLAYLIST, f"playlist?list={PL}"),
        (f"{SITE}/playlist?list={PL}&si=x", SourceKind.PLAYLIST, f"playlist?list={PL}"),
        (f"music.youtube.com/playlist?list={PL}", SourceKind.PLAYLIST, f"playlist?list={PL}"),
        (f"https://music.youtube.com/browse/VL{PL}", SourceKind.PLAYLIST, f"playlist?list={PL}"),
        (f"{SITE}/embed/videoseries?list={PL}", SourceKind.PLAYLIST, f"playlist?list={PL}"),
        ("UU" + UC[2:], SourceKind.PLAYLIST, f"playlist?list=UU{UC[2:]}"),
        ("OLAK5uy_" + "a" * 33, SourceKind.PLAYLIST, "playlist?list=OLAK5uy_" + "a" * 33),
        (UC, SourceKind.CHANNEL, f"channel/{UC}"),
        (f"{SITE}/channel/{UC}/featured", SourceKind.CHANNEL, f"channel/{UC}"),
        (f"{SITE}/channel/{UC}/videos?view=0", SourceKind.TAB, f"channel/{UC}/videos"),
        ("@TidewrackFilms", SourceKind.CHANNEL, "@tidewrackfilms"),
        ("www.youtube.com/@tidewrackfilms", SourceKind.CHANNEL, "@tidewrackfilms"),
        (f"{SITE}/%40TideWrackFilms/Streams", SourceKind.TAB, "@tidewrackfilms/streams"),
        (f"{SITE}/@tidewrackfilms/shorts", SourceKind.TAB, "@tidewrackfilms/shorts"),
        (f"{SITE}/@tidewrackfilms/playlists", SourceKind.TAB, "@tidewrackfilms/playlists"),
        ("@海の記録", SourceKind.CHANNEL, "@%E6%B5%B7%E3%81%AE%E8%A8%98%E9%8C%B2"),
        ("@%e6%b5%b7", SourceKind.CHANNEL, "@%E6%B5%B7"),
        (f"{SITE}/c/SomeName", SourceKind.CHANNEL, "c/somename"),
        (f"{SITE}/user/SomeName/videos", SourceKind.TAB, "user/somename/videos"),
    ],
)
def test_lists_and_channels(text: str, kind: SourceKind, path: str) -> None:
    found = recognise(text)
    assert (found.kind, found.video_id, found.address) == (kind, None, f"{SITE}/{path}")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "no address"),
        ("https://vimeo.com/12345", "not a YouTube address"),
        ("hello world", "not a YouTube address, id or handle"),
        (f"interesting video {ID}", "more than one word"),
        ("file:///etc/passwd", "only https"),
        ("ftp://youtube.com/watch?v=" + ID, "only https"),
        ("javascript:alert(1)", "not a web address"),
        ("--exec rm", "looks like an option"),
        ("--write-sub", "looks like an option"),
        ("-o /etc", "looks like an option"),
        (f"{VIDEO} --exec evil", "option after the address"),
        (f"{VIDEO} https://youtu.be/{ID}", "more than one address"),
        (f"https://www.youtube.com@evil.example/watch?v={ID}", "user name before the host"),
        (f"youtube.com@evil.example/watch?v={ID}", "user name before the host"),
        (f"https://youtube.com\\@evil.example/watch?v={ID}", "backslash"),
        (f"https://www.youtube.com:8443/watch?v={ID}", "port"),
        (f"https://www.youtubе.com/watch?v={ID}", "only look like"),
        (f"https://xn--youtub-7of.com/watch?v={ID}", "another site"),
        (f"https://www.youtube.com.evil.example/watch?v={ID}", "another site"),
        (f"https://[::1/watch?v={ID}", "not a web address"),
        (f"{SITE}/watch?v=abc\x1b[31m", "control characters"),
        (f"{SITE}/watch?v=abc", "not a video id"),
        (f"{SITE}/watch?v={ID}x", "not a video id"),
        (f"{SITE}/watch", "no video id"),
        (f"{SITE}/playlist", "no playlist id"),
        (f"{SITE}/playlist?list=RD{ID}", "has no end"),
        (f"{SITE}/playlist?list=WL", "private to your account"),
        (f"{SITE}/playlist?list=nonsense", "not a playlist id"),
        (f"{SITE}/results?search_query=cats", "searches are not supported"),
        (f"{SITE}/@someone/search?query=cats", "searches are not supported"),
        (f"{SITE}/@someone/live", "streams"),
        (f"{SITE}/@someone/about", "holds no videos"),
        (f"{SITE}/channel/UCshort", "not a channel id"),
        (f"{SITE}/feed/subscriptions", "not a video, playlist or channel"),
        (f"https://consent.youtube.com/m?continue=https%3A%2F%2Fyoutu.be%2F{ID}", "consent page"),
        ("https://studio.youtube.com/", "holds no public videos"),
        (f"{SITE}/redirect?q=https%3A%2F%2Fevil.example%2F", "another site"),
        (f"{SITE}/redirect?q=https%3A%2F%2Fyoutube.com%2Fredirect%3Fq%3Dx", "not a video, playlist"),
        (f"{SITE}/@a%2F..%2Fb", "encoded slash"),
        ("@a b", "more than one word"),
        ("@\u202eevil", "can't be a channel's name"),
        ("x" * (LONGEST + 1), "longer than"),
    ],
)
def test_what_is_refused_says_why(text: str, reason: str) -> None:
    with pytest.raises(BadAddress) as refused:
        recognise(text)
    assert reason in refused.value.reason
    assert refused.value.reason.isprintable()


_PIECES = st.sampled_from(
    ["https://", "http:", "//", "www.", "youtube.com", "youtu.be", "/", "@", "watch?v=", ID, PL, UC, "&list=",
     "%2F", "%40", ":", "..", "channel/", "playlist?list=", "evil.example", "\\", " ", "\x00", "\u202e", "İ",
     "#", "[", "]", "redirect?q=", "attribution_link?u=", "/videos"]
)  # fmt: skip


@given(st.one_of(st.text(), st.lists(st.one_of(_PIECES, st.text(max_size=3)), max_size=10).map("".join)))
def test_any_text_is_refused_or_leads_to_youtube(text: str) -> None:
    try:
        found = recognise(text)
    except BadAddress as refused:
        assert refused.reason == plain(refused.reason)
        return
    split = urlsplit(found.address)
    assert (split.scheme, split.netloc) == ("https", "www.youtube.com")
    assert found.address.isascii() and " " not in found.address
    assert recognise(found.address).address == found.address

"""What a zygote does once so that its children need not; opens no socket."""

from __future__ import annotations

import io
import json
import tempfile
from pathlib import Path
from typing import Any

from yt_dlp.networking import Response
from yt_dlp.postprocessor.ffmpeg import FFmpegPostProcessor

from ytarchive_tui.domain.models import JobOptions
from ytarchive_tui.ytdlp.child.describe import metadata_of
from ytarchive_tui.ytdlp.child.session import Session, make_ready
from ytarchive_tui.ytdlp.options import ExtractionConfig

_ID = "warmwarmwar"


def warm(config: dict[str, Any]) -> None:
    """Build a session, ask ffmpeg for its version, and rehearse an extraction."""
    settings = ExtractionConfig.model_validate(config)
    _rehearse(settings)
    session = make_ready(settings)
    # yt-dlp keeps these answers for the process; a stock yt-dlp runs `ffmpeg -bsfs` for each.
    FFmpegPostProcessor.get_versions_and_features(session)
    for runtime in session._js_runtimes.values():
        _ = runtime and runtime.info
    for name in ("Youtube", "YoutubeTab", "YoutubePlaylist"):
        session.get_info_extractor(name).suitable("https://www.youtube.com/")
    if settings.cookies_file is None and settings.cookies_browser is None:
        for handler in session._request_director.handlers.values():
            if handler.RH_KEY == "Requests":
                # Reads the trusted authorities; connects to nobody.
                handler._get_instance(cookiejar=session.cookiejar, legacy_ssl_support=None)


class _Rehearsal(Session):
    """A session whose site is made up: yt-dlp's patterns are compiled and its lazy imports done by it."""

    def urlopen(self, req: Any) -> Response:
        """Answer every request with the made-up video."""
        url = req if isinstance(req, str) else req.url
        if "/player" in url:
            body = json.dumps(_player())
        else:
            body = (
                f"<script>ytcfg.set({json.dumps({'INNERTUBE_CONTEXT': {}, 'STS': 20000})});</script>"
                f"<script>var ytInitialPlayerResponse = {json.dumps(_player())};</script>"
                f"<script>var ytInitialData = {json.dumps({'contents': {}})};</script>"
            )
        return Response(io.BytesIO(body.encode()), url, {"Content-Type": "text/html; charset=utf-8"})


def _rehearse(settings: ExtractionConfig) -> None:
    offline = settings.model_copy(update={"js_runtimes": {}, "cookies_file": None, "cookies_browser": None})
    session = _Rehearsal(offline)
    session.messages.silent = True
    with tempfile.TemporaryDirectory() as folder:
        session.prepare(JobOptions(archive=Path(folder)), Path(folder))
        info = session.extract_info(f"https://www.youtube.com/watch?v={_ID}", download=False)
        metadata_of(info)
        session.prepare_filename(info)


def _player() -> dict[str, Any]:
    url = "https://rr1---sn-x.googlevideo.com/videoplayback?expire=1&itag={}&clen=9&lmt=9"
    video = {"width": 640, "height": 360, "fps": 25, "qualityLabel": "360p", "quality": "medium"}
    audio = {"audioQuality": "AUDIO_QUALITY_MEDIUM", "audioSampleRate": "44100", "audioChannels": 2}
    common = {"bitrate": 1000, "contentLength": "9", "approxDurationMs": "9000"}
    kinds = ((134, 'video/mp4; codecs="avc1.4d401e"', video), (140, 'audio/mp4; codecs="mp4a.40.2"', audio))
    return {
        "playabilityStatus": {"status": "OK"},
        "videoDetails": {
            "videoId": _ID,
            "title": "rehearsal",
            "lengthSeconds": "9",
            "channelId": "UC" + "x" * 22,
            "shortDescription": "0:00 One\n0:04 Two",
            "author": "nobody",
            "viewCount": "1",
            "thumbnail": {"thumbnails": [{"url": "https://i.ytimg.com/vi/x/0.jpg", "width": 1, "height": 1}]},
        },
        "streamingData": {
            "adaptiveFormats": [
                {"itag": itag, "url": url.format(itag), "mimeType": kind, **common, **more}
                for itag, kind, more in kinds
            ]
        },
        "microformat": {
            "playerMicroformatRenderer": {"uploadDate": "2026-01-01T00:00:00-08:00", "category": "Film"}
        },
    }

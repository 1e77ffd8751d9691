"""The API keys of the settings and of the file that they name."""

from __future__ import annotations

from ytarchive_tui.domain.errors import UsageError
from ytarchive_tui.settings.model import YoutubeSettings
from ytarchive_tui.settings.redact import remember


def read_api_keys(settings: YoutubeSettings) -> tuple[str, ...]:
    """All keys, each once, those of the settings first.

    In the file, empty lines and lines that begin with `#` are skipped. Raises `UsageError` when it
    can't be read; the text never holds a key.
    """
    keys = [key.get_secret_value().strip() for key in settings.api_keys]
    file = settings.api_key_file
    if file is not None:
        try:
            lines = file.read_text(encoding="utf-8-sig").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
            raise UsageError(f"youtube.api_key_file {file} can't be read: {reason}") from None
        keys += [line.strip() for line in lines if not line.lstrip().startswith("#")]
    found = tuple(dict.fromkeys(key for key in keys if key))
    remember(found)
    return found

"""Kinds of values that settings are written in: sizes, comma-separated lists, paths, addresses."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field

_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?", re.IGNORECASE)
_POWER = {"": 0, "k": 1, "m": 2, "g": 3, "t": 4}
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*(\.\*)?")
_HEIGHTS = frozenset({"144", "240", "360", "480", "720", "1080", "1440", "2160", "4320"})
"""As a yt-dlp format string these would be ids of formats, which YouTube does not have."""
_MARKETED = {"2k": "1440p", "4k": "2160p", "8k": "4320p"}
_PROXY_SCHEMES = ("http", "https", "socks4", "socks4a", "socks5", "socks5h")


def parse_size(value: Any) -> Any:
    """Turn `2M`, `1.5 GiB` or `500k` into bytes, by powers of 1024 as in yt-dlp; numbers pass as they are."""
    if not isinstance(value, str):
        return value
    match = _SIZE.fullmatch(value.strip())
    if match is None:
        raise ValueError("should be a number of bytes, such as 500k, 2M or 1.5G")
    return int(float(match[1]) * 1024 ** _POWER[match[2].lower()])


def split_list(value: Any) -> Any:
    """Turn `en, de` into a list, as environment variables and command lines write it."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    return value


def _absolute(path: Path) -> Path:
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError("starts with ~, but that home folder is not known") from error


def _real(path: Path) -> Path:
    return Path(os.path.realpath(_absolute(path)))


def _not_blank(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise ValueError("should not be empty")
    return value


def _language(code: str) -> str:
    if code.lower() == "all":
        raise ValueError("can't be «all»; name the languages, such as en,de (en.* takes all variants)")
    if not _LANGUAGE.fullmatch(code):
        raise ValueError("should be a language code such as en, pt-BR or zh.*")
    return code


def _proxy(url: str) -> str:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _PROXY_SCHEMES and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ValueError(f"should be scheme://host:port with one of the schemes {', '.join(_PROXY_SCHEMES)}")
    return url


def _http_url(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("should be an address that starts with http:// or https://")
    return url


def _ip(address: str) -> str:
    try:
        return str(ip_address(address))
    except ValueError as error:
        raise ValueError("should be an IPv4 or IPv6 address of this machine") from error


def _number_as_text(value: Any) -> Any:
    """YAML and TOML read `720` as a number."""
    return str(value) if type(value) is int else value


def _quality(text: str) -> str:
    if text in _HEIGHTS or text.lower() in _MARKETED:
        raise ValueError(f"write {_MARKETED.get(text.lower(), f'{text}p')}")
    if not text.isprintable() or text.startswith("-"):
        raise ValueError("should be best, audio, a height such as 1080p, or a yt-dlp format string")
    return text


Size = Annotated[int, BeforeValidator(parse_size)]
"""Bytes."""
FilePath = Annotated[Path, BeforeValidator(_not_blank), AfterValidator(_absolute)]
"""`~` is expanded; a relative path counts from the working folder."""
ArchivePath = Annotated[Path, BeforeValidator(_not_blank), AfterValidator(_real)]
"""As `FilePath`, without links and `..`: an archive is known by its path, which must have one form only."""
Languages = Annotated[tuple[Annotated[str, AfterValidator(_language)], ...], BeforeValidator(split_list)]
Proxy = Annotated[str, AfterValidator(_proxy)]
HttpUrl = Annotated[str, AfterValidator(_http_url)]
IpAddress = Annotated[str, AfterValidator(_ip)]
Quality = Annotated[str, BeforeValidator(_number_as_text), Field(min_length=1), AfterValidator(_quality)]

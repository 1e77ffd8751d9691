"""From hostile text to text that may stand in a file name, on every usual file system."""

from __future__ import annotations

import unicodedata

ZWJ = "\u200d"
_VARIATION = frozenset("\ufe0e\ufe0f")
_SKIN_TONES = frozenset(map(chr, range(0x1F3FB, 0x1F400)))
_INVISIBLE_LETTERS = frozenset("\u034f\u115f\u1160\u3164\uffa0\u2800")
"""Letters and marks without a glyph, which the category does not give away."""

# The look-alikes that yt-dlp uses, so that names are what its users know.
_REPLACED = str.maketrans('"*:<>?|/\\', "＂＊：＜＞？｜⧸⧹")

_GRAPHEME_SEARCH = 32
"""How many code points back a border is looked for; beyond that it is a pile of marks."""

_DEVICES = frozenset(
    ["CON", "PRN", "AUX", "NUL", "CLOCK$", "CONIN$", "CONOUT$"]
    + [port + digit for port in ("COM", "LPT") for digit in "0123456789¹²³"]
)


def safe_text(hostile: str) -> str:
    """One line of NFC text: nothing invisible, no separators, no dot, dash or space at the border."""
    lines = "".join(" " if char.isspace() else char for char in hostile)
    visible = _without_invisible(lines.translate(_REPLACED))
    return trim(unicodedata.normalize("NFC", " ".join(visible.split())))


def trim(text: str) -> str:
    """Without what a shell, Unix or Windows treats specially at the begin or end of a name."""
    return text.lstrip(" .-~").rstrip(" .")


def is_device(name: str) -> bool:
    """True when Windows would open a device instead of a file of this name, whatever its extension.

    https://learn.microsoft.com/windows/win32/fileio/naming-a-file
    """
    return name.split(".", 1)[0].rstrip().upper() in _DEVICES


def utf16_units(text: str) -> int:
    """The length as NTFS, exFAT and APFS count it."""
    return len(text) + sum(char > "\uffff" for char in text)


def shorten(text: str, *, octets: int, units: int) -> str:
    """The longest beginning within both limits (UTF-8 bytes, UTF-16 units), cut between graphemes."""
    for end, char in enumerate(text):
        octets -= len(char.encode())
        units -= utf16_units(char)
        if octets < 0 or units < 0:
            return trim(text[: _border(text, end)])
    return text


def _without_invisible(text: str) -> str:
    kept: list[str] = []
    for index, char in enumerate(text):
        before = kept[-1] if kept else ""
        after = text[index + 1] if index + 1 < len(text) else ""
        if char == ZWJ:
            if _is_pictograph(before) and _is_pictograph(after) and after not in _VARIATION:
                kept.append(char)
        elif char in _VARIATION:
            if before and (
                before in "#*0123456789" or unicodedata.category(before) in ("So", "Sm", "Po", "Pd")
            ):
                kept.append(char)
        elif unicodedata.category(char) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp") and not (
            char in _INVISIBLE_LETTERS or _is_noncharacter(char)
        ):
            kept.append(char)
    return "".join(kept)


def _is_pictograph(char: str) -> bool:
    return char != "" and (
        char in _VARIATION or char in _SKIN_TONES or unicodedata.category(char) in ("So", "Cn")
    )


def _is_noncharacter(char: str) -> bool:
    return ord(char) & 0xFFFE == 0xFFFE or 0xFDD0 <= ord(char) <= 0xFDEF


def _border(text: str, end: int) -> int:
    """The last grapheme border at or before `end`; `end` itself when none is near."""
    for border in range(end, max(0, end - _GRAPHEME_SEARCH) - 1, -1):
        if border == 0 or not _joins(text, border):
            return border
    return end


def _joins(text: str, index: int) -> bool:
    """True when the characters on both sides of `index` make one picture (a short form of UAX 29)."""
    before, after = text[index - 1], text[index]
    if after == ZWJ or before == ZWJ or after in _SKIN_TONES or unicodedata.category(after).startswith("M"):
        return True
    if _is_flag_half(before) and _is_flag_half(after):
        run = len(text[:index]) - len(text[:index].rstrip("".join(map(chr, range(0x1F1E6, 0x1F200)))))
        return run % 2 == 1
    return "\u1100" <= before <= "\u11ff" and "\u1160" <= after <= "\u11ff"


def _is_flag_half(char: str) -> bool:
    return "\U0001f1e6" <= char <= "\U0001f1ff"

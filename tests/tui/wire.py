"""What Textual means when it writes: every sequence that may reach a terminal, and nothing besides.

Written down from Textual 8.2 (`drivers/linux_driver.py`, `_compositor.py`, `strip.py`, `app.py`) and Rich's
`Style`. A sequence that is not here came from somebody else, or from a Textual that has to be read again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_MODES = {
    "7": "line wrap", "25": "cursor", "1000": "mouse", "1003": "mouse", "1004": "focus", "1006": "mouse",
    "1015": "mouse", "1016": "mouse in pixels", "1049": "alternate screen", "2004": "bracketed paste",
    "2026": "synchronised output", "2048": "sizes in band",
}  # fmt: skip
_USUAL = {"7": True, "25": True} | {number: False for number in _MODES if number not in ("7", "25")}
_SEQUENCE = re.compile(
    r"\x1b\[(?P<row>[0-9]{1,4});(?P<column>[0-9]{1,4})H"
    r"|\x1b\[(?P<look>[0-9;]*)m"
    r"|\x1b\[\?(?P<mode>[0-9]{1,4})(?P<on>[hl])"
    r"|(?P<asked>\x1b\[\?(?:2026|2048)\$p)"
    r"|\x1b\[(?P<keys>>[0-9]+u|<u)"
    r"|(?P<pointer>\x1b\]22;[a-z-]+\x07)"
    r"|(?P<copied>\x1b\]52;c;[A-Za-z0-9+/=]*\x07)"
    r"|(?P<bell>\x07)"
    r"|(?P<line>\r?\n)"
)
_LOOK = re.compile(
    r"(?:0|1|2|3|4|5|7|8|9|2[1-9]|[34][0-79]|9[0-7]|10[0-7]|[34]8;5;[0-9]{1,3}|[34]8;2(?:;[0-9]{1,3}){3})"
    r"(?:;(?=[0-9])|$)"
)
HARMFUL = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]"
)
"""What no text may hold: C0, DEL, C1, marks and overrides of direction, and what is no UTF-8."""


class Wire(NamedTuple):
    """A stretch of a terminal's input, taken apart."""

    text: str
    """What would be seen, a line feed wherever the cursor was moved."""
    foreign: tuple[str, ...]
    """What Textual would not write."""
    left_on: frozenset[str]
    """Modes that are not as a shell leaves them."""
    copied: int
    """How often something was put on the clipboard."""


def take_apart(told: bytes, size: tuple[int, int] = (9999, 9999)) -> Wire:
    """`size`: columns and lines of the terminal; no cursor may be sent outside."""
    wire = told.decode("utf-8", "surrogateescape")
    modes, seen, foreign = dict(_USUAL), [], []
    keyboards = copied = at = 0
    for found in _SEQUENCE.finditer(wire):
        between = wire[at : found.start()]
        seen.append(between)
        foreign.extend(_harmful(between))
        at = found.end()
        match found.lastgroup:
            case "column":
                seen.append("\n")
                if int(found["row"]) > size[1] or int(found["column"]) > size[0] + 1:
                    foreign.append(found[0])
            case "look":
                if _LOOK.sub("", found["look"]):
                    foreign.append(found[0])
            case "on":
                if found["mode"] not in _MODES:
                    foreign.append(found[0])
                modes[found["mode"]] = found["on"] == "h"
            case "keys":
                keyboards += 1 if found["keys"].startswith(">") else -1
            case "copied":
                copied += 1
            case "line":
                seen.append("\n")
            case _:
                pass
    seen.append(wire[at:])
    foreign.extend(_harmful(wire[at:]))
    left = {_MODES.get(number, number) for number, on in modes.items() if on != _USUAL.get(number, False)}
    return Wire(
        "".join(seen), tuple(foreign), frozenset(left | ({"keyboard"} if keyboards > 0 else set())), copied
    )


def _harmful(text: str) -> Iterator[str]:
    """Each harmful character with what follows it, to be recognised by."""
    return (text[found.start() : found.start() + 24] for found in HARMFUL.finditer(text))

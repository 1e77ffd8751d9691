"""The outermost parts of a file have to fill it, whatever lies behind the last whole one."""

from __future__ import annotations

import io

import pytest

from ytarchive_tui.storage.container import misfit


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4) + kind + content


WHOLE = box(b"ftyp", b"isom0000") + box(b"mdat", b"pictures")
PADDING = (1).to_bytes(4) + b"free" + (24).to_bytes(8) + bytes(8)


def judged(data: bytes) -> str | None:
    return misfit(io.BytesIO(data), len(data))


@pytest.mark.parametrize("last", [box(b"free", bytes(9)), PADDING, bytes(4) + b"mdat" + b"to the end"])
def test_whole_parts_pass_and_any_cut_in_the_last_one_is_seen(last: bytes) -> None:
    assert judged(WHOLE) is None and judged(WHOLE + last) is None
    open_end = last.startswith(bytes(4))
    for length in range(1, 8 if open_end else len(last)):
        assert judged(WHOLE + last[:length]) is not None, length


def test_zeros_behind_the_last_part_are_seen() -> None:
    for length in range(1, 40):
        told = f"{length} bytes that belong to nothing from byte {len(WHOLE)}"
        assert judged(WHOLE + bytes(length)) == told

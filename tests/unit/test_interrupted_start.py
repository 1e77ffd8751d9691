"""Ctrl-C while the program starts."""

from __future__ import annotations

import sys
from typing import Any

import pydantic
import pytest
from pydantic_core import CoreSchema

from ytarchive_tui.cli import cli, main


def test_ctrl_c_while_a_validator_is_built_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted:
        @classmethod
        def __get_pydantic_core_schema__(cls, *_: Any) -> CoreSchema:
            # What pydantic's core meets when the signal comes while it reads a schema.
            class Schema(dict[str, Any]):
                def __getitem__(self, key: str) -> Any:
                    raise KeyboardInterrupt

            return Schema(type="any")  # type: ignore[return-value]

    def start(**_: Any) -> int:
        pydantic.TypeAdapter(Interrupted)
        return 0

    monkeypatch.setattr(cli, "main", start)
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 130
    assert "fault" not in capsys.readouterr().err
    assert sys.stdout is not None

"""The base of every value that crosses layers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that crosses layers: immutable, and strict about unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")

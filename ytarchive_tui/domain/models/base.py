"""The base of every value that crosses layers."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value that crosses layers: immutable, and strict about unknown fields.

    Its validator is built when it is first used: to build all of them takes a third of the program's start.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


def build_all(model: type[BaseModel] = Frozen) -> None:
    """Build the validators of a model and of all that derive from it: once, before a process forks others."""
    model.model_rebuild()
    for derived in model.__subclasses__():
        build_all(derived)

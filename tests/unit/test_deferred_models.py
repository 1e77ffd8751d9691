"""Models whose validators are built when first used."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from pathlib import Path
from threading import Barrier

import pytest
from pydantic import BaseModel, create_model

import ytarchive_tui
from ytarchive_tui.domain.models.base import Frozen

THREADS = 8


def derived(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for each in model.__subclasses__():
        yield each
        yield from derived(each)


def test_a_model_that_threads_use_first_together_is_itself_for_all_of_them() -> None:
    told = {f"field_{number}": number for number in range(40)}
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(THREADS) as pool:
            for _ in range(30):
                model = create_model("Fresh", __base__=Frozen, **dict.fromkeys(told, (int, ...)))  # type: ignore[call-overload]
                together = Barrier(THREADS)

                def use(model: type[Frozen] = model, together: Barrier = together) -> dict[str, object]:
                    together.wait()
                    return model(**told).model_dump()

                assert all(each.result() == told for each in [pool.submit(use) for _ in range(THREADS)])
    finally:
        sys.setswitchinterval(usual)


def test_each_model_of_the_program_can_be_built() -> None:
    package = Path(ytarchive_tui.__file__).parent
    for path in package.rglob("*.py"):
        if "(Frozen)" in (text := path.read_text()) or "(BaseModel)" in text:
            import_module(".".join(path.relative_to(package.parent).with_suffix("").parts))
    ours = [each for each in derived(BaseModel) if each.__module__.startswith("ytarchive_tui.")]
    assert ours
    for each in ours:
        try:
            each.model_rebuild()
        except Exception as error:
            pytest.fail(f"{each.__module__}.{each.__name__}: {error}")

from __future__ import annotations

from pathlib import Path

import pytest
from storage_samples import Sample, encode


@pytest.fixture(scope="session")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    return encode(tmp_path_factory.mktemp("samples"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path

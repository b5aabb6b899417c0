"""Fixtures for validation by the API server's own code."""

import json
from pathlib import Path

import pytest

from stockfeed_operator.spec.crd import crd
from support.crd.tool import CrdCheck, build


@pytest.fixture(scope="session")
def crdcheck() -> CrdCheck:
    return build()


@pytest.fixture(scope="session")
def crd_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("crd") / "stockfeed.json"
    path.write_text(json.dumps(crd()))
    return path

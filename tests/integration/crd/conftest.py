"""The API server's validation code as a tool, and the CRD for it to check."""

import json
from pathlib import Path

import pytest

from stockfeed_operator.spec.crd import crd
from support.crd.tool import CrdCheck, build


@pytest.fixture(scope="session")
def crdcheck() -> CrdCheck:
    """Builds the tool that validates CRDs and objects with the API server's own code."""
    return build()


@pytest.fixture(scope="session")
def crd_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Writes the generated StockFeed CRD to a file."""
    path = tmp_path_factory.mktemp("crd") / "stockfeed.json"
    path.write_text(json.dumps(crd()))
    return path

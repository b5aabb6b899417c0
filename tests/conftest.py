"""Fixtures for all tests: the object store, which unit and property tests may use too."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from stockfeed.objectstore import ObjectStore
from stockfeed_local.stack.s3 import SeaweedS3


@pytest.fixture(scope="session")
def service_logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the session's services log."""
    return tmp_path_factory.mktemp("logs")


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory, service_logs: Path) -> Iterator[SeaweedS3]:
    """A running S3 of this worker's own; `s3.client()` is a boto3 client for it."""
    with SeaweedS3(tmp_path_factory.mktemp("s3"), service_logs) as service:
        yield service


@pytest.fixture
def s3_bucket(s3: SeaweedS3) -> str:
    """A fresh, empty bucket."""
    name = f"test-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(name)
    return name


@pytest.fixture
def object_store(s3: SeaweedS3, s3_bucket: str) -> ObjectStore:
    """The pipeline's own client on a fresh bucket."""
    return ObjectStore(s3.client(), s3_bucket)
